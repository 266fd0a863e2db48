internal import Documents
internal import Foundation

/// Reads one file of kubectl's settings. What it does not know it lets pass, as kubectl does.
struct KubeconfigReader {
    private let path: String
    private let folder: String

    static func read(_ path: String) throws(KubernetesError) -> Kubeconfig {
        let reader = KubeconfigReader(path: path, folder: (path as NSString).deletingLastPathComponent)
        do {
            return try reader.settings()
        } catch {
            if let known = error as? KubernetesError { throw known }
            throw .settings("\(error)", remedy: "Correct the file, or name another with KUBECONFIG.")
        }
    }

    private func settings() throws -> Kubeconfig {
        var settings = Kubeconfig()
        let document = try Document.read(file: path)
        // An empty file is one without settings.
        guard !document.root.isNull else { return settings }
        try document.readMapping { (top: inout MappingReader) throws(DocumentError) in
            top.ignoreOtherKeys()
            let contexts = try top.mappings("contexts") { (reader) throws(DocumentError) in
                try named(&reader, "context") { (inner) throws(DocumentError) in try context(&inner) }
            }
            let clusters = try top.mappings("clusters") { (reader) throws(DocumentError) in
                try named(&reader, "cluster") { (inner) throws(DocumentError) in try cluster(&inner) }
            }
            let users = try top.mappings("users") { (reader) throws(DocumentError) in
                try named(&reader, "user") { (inner) throws(DocumentError) in try user(&inner) }
            }
            let current = try top.optional("current-context", as: "a name") { $0.string }
            do throws(KubernetesError) {
                try settings.add(
                    contexts: contexts,
                    clusters: clusters,
                    users: users,
                    currentContext: current.flatMap { $0.isEmpty ? nil : $0 }
                )
            } catch {
                throw DocumentError(.duplicateKey, file: path, error.detail)
            }
        }
        return settings
    }

    private func named<Value>(
        _ reader: inout MappingReader,
        _ key: String,
        _ read: (inout MappingReader) throws(DocumentError) -> Value
    ) throws(DocumentError) -> (String, Kubeconfig.Entry<Value>) {
        reader.ignoreOtherKeys()
        let name = try reader.string("name")
        let line = reader.line
        if let value = try reader.optionalMapping(key, body: read) {
            return (name, Kubeconfig.Entry(value: value, file: path, line: line))
        }
        // `user:` with nothing after it is somebody of whom nothing is said.
        let nothing = DocumentNode.nothing(line: line)
        let value = try MappingReader.read(nothing, file: path, path: key, body: read)
        return (name, Kubeconfig.Entry(value: value, file: path, line: line))
    }

    private func context(_ reader: inout MappingReader) throws(DocumentError) -> Kubeconfig.Context {
        reader.ignoreOtherKeys()
        return Kubeconfig.Context(
            cluster: try text(&reader, "cluster") ?? "",
            user: try text(&reader, "user") ?? "",
            namespace: try text(&reader, "namespace")
        )
    }

    private func cluster(_ reader: inout MappingReader) throws(DocumentError) -> Kubeconfig.Cluster {
        reader.ignoreOtherKeys()
        let extensions = try reader.list("extensions") { (node, _) throws(DocumentError) in node }
        let own = extensions.first { $0["name"]?.string == "client.authentication.k8s.io/exec" }
        return Kubeconfig.Cluster(
            server: try text(&reader, "server"),
            serverName: try text(&reader, "tls-server-name"),
            authority: try pem(&reader, "certificate-authority"),
            skipsVerification: try reader.optionalBool("insecure-skip-tls-verify") ?? false,
            proxy: try text(&reader, "proxy-url"),
            programSettings: own?["extension"].map { JSONValue($0) }
        )
    }

    private func user(_ reader: inout MappingReader) throws(DocumentError) -> Kubeconfig.User {
        reader.ignoreOtherKeys()
        var account = ClusterAccount(
            certificate: try pem(&reader, "client-certificate"),
            key: try pem(&reader, "client-key"),
            token: try text(&reader, "token").map { Secret($0) },
            tokenFile: try text(&reader, "tokenFile").map(absolute),
            username: try text(&reader, "username"),
            password: try text(&reader, "password").map { Secret($0) }
        )
        guard (account.certificate == nil) == (account.key == nil) else {
            let (there, missing) =
                account.key == nil ? ("client-certificate", "client-key") : ("client-key", "client-certificate")
            throw reader.error(missing, "is missing beside \(there), and neither is of use without the other")
        }
        let other = Impersonation(
            user: try text(&reader, "as") ?? "",
            uid: try text(&reader, "as-uid"),
            groups: try reader.strings("as-groups"),
            extra: try reader.optionalMapping("as-user-extra") { (inner) throws(DocumentError) in try lists(&inner) }
                ?? [:]
        )
        if other != Impersonation(user: "") { account.impersonation = other }
        let provider = reader.node("auth-provider").map { $0["name"]?.string ?? "of no name" }
        let exec = try reader.optionalMapping("exec") { (inner) throws(DocumentError) in try program(&inner) }
        return Kubeconfig.User(account: account, program: exec, provider: provider)
    }

    private func program(_ reader: inout MappingReader) throws(DocumentError) -> Kubeconfig.Program {
        reader.ignoreOtherKeys()
        let command = try reader.string("command")
        let version = try text(&reader, "apiVersion") ?? ""
        let arguments = try reader.list("args") { (node, name) throws(DocumentError) -> String in
            guard let text = node.string else {
                throw DocumentError(.wrongValue, file: path, line: node.line, "“\(name)” must be a string")
            }
            return text
        }
        let environment = try reader.mappings("env") {
            (inner: inout MappingReader) throws(DocumentError) -> (String, Secret) in
            inner.ignoreOtherKeys()
            return (try inner.string("name"), Secret(try text(&inner, "value") ?? ""))
        }
        return Kubeconfig.Program(
            version: version,
            program: CredentialProgram(
                version: CredentialProgram.Version(rawValue: version) ?? .v1,
                command: command.contains("/") ? absolute(command) : command,
                arguments: arguments,
                environment: Dictionary(environment) { _, last in last },
                installHint: try text(&reader, "installHint")
            ),
            isToldCluster: try reader.optionalBool("provideClusterInfo") ?? false,
            needsTerminal: try text(&reader, "interactiveMode") == "Always"
        )
    }

    /// Certificates or a key: what stands in the file itself counts before the path of another.
    private func pem(_ reader: inout MappingReader, _ key: String) throws(DocumentError) -> PEMSource? {
        let file = try text(&reader, key).map { PEMSource.file(absolute($0)) }
        let data = try reader.optional("\(key)-data", as: "PEM in base64") { node -> PEMSource? in
            guard let text = node.string else { return nil }
            return decodedBase64(text).map { .bytes($0) }
        }
        if case .bytes(let bytes)? = data, bytes.isEmpty { return file }
        return data ?? file
    }

    /// Text; an empty one is as none.
    private func text(_ reader: inout MappingReader, _ key: String) throws(DocumentError) -> String? {
        let text = try reader.optional(key, as: "a string") { $0.string }
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Lists of strings by their names.
    private func lists(_ reader: inout MappingReader) throws(DocumentError) -> [String: [String]] {
        var lists: [String: [String]] = [:]
        for name in reader.keys { lists[name] = try reader.strings(name) }
        return lists
    }

    /// A path as seen from the file's own folder.
    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : (folder.isEmpty ? "." : folder) + "/" + path
    }
}
