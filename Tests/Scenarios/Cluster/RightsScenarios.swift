import Foundation
import Testing

/// Pawl with an account that may do little in the cluster.
extension ClusterScenarios {
    @Test(.timeLimit(.minutes(15)))
    func `an account without a right is told verb, resource and Role, and with the documented Role all goes well`()
        async throws
    {
        try await Demo.with(Demo.required) { demo in
            let (images, replicas) = (try await demo.images(), try await demo.replicas())
            let rules = try DocumentedRole.rules()
            let short = rules.replacing("deployments/scale", with: "deployments/nothing")
            #expect(short != rules, "the documented Role says that writers are scaled: \(rules)")
            try await demo.grant(short)
            let kubeconfig = try await demo.accountSettings()
            try demo.configure(source: Demo.releases, kubeconfig: kubeconfig)

            let refused = try await demo.pawl("preflight", "-o", "json")
            #expect(refused.exit == 3, "\(refused)")
            let finding = try #require(found("cluster-rights", in: refused), "\(refused)")
            #expect(finding["outcome"] as? String == "fail", "\(finding)")
            let said = "\(finding["message"] ?? "") \(finding["remedy"] ?? "")"
            #expect(said.contains("deployments/scale"), "\(said)")
            #expect(said.contains("patch") || said.contains("update"), "the verb: \(said)")
            #expect(said.contains("apiGroups") && said.contains("verbs"), "the Role that would allow it: \(said)")
            let upgrade = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(upgrade.exit == 3, "\(upgrade)")
            #expect(try await demo.images() == images)
            #expect(try await demo.replicas() == replicas)

            // What the chart's own kinds need beside the documented rules, preflight prints for pasting.
            try await demo.grant(rules)
            let lacking = try await demo.pawl("preflight", "-o", "json")
            let told = try #require(found("cluster-rights", in: lacking)?["remedy"] as? String, "\(lacking)")
            let pasted = told.split(separator: "\n").dropFirst().map { "  " + $0 + "\n" }.joined()
            #expect(pasted.contains("services") && !pasted.contains("deployments/scale"), "\(told)")
            try await demo.grant(rules + pasted)
            // The server takes notice of a Role a moment later.
            _ = try? await demo.event(containing: "passes", within: .seconds(60)) {
                try await demo.pawl("preflight", "-o", "json").exit == 0 ? "passes" : ""
            }
            let passed = try await demo.pawl("preflight", "-o", "json")
            #expect(passed.exit == 0, "\(passed)")
            let allowed = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(allowed.exit == 0, "\(allowed)")
            try await serves(demo, Demo.newest)
            #expect(try await demo.replicas() == replicas)
        }
    }

    private func found(_ check: String, in answer: Pawl.Answer) -> [String: Any]? {
        (answer["findings"] as? [[String: Any]])?.first { $0["check"] as? String == check }
    }
}

/// The Role that the documentation says is enough.
enum DocumentedRole {
    /// Its rules as they stand there, the line `rules:` first.
    static func rules() throws -> String {
        let docs = DemoInstallation.repository + "/docs"
        let files = FileManager.default.enumerator(atPath: docs)?.compactMap { $0 as? String } ?? []
        for file in files.filter({ $0.hasSuffix(".md") }).sorted() {
            let text = try String(contentsOfFile: docs + "/" + file, encoding: .utf8)
            if let rules = rules(in: text) { return rules }
        }
        throw Failure("no file in \(docs) has a block of YAML with a Role in it")
    }

    /// The rules of the first Role in a block of YAML that a text has.
    static func rules(in text: String) -> String? {
        for block in text.components(separatedBy: "```yaml\n").dropFirst() {
            let yaml = block.components(separatedBy: "\n```").first ?? ""
            for document in yaml.components(separatedBy: "\n---\n") where document.contains("kind: Role\n") {
                let lines = document.split(separator: "\n", omittingEmptySubsequences: false)
                guard let first = lines.firstIndex(of: "rules:") else { continue }
                // Up to the next key of the document.
                let rest = lines[(first + 1)...].prefix { $0.first?.isLetter != true }
                return ([lines[first]] + rest).joined(separator: "\n") + "\n"
            }
        }
        return nil
    }
}

extension ClusterInstallation {
    /// Makes an account of the namespace that may do what the rules say, and nothing else.
    func grant(_ rules: String) async throws {
        try await apply(
            """
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: console}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: console-token, annotations: {kubernetes.io/service-account.name: console}}
            type: kubernetes.io/service-account-token
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: console}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: console}
            subjects: [{kind: ServiceAccount, name: console, namespace: \(namespace)}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: console}

            """ + rules
        )
    }

    /// Settings of the cluster with that account instead of the administrator's; the path of the file.
    func accountSettings() async throws -> String {
        let file = root + "/kubeconfig"
        // The token comes in by a controller; it begins like every token of this kind.
        let token = try await event(containing: "ZXlK", within: .seconds(60)) {
            try await kubectl("get", "secret", "console-token", "--output", "jsonpath={.data.token}")
        }
        guard let bytes = Data(base64Encoded: token) else { throw Failure("no token: \(token)") }
        let settings = try await kubectl("config", "view", "--minify", "--raw", "--flatten", "--output", "yaml")
        let isWritten = FileManager.default.createFile(
            atPath: file,
            contents: Data(settings.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard isWritten else { throw Failure("\(file) cannot be written") }
        try await kubectl(
            "--kubeconfig",
            file,
            "config",
            "set-credentials",
            "console",
            "--token",
            String(decoding: bytes, as: UTF8.self)
        )
        try await kubectl("--kubeconfig", file, "config", "set-context", "--current", "--user", "console")
        return file
    }
}
