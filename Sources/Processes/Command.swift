/// A program to run: a value, so that its arguments can be tested without running it.
///
/// Secrets belong in `environment` or in files, never in `arguments`: arguments are visible to every user of the machine.
package struct Command: Sendable, Hashable {
    /// A name that is looked up in `PATH`, or a path with a slash in it.
    package var executable: String
    /// The arguments after the program's own name.
    package var arguments: [String]
    /// What the child gets besides `PATH`, `LANG` and `LC_ALL`; nothing else is inherited.
    package var environment: [String: String]
    /// The folder that the child starts in; nil is this process's own, or `/` where `user` is set.
    package var workingDirectory: String?
    /// Whom the child runs as; nil is this process's own user.
    package var user: ProcessUser?

    /// Makes a command; without more it gets a minimal environment and runs as this process's user.
    package init(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        workingDirectory: String? = nil,
        user: ProcessUser? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
    }

    /// The whole environment of the child: the minimum, then what the command says.
    package var wholeEnvironment: [String: String] {
        let minimum = ["PATH": SearchPath.current.text, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"]
        return minimum.merging(environment) { _, own in own }
    }

    /// The program's name without its folder, for messages.
    package var name: String {
        executable.split(separator: "/").last.map(String.init) ?? executable
    }
}

extension Command: CustomStringConvertible {
    /// The command line, quoted for a shell. Environment values are left out, since they may be secrets.
    package var description: String {
        ([executable] + arguments).map(Self.quoted).joined(separator: " ")
    }

    private static func quoted(_ argument: String) -> String {
        let plain = argument.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default:
                "-_./=:,@%+".utf8.contains(byte)
            }
        }
        guard !plain || argument.isEmpty else { return argument }
        return "'" + argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
