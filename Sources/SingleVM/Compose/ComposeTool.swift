package import Processes
package import UpgradeModel

/// The version of a Compose tool.
package struct ComposeVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Its three numbers.
    package var major: Int
    package var minor: Int
    package var patch: Int

    /// Makes a version.
    package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads what a tool prints, such as `v2.24.5-desktop.1` or `1.29.2`; nil where it begins with no version.
    package init?(printed text: String) {
        let numbers = text.drop { $0 == "v" }.split(separator: ".", omittingEmptySubsequences: false).prefix(3)
            .map { part in Int(part.prefix { ("0"..."9").contains($0) }) }
        guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        self.init(major, minor, numbers.count > 2 ? numbers[2] ?? 0 : 0)
    }

    /// The three numbers with dots.
    package var description: String { "\(major).\(minor).\(patch)" }

    /// Compares number by number.
    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}

/// The Compose tool of this machine: the plugin of the Docker command, or the program of its own.
package struct ComposeTool: Sendable, Hashable {
    /// The oldest version that knows what releases need.
    package static let oldest = ComposeVersion(1, 29)

    /// The program.
    package var executable: String
    /// What comes before everything else in its arguments.
    package var leadingArguments: [String]
    /// Its version.
    package var version: ComposeVersion
    /// What the tool gets as environment, besides the minimum of every child.
    package var environment: [String: String]

    /// Makes a description.
    package init(
        executable: String,
        leadingArguments: [String] = [],
        version: ComposeVersion,
        environment: [String: String] = [:]
    ) {
        self.executable = executable
        self.leadingArguments = leadingArguments
        self.version = version
        self.environment = environment
    }

    /// How it is called on a command line.
    package var title: String { ([executable] + leadingArguments).joined(separator: " ") }

    /// A call of the tool.
    package func command(_ arguments: [String]) -> Command {
        Command(executable, leadingArguments + arguments, environment: environment)
    }

    /// Finds the tool: `docker compose` where the plugin is there, otherwise `docker-compose`.
    ///
    /// - Parameters:
    ///   - engine: the Engine that the tool is to use.
    ///   - home: the folder with the operator's Docker settings and plugins.
    /// - Returns: the tool.
    /// - Throws: blame `environment`, code `compose-missing` or `compose-too-old`.
    package static func detect(engine: EngineAddress, home: String?) async throws(Trouble) -> ComposeTool {
        let environment = environment(engine: engine, home: home)
        var tooOld: ComposeTool?
        for (executable, leading) in [("docker", ["compose"]), ("docker-compose", [])] {
            let asked = Command(executable, leading + ["version", "--short"], environment: environment)
            guard let printed = await output(of: asked), let version = ComposeVersion(printed: printed) else {
                continue
            }
            let tool = ComposeTool(
                executable: executable,
                leadingArguments: leading,
                version: version,
                environment: environment
            )
            if version >= oldest { return tool }
            tooOld = tool
        }
        if let tooOld {
            throw Trouble(
                .environment,
                "compose-too-old",
                "\(tooOld.title) is \(tooOld.version); \(oldest) is the oldest that works.",
                remedy: "Install the Docker Compose plugin, or docker-compose \(oldest) or newer."
            )
        }
        throw Trouble(
            .environment,
            "compose-missing",
            "Neither `docker compose` nor `docker-compose` works on this machine.",
            remedy: "Install the Docker Compose plugin, or docker-compose \(oldest) or newer."
        )
    }

    /// The environment of every call. Variables of the caller's own would win over those of the release.
    static func environment(engine: EngineAddress, home: String?) -> [String: String] {
        var environment = [
            "DOCKER_HOST": engine.host,
            // 1.29 gives up on the Engine after a minute otherwise; starting on a busy disk can take longer.
            "COMPOSE_HTTP_TIMEOUT": "600",
            // Orphans are removed by name, after looking at what they are; the tool need not warn.
            "COMPOSE_IGNORE_ORPHANS": "True",
        ]
        environment["HOME"] = home
        return environment
    }

    private static func output(of command: Command) async -> String? {
        guard let result = try? await collect(command, deadline: .seconds(30)), result.status.isSuccess else {
            return nil
        }
        let line = result.text.split(separator: "\n").last.map(String.init)
        return line.map { String($0.filter { !$0.isWhitespace }) }
    }
}
