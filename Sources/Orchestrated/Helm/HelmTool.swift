import Documents
package import Processes
package import UpgradeModel

/// Helm, as it is installed on this machine.
///
/// Nothing here waits for pods (`--wait`), takes anything back (`--atomic`, `--rollback-on-failure`, `rollback`), takes
/// fields from others (`--force-conflicts`) or trusts a server that cannot prove who it is.
package struct HelmTool: Sendable, Hashable {
    /// How many revisions the history keeps.
    package static let historyLength = 10

    /// The program; a path.
    package let executable: String
    /// Its version.
    package let version: HelmVersion

    /// Makes a description; nothing is asked.
    package init(executable: String, version: HelmVersion) {
        self.executable = executable
        self.version = version
    }

    /// Moves a release to a chart and values. What the chart and the values do not say is as the chart has it, not as
    /// the release had it before.
    package func upgrade(_ request: HelmUpgrade, at place: HelmPlace) -> Command {
        command(upgradeArguments(request, place), place)
    }

    /// Prints what a chart and values come to, hooks included and tests left out.
    ///
    /// With `looksUp` it is what an upgrade would bring: the cluster is asked for the versions of its API, for what the chart
    /// looks up there, such as the passwords of its Secrets, and whether it serves every kind; where not, Helm fails.
    /// Without, the versions that a chart chooses by are those that this Helm knows of, together with `apiVersions`, and
    /// look-ups find nothing.
    ///
    /// - Parameters:
    ///   - request: the chart and the values.
    ///   - place: the release's name and namespace.
    ///   - kubernetes: the version that the chart is told, such as `v1.29.4`; nil for the one that Helm was made for.
    ///   - apiVersions: what the cluster serves besides, as `monitoring.coreos.com/v1`.
    ///   - looksUp: whether the cluster is asked.
    /// - Returns: the call; its output is a manifest.
    package func template(
        _ request: HelmUpgrade,
        at place: HelmPlace,
        kubernetes: String? = nil,
        apiVersions: [String] = [],
        looksUp: Bool = false
    ) -> Command {
        var arguments = ["template", place.release, request.chart, "--namespace", place.namespace]
        arguments += request.valuesArguments
        arguments += ["--is-upgrade", "--skip-tests"]
        if let kubernetes { arguments += ["--kube-version", kubernetes] }
        arguments += apiVersions.flatMap { ["--api-versions", $0] }
        if looksUp {
            arguments += ["--dry-run=server"] + place.clusterArguments
            // Before Helm 4 that is about look-ups only.
            if version.major < 4 { arguments.append("--validate") }
        }
        return command(arguments, place)
    }

    /// Does everything of an upgrade but the change, with the cluster's answers: what the chart looks up, which versions
    /// of the API there are, whether objects of others stand in the way. It prints no manifest, which would show Secrets:
    /// Helm prints one only where no description is given.
    package func dryRun(_ request: HelmUpgrade, at place: HelmPlace) -> Command {
        var request = request
        if request.description == nil { request.description = "dry run" }
        return command(upgradeArguments(request, place) + ["--dry-run=server"], place)
    }

    private func upgradeArguments(_ request: HelmUpgrade, _ place: HelmPlace) -> [String] {
        var arguments = ["upgrade", place.release, request.chart, "--namespace", place.namespace]
        arguments += place.clusterArguments + request.valuesArguments
        arguments += ["--reset-values", "--history-max", String(Self.historyLength)]
        arguments += ["--timeout", "\(Self.seconds(request.timeout))s"]
        if let description = request.description { arguments += ["--description", description] }
        if !request.labels.isEmpty {
            let labels = request.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            arguments += ["--labels", labels.joined(separator: ",")]
        }
        return arguments
    }

    private func command(_ arguments: [String], _ place: HelmPlace) -> Command {
        Command(executable, arguments, environment: place.environment)
    }

    private static func seconds(_ duration: Duration) -> Int64 {
        duration.components.seconds + (duration.components.attoseconds > 0 ? 1 : 0)
    }
}

extension HelmTool {
    /// Finds Helm: what `PAWL_HELM` names, otherwise `helm` in `PATH`.
    ///
    /// - Parameter environment: this process's environment.
    /// - Returns: the tool.
    /// - Throws: blame `environment`, code `helm-missing`, `helm-too-old` or `helm-unusable`.
    package static func locate(_ environment: [String: String]) async throws(Trouble) -> HelmTool {
        let named = environment["PAWL_HELM"].flatMap { $0.isEmpty ? nil : $0 }
        let path = environment["PATH"].map { SearchPath($0) } ?? .current
        guard let executable = path.find(named ?? "helm") else {
            let what = named.map { "PAWL_HELM names \(DocumentError.excerpt($0)), which is no program" }
            throw Trouble(
                .environment,
                "helm-missing",
                (what ?? "Helm is not installed: there is no `helm` in \(path.text)") + ".",
                remedy: "Install Helm \(HelmVersion.oldest) or newer, or name the program in PAWL_HELM."
            )
        }
        let version = try await askVersion(executable, environment)
        guard version >= .oldest else {
            throw Trouble(
                .environment,
                "helm-too-old",
                "\(executable) is Helm \(version); \(HelmVersion.oldest) is the oldest that works.",
                remedy: "Install Helm \(HelmVersion.oldest) or newer."
            )
        }
        guard version.major <= HelmVersion.newestMajor else {
            throw unusable("\(executable) is Helm \(version), whose arguments are not known here.")
        }
        return HelmTool(executable: executable, version: version)
    }

    private static func askVersion(
        _ executable: String,
        _ environment: [String: String]
    ) async throws(Trouble) -> HelmVersion {
        // A plugin that cannot be read would spoil the answer.
        var few = ["HELM_PLUGINS": "/nonexistent"]
        few["HOME"] = environment["HOME"]
        few["PATH"] = environment["PATH"]
        let answer: Collected
        do {
            let command = Command(executable, ["version", "--short"], environment: few)
            answer = try await collect(command, limit: 1 << 16, deadline: .seconds(30))
        } catch {
            throw unusable("Helm does not say its version: \(error).")
        }
        guard answer.status.isSuccess else {
            let said = DocumentError.excerpt(answer.errorText.prefix { !$0.isNewline })
            throw unusable("`\(executable) version` ended with \(answer.status) and said \(said).")
        }
        let lines = answer.text.split(whereSeparator: \.isNewline).map { line in
            String(line.drop { $0.isWhitespace }).split(separator: " ").first.map(String.init) ?? ""
        }
        guard let version = lines.lazy.compactMap({ HelmVersion($0) }).first else {
            let said = DocumentError.excerpt(answer.text.prefix { !$0.isNewline })
            throw unusable("`\(executable) version` printed \(said), which is no version.")
        }
        return version
    }

    private static func unusable(_ message: String) -> Trouble {
        Trouble(
            .environment,
            "helm-unusable",
            message,
            remedy: "Run `helm version` by hand; install Helm \(HelmVersion.oldest) or newer where that does not work."
        )
    }
}
