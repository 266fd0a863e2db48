package import UpgradeModel
import Documents

/// Reads Product files, as `docs/reference/product-file.md` describes them.
package enum ProductFile {
    /// Reads a file of this machine.
    ///
    /// - Throws: a `Trouble` that names file and line, its code beginning with `configuration-`.
    package static func read(file path: String) throws(Trouble) -> Product {
        do {
            return try product(of: Document.read(file: path))
        } catch {
            throw error.configurationTrouble()
        }
    }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - bytes: YAML in UTF-8.
    ///   - path: what errors call it.
    /// - Returns: the product.
    /// - Throws: a `Trouble` that names file and line, its code beginning with `configuration-`.
    package static func read(_ bytes: [UInt8], path: String) throws(Trouble) -> Product {
        do {
            return try product(of: Document.parse(yaml: bytes, name: path))
        } catch {
            throw error.configurationTrouble()
        }
    }

    private static func product(of document: Document) throws(DocumentError) -> Product {
        try document.readMapping { (reader) throws(DocumentError) in
            try reader.header(kind: "Product")
            let name = try reader.metadataName()
            let title = try reader.string("title")
            let window = try reader.string("supportWindow")
            guard let window = SupportPolicy(period: window) else {
                throw reader.error("supportWindow", "must be a number of months or years such as P12M or P1Y")
            }
            let support = try reader.optionalMapping("support") { (reader) throws(DocumentError) in
                SupportContact(contact: try reader.optionalString("contact"), url: try reader.optionalString("url"))
            }
            let settings = try self.settings(&reader)
            let databases = try reader.mappings("databases") { (reader) throws(DocumentError) in
                try database(&reader, settings: settings)
            }
            try reader.refuseDuplicates("databases", databases.map(\.name))
            guard !databases.isEmpty else {
                throw reader.error("databases", "must name at least one database")
            }
            let singleVM = try reader.optionalMapping("singleVM") { (reader) throws(DocumentError) in
                try self.singleVM(&reader, settings: settings, databases: databases)
            }
            let orchestrated = try reader.optionalMapping("orchestrated") { (reader) throws(DocumentError) in
                try self.orchestrated(&reader, settings: settings, databases: databases)
            }
            guard singleVM != nil || orchestrated != nil else {
                throw reader.error("singleVM", "or `orchestrated` must be there", code: .missingKey)
            }
            return Product(
                name: name,
                title: title,
                supportWindow: window,
                support: support ?? SupportContact(),
                settings: settings,
                databases: databases,
                singleVM: singleVM,
                orchestrated: orchestrated,
                keys: try reader.variables("keys"),
                configuration: try reader.paths("configuration")
            )
        }
    }

    private static func settings(_ reader: inout MappingReader) throws(DocumentError) -> [SettingDefinition] {
        let pairs = try reader.namedMappings("settings") { (name, reader) throws(DocumentError) in
            SettingDefinition(
                name: name,
                variable: try reader.optionalVariable("variable"),
                defaultValue: try reader.optionalBool("default") ?? false
            )
        }
        return pairs.map(\.value)
    }

    private static func database(
        _ reader: inout MappingReader,
        settings: [SettingDefinition]
    ) throws(DocumentError) -> DatabaseDefinition {
        let name = try reader.string("name")
        // Dumps and folders are named after it.
        guard name.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.\-]*/) != nil else {
            throw reader.error("name", "may hold only letters, digits, `_`, `-` and `.`, the first no `-` or `.`")
        }
        let required = try reader.optionalBool("required")
        let condition = try reader.condition(settings)
        guard (required == true) != (condition != nil) else {
            throw reader.error("required", "must be true, or `when` must name a setting; one of the two")
        }
        let service = try reader.optionalString("service")
        let host = try reader.optionalText("host")
        guard service != nil || host != nil else {
            throw reader.error("service", "or `host` must be there", code: .missingKey)
        }
        return DatabaseDefinition(
            name: name,
            condition: condition,
            service: service,
            host: host,
            port: try reader.optionalText("port"),
            database: try reader.text("database"),
            user: try reader.text("user"),
            passwordVariable: try reader.optionalVariable("passwordVariable")
        )
    }

    private static func singleVM(
        _ reader: inout MappingReader,
        settings: [SettingDefinition],
        databases: [DatabaseDefinition]
    ) throws(DocumentError) -> SingleVMProduct {
        let environment = try reader.string("environment")
        guard PathText.staysBelow(environment) else {
            throw reader.error("environment", "must be a path below the installation's directory")
        }
        let version = try reader.mapping("version") { (reader) throws(DocumentError) in
            try versionSource(&reader)
        }
        let migrations = try reader.mappings("migrations") { (reader) throws(DocumentError) in
            let service = try reader.string("service")
            let database = try reader.string("database")
            guard databases.contains(where: { $0.name == database }) else {
                throw reader.error("database", "names a database that is not under `databases`")
            }
            return MigrationService(service: service, database: database, condition: try reader.condition(settings))
        }
        try reader.refuseDuplicates("migrations", migrations.map(\.service))
        let databaseServices = try reader.strings("databaseServices")
        let writers = try reader.strings("writers")
        if let both = writers.first(where: databaseServices.contains) {
            throw reader.error("writers", "names `\(both)`, which `databaseServices` names too")
        }
        let health = try reader.mappings("health") { (reader) throws(DocumentError) in
            HealthEndpoint(url: try reader.text("url"), versionField: try reader.optionalString("version"))
        }
        return SingleVMProduct(
            environment: environment,
            versionSource: version,
            packageVersionVariable: try reader.optionalVariable("packageVersion"),
            databaseServices: databaseServices,
            writers: writers,
            migrations: migrations,
            health: health
        )
    }

    private static func versionSource(_ reader: inout MappingReader) throws(DocumentError) -> VersionSource {
        let label = try reader.optionalString("imageLabel")
        let tag = try reader.optionalBool("imageTag")
        switch (label, tag) {
        case (let label?, nil): return .imageLabel(label)
        case (nil, true): return .imageTag
        default: throw reader.error("imageLabel", "or `imageTag: true` must be there; one of the two")
        }
    }
}
