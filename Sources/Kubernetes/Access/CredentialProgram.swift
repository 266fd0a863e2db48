internal import Foundation
internal import Processes

/// A program that says who we are to a cluster: an exec credential plugin.
package struct CredentialProgram: Sendable, Hashable {
    /// The version of its protocol.
    package enum Version: String, Sendable, Hashable {
        /// As of Kubernetes 1.22.
        case v1 = "client.authentication.k8s.io/v1"
        /// Before.
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    /// The version of its protocol.
    package var version: Version
    /// The program: a path, or a name that is looked up in `PATH`.
    package var command: String
    /// Its arguments.
    package var arguments: [String]
    /// What it gets beside the environment of this process.
    package var environment: [String: Secret]
    /// What to tell people where it is missing.
    package var installHint: String?
    /// What it is told of the cluster; nil for nothing.
    package var cluster: JSONValue?

    /// Describes a program; nothing is run yet.
    package init(
        version: Version,
        command: String,
        arguments: [String] = [],
        environment: [String: Secret] = [:],
        installHint: String? = nil,
        cluster: JSONValue? = nil
    ) {
        self.version = version
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.installHint = installHint
        self.cluster = cluster
    }

    /// What the program has said.
    struct Answer: Sendable, Hashable {
        var token: Secret?
        var certificate: [UInt8]?
        var key: Secret?
        var expires: ClusterTime?
    }

    /// How long it may take.
    static let deadline: Duration = .seconds(60)

    /// What is run: never with a terminal, since nobody sits there.
    func invocation(inherited: [String: String]) -> Command {
        var spec: JSONValue = ["interactive": false]
        spec["cluster"] = cluster
        let request: JSONValue = [
            "apiVersion": .string(version.rawValue), "kind": "ExecCredential", "spec": spec,
        ]
        var whole = inherited.merging(environment.mapValues(\.revealed)) { _, own in own }
        whole["KUBERNETES_EXEC_INFO"] = request.text
        return Command(command, arguments, environment: whole)
    }

    /// Runs the program and reads what it says.
    func ask(inherited: [String: String]) async throws(KubernetesError) -> Answer {
        let result: Collected
        do {
            result = try await collect(invocation(inherited: inherited), deadline: Self.deadline)
        } catch {
            if case .cancelled = error { throw KubernetesError(.cancelled, error.description, remedy: error.remedy) }
            let hint = installHint.map { " \($0)" } ?? ""
            throw failure("\(error)", remedy: error.remedy + hint)
        }
        guard result.status.isSuccess else {
            // What it says of itself is shown; what it says of us, on its other output, never is.
            let said = result.errorText.split(whereSeparator: \.isNewline).last.map { ": \($0.prefix(300))" } ?? ""
            throw failure("\(name) ended with \(result.status)\(withheld(Array(environment.values), in: said))")
        }
        return try read(result.output)
    }

    /// Reads what the program has printed.
    func read(_ output: [UInt8]) throws(KubernetesError) -> Answer {
        guard let json = JSONValue.read(output, limit: 1 << 20), json["kind"]?.string == "ExecCredential" else {
            throw failure("\(name) did not print an ExecCredential")
        }
        let answered = json["apiVersion"]?.string ?? ""
        guard answered == version.rawValue else {
            throw failure("\(name) answered in another version than \(version.rawValue)")
        }
        guard let status = json["status"] else { throw failure("\(name) printed no status") }
        func text(_ key: String) -> String? { status[key]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        let (certificate, key) = (text("clientCertificateData"), text("clientKeyData"))
        guard (certificate == nil) == (key == nil) else {
            throw failure("\(name) printed a certificate without its key, or a key without its certificate")
        }
        guard text("token") != nil || certificate != nil else {
            throw failure("\(name) printed neither a token nor a certificate")
        }
        var expires: ClusterTime?
        if let written = text("expirationTimestamp") {
            guard let time = ClusterTime(written) else {
                throw failure("\(name) printed an expirationTimestamp that is no time")
            }
            expires = time
        }
        return Answer(
            token: text("token").map { Secret($0) },
            certificate: certificate.map { Array($0.utf8) },
            key: key.map { Secret($0) },
            expires: expires
        )
    }

    /// The program's name without its folder.
    private var name: String { command.split(separator: "/").last.map(String.init) ?? command }

    private func failure(_ what: String, remedy: String? = nil) -> KubernetesError {
        KubernetesError(
            .credentials,
            "the credential program: \(what)",
            remedy: remedy ?? "Run \(name) by hand as the settings say, and see to what it says."
        )
    }
}
