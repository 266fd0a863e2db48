package import UpgradeModel
import Documents

/// Reads and writes `pawl.yaml`, as `docs/reference/pawl-yaml.md` describes it.
package enum InstallationFile {
    /// Where relative paths start and `~` leads.
    package struct Surroundings: Sendable, Hashable {
        /// The home of the user; nil where there is none.
        package let home: String?
        /// The products that Pawl brings along, by name.
        package let builtInProducts: [String]
        /// Whether the installation's directory may be missing, as on an empty machine before a restore.
        package let allowsNoDirectory: Bool

        /// Makes surroundings.
        package init(home: String?, builtInProducts: [String] = [], allowsNoDirectory: Bool = false) {
            self.home = home
            self.builtInProducts = builtInProducts
            self.allowsNoDirectory = allowsNoDirectory
        }
    }

    /// Reads a file of this machine.
    ///
    /// - Parameters:
    ///   - path: an absolute path.
    ///   - surroundings: what `~` and product names mean.
    /// - Returns: the installation, its paths absolute.
    /// - Throws: a `Trouble` that names file and line, its code beginning with `configuration-`.
    package static func read(file path: String, _ surroundings: Surroundings) throws(Trouble) -> Installation {
        do {
            return try installation(of: Document.read(file: path), folder: PathText.parent(of: path), surroundings)
        } catch {
            throw error.configurationTrouble()
        }
    }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - bytes: YAML in UTF-8.
    ///   - path: what errors call it; relative paths in it start at its folder.
    ///   - surroundings: what `~` and product names mean.
    /// - Returns: the installation, its paths absolute.
    /// - Throws: a `Trouble` that names file and line, its code beginning with `configuration-`.
    package static func read(
        _ bytes: [UInt8],
        path: String,
        _ surroundings: Surroundings
    ) throws(Trouble) -> Installation {
        do {
            let document = try Document.parse(yaml: bytes, name: path)
            return try installation(of: document, folder: PathText.parent(of: path), surroundings)
        } catch {
            throw error.configurationTrouble()
        }
    }

    private static func installation(
        of document: Document,
        folder: String,
        _ surroundings: Surroundings
    ) throws(DocumentError) -> Installation {
        let resolve = { PathText.resolve($0, in: folder, home: surroundings.home) }
        return try document.readMapping { (reader) throws(DocumentError) in
            try reader.header(kind: "Installation")
            let name = try reader.metadataName()
            let product = try self.product(&reader, surroundings, resolve)
            let source = try reader.mapping("source") { (reader) throws(DocumentError) in
                let url = try reader.string("url")
                guard let source = SourceReference(url: url, channel: try reader.optionalString("channel")) else {
                    throw reader.error("url", "must be file:// and an absolute path, https:// or oci://")
                }
                return source
            }
            let deployment = try reader.mapping("deployment") { (reader) throws(DocumentError) in
                try self.deployment(&reader, surroundings, resolve)
            }
            let settings = try self.settings(&reader)
            let databases = try reader.namedMappings("databases") { (_, reader) throws(DocumentError) in
                try database(&reader, resolve)
            }
            let backups = try reader.mapping("backups") { (reader) throws(DocumentError) in
                try self.backups(&reader, resolve)
            }
            let rehearsal = try self.rehearsal(&reader)
            return Installation(
                name: name,
                product: product,
                source: source,
                deployment: deployment,
                settings: settings,
                databases: Dictionary(uniqueKeysWithValues: databases.map { ($0.key, $0.value) }),
                backups: backups,
                rehearsal: rehearsal
            )
        }
    }

    /// A bare word is a product that Pawl brings along; anything with a slash or an ending is a path.
    private static func product(
        _ reader: inout MappingReader,
        _ surroundings: Surroundings,
        _ resolve: (String) -> String
    ) throws(DocumentError) -> ProductReference {
        let text = try reader.string("product")
        if surroundings.builtInProducts.contains(text) {
            return .builtIn(text)
        }
        let path = resolve(text)
        guard case .missing = TextFile.kind(path) else {
            return .file(path)
        }
        let known = surroundings.builtInProducts
        if text.contains("/") || text.hasSuffix(".yaml") || text.hasSuffix(".yml") || known.isEmpty {
            throw reader.error("product", "is the path of a Product file, but \(path) is not there")
        }
        throw reader.error("product", "must be one of \(known.joined(separator: ", ")), or the path of a Product file")
    }

    private static func settings(_ reader: inout MappingReader) throws(DocumentError) -> [String: Bool] {
        guard let node = reader.node("settings") else {
            return [:]
        }
        guard let entries = node.mapping else {
            throw reader.error("settings", "must be a mapping, and is \(node.kindName)")
        }
        var settings: [String: Bool] = [:]
        for entry in entries {
            guard let value = entry.value.bool else {
                throw DocumentError(
                    .wrongValue,
                    file: reader.file,
                    line: entry.line,
                    column: entry.column,
                    "“\(reader.name(of: "settings")).\(entry.key)” must be true or false, and is "
                        + entry.value.kindName
                )
            }
            settings[entry.key] = value
        }
        return settings
    }

    private static func deployment(
        _ reader: inout MappingReader,
        _ surroundings: Surroundings,
        _ resolve: (String) -> String
    ) throws(DocumentError) -> Deployment {
        let singleVM = try reader.optionalMapping("singleVM") { (reader) throws(DocumentError) in
            let directory = resolve(try reader.string("directory"))
            let project = try reader.string("project")
            guard SingleVMDeployment.isProjectName(project) else {
                throw reader.error("project", "may hold only small letters, digits, `-` and `_`")
            }
            switch TextFile.kind(resolvingLinks: directory) {
            case .folder: break
            case .missing where surroundings.allowsNoDirectory: break
            default:
                throw reader.error("directory", "must be the installation's directory, but \(directory) is none")
            }
            return SingleVMDeployment(directory: directory, project: project)
        }
        let orchestrated = try reader.optionalMapping("orchestrated") { (reader) throws(DocumentError) in
            try self.orchestrated(&reader, resolve)
        }
        switch (singleVM, orchestrated) {
        case (let deployment?, nil): return .singleVM(deployment)
        case (nil, let deployment?): return .orchestrated(deployment)
        default: throw reader.error("singleVM", "or `orchestrated` must be there; one of the two")
        }
    }

    private static func orchestrated(
        _ reader: inout MappingReader,
        _ resolve: (String) -> String
    ) throws(DocumentError) -> OrchestratedDeployment {
        let kubeconfig = try reader.optionalString("kubeconfig").map(resolve)
        if let kubeconfig, case .missing = TextFile.kind(kubeconfig) {
            throw reader.error("kubeconfig", "is the path of a file, but \(kubeconfig) is not there")
        }
        let namespace = try reader.string("namespace")
        guard OrchestratedDeployment.isNamespace(namespace) else {
            throw reader.error("namespace", "must be a namespace: small letters, digits and `-`, at most 63")
        }
        let release = try reader.string("release")
        guard OrchestratedDeployment.isReleaseName(release) else {
            throw reader.error("release", "must be a Helm release: small letters, digits, `-` and `.`, at most 53")
        }
        return OrchestratedDeployment(
            kubeconfig: kubeconfig,
            context: try reader.optionalString("context"),
            namespace: namespace,
            release: release,
            embeddedCluster: try reader.optionalBool("embeddedCluster") ?? false,
            values: try valuesFiles(&reader, resolve)
        )
    }

    private static func valuesFiles(
        _ reader: inout MappingReader,
        _ resolve: (String) -> String
    ) throws(DocumentError) -> [String] {
        let file = reader.file
        return try reader.list("values") { (node, name) throws(DocumentError) in
            func error(_ message: String) -> DocumentError {
                DocumentError(.wrongValue, file: file, line: node.line, column: node.column, "“\(name)” \(message)")
            }
            guard let text = node.string, !text.isEmpty else {
                throw error("must be the path of a file, and is \(node.kindName)")
            }
            let path = resolve(text)
            switch TextFile.kind(resolvingLinks: path) {
            case .file: return path
            case .missing: throw error("is the path of a file, but \(path) is not there")
            default: throw error("is the path of a file, but \(path) is none")
            }
        }
    }

    private static func database(
        _ reader: inout MappingReader,
        _ resolve: (String) -> String
    ) throws(DocumentError) -> DatabaseAddress {
        let file = try reader.optionalString("passwordFile").map(resolve)
        let variable = try reader.optionalVariable("passwordVariable")
        if file != nil, variable != nil {
            throw reader.error("passwordVariable", "and `passwordFile` contradict each other: only one may be there")
        }
        if let file, case .missing = TextFile.kind(file) {
            throw reader.error("passwordFile", "is the path of a file, but \(file) is not there")
        }
        let password = file.map { PasswordSource.file($0) } ?? variable.map { PasswordSource.variable($0) }
        if let text = try reader.optionalString("url") {
            do {
                return .url(try DatabaseURL(text), password: password)
            } catch {
                throw reader.error("url", "must be postgres://user@host:port/database, but \(error.reason)")
            }
        }
        guard let service = try reader.optionalString("service") else {
            throw reader.error("url", "or `service` must be there", code: .missingKey)
        }
        let port = try reader.optionalInt("port") ?? 5432
        guard (1...65535).contains(port) else {
            throw reader.error("port", "must be between 1 and 65535")
        }
        return .service(
            ServiceDatabase(
                service: service,
                port: port,
                database: try reader.string("database"),
                user: try reader.string("user"),
                password: password
            )
        )
    }

    private static func rehearsal(_ reader: inout MappingReader) throws(DocumentError) -> RehearsalPolicy {
        guard let text = try reader.optionalString("rehearsal") else { return .never }
        guard let policy = RehearsalPolicy(rawValue: text) else {
            throw reader.error("rehearsal", "must be `always` or `never`")
        }
        return policy
    }

    private static func backups(
        _ reader: inout MappingReader,
        _ resolve: (String) -> String
    ) throws(DocumentError) -> BackupSettings {
        let directory = resolve(try reader.string("directory"))
        let keep = try reader.optionalInt("keep") ?? 5
        guard keep >= 1 else {
            throw reader.error("keep", "must be at least 1")
        }
        let recipients = try reader.strings("encryptTo")
        guard recipients.allSatisfy({ $0.hasPrefix("age1") || $0.hasPrefix("ssh-") }) else {
            throw reader.error("encryptTo", "must hold age recipients: age1…, or an SSH public key")
        }
        return BackupSettings(directory: directory, keep: keep, encryptTo: recipients)
    }
}
