import Documents
import UpgradeModel

extension ProductFile {
    /// Reads `orchestrated:`.
    static func orchestrated(
        _ reader: inout MappingReader,
        settings: [SettingDefinition],
        databases: [DatabaseDefinition]
    ) throws(DocumentError) -> OrchestratedProduct {
        let chart = try reader.string("chart")
        guard chart.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._\-]*/) != nil else {
            throw reader.error("chart", "must be a chart's name: letters, digits, `.`, `_` and `-`")
        }
        let variables = try self.variables(&reader)
        let packageVersion = try reader.optionalVariable("packageVersion")
        if let packageVersion, !variables.contains(where: { $0.name == packageVersion }) {
            throw reader.error("packageVersion", "names a variable that is not under `variables`")
        }
        let databaseWorkloads = try reader.strings("databaseWorkloads")
        let writers = try reader.strings("writers")
        if let both = writers.first(where: databaseWorkloads.contains) {
            throw reader.error("writers", "names `\(both)`, which `databaseWorkloads` names too")
        }
        let migrations = try reader.mappings("migrations") { (reader) throws(DocumentError) in
            let workload = try reader.string("workload")
            if databaseWorkloads.contains(workload) {
                throw reader.error("workload", "names `\(workload)`, which `databaseWorkloads` names too")
            }
            let container = try reader.string("container")
            let database = try reader.string("database")
            guard databases.contains(where: { $0.name == database }) else {
                throw reader.error("database", "names a database that is not under `databases`")
            }
            return InitMigration(
                workload: workload,
                container: container,
                database: database,
                condition: try reader.condition(settings)
            )
        }
        try reader.refuseDuplicates("migrations", migrations.map(\.name))
        return OrchestratedProduct(
            chart: chart,
            variables: variables,
            packageVersionVariable: packageVersion,
            databaseWorkloads: databaseWorkloads,
            writers: writers,
            migrations: migrations,
            health: try reader.mappings("health") { (reader) throws(DocumentError) in try endpoint(&reader) }
        )
    }

    private static func variables(_ reader: inout MappingReader) throws(DocumentError) -> [ClusterVariable] {
        guard let node = reader.node("variables") else {
            return []
        }
        guard let all = node.mapping else {
            throw reader.error("variables", "must be a mapping, and is \(node.kindName)")
        }
        // Only these have values before a Secret is looked for.
        let plain = ClusterVariables.given + all.filter { $0.value["value"] != nil }.map(\.key)
        let file = reader.file
        let name = reader.name(of: "variables")
        var variables: [ClusterVariable] = []
        for entry in all {
            guard VariableText.isName(entry.key), !ClusterVariables.given.contains(entry.key) else {
                throw DocumentError(
                    .wrongValue,
                    file: file,
                    line: entry.line,
                    column: entry.column,
                    "“\(name)” must hold names of variables: letters, digits and `_`, and none of "
                        + "\(ClusterVariables.given.joined(separator: ", ")), which every product has; "
                        + "\(DocumentError.excerpt(entry.key)) is no such name"
                )
            }
            let source = try MappingReader.read(entry.value, file: file, path: "\(name).\(entry.key)") {
                (reader) throws(DocumentError) in
                try self.source(&reader, plain: plain)
            }
            variables.append(ClusterVariable(name: entry.key, source: source))
        }
        return variables
    }

    private static func source(
        _ reader: inout MappingReader,
        plain: [String]
    ) throws(DocumentError) -> ClusterVariable.Source {
        let value = try reader.optionalString("value")
        let secret = try reader.optionalText("secret")
        switch (value, secret) {
        case (let value?, nil):
            let path = value.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard !path.contains("") else {
                throw reader.error("value", "must be keys with dots between them, such as database.host")
            }
            return .value(path: path)
        case (nil, let secret?):
            if let other = secret.names.first(where: { !plain.contains($0) }) {
                throw reader.error(
                    "secret",
                    "uses `\(other)`; it may use \(ClusterVariables.given.joined(separator: ", ")) and variables with `value`"
                )
            }
            return .secret(name: secret, key: try reader.string("key"))
        default:
            throw reader.error("value", "or `secret` must be there; one of the two")
        }
    }

    private static func endpoint(_ reader: inout MappingReader) throws(DocumentError) -> WorkloadEndpoint {
        let workload = try reader.string("workload")
        let port = try reader.int("port")
        guard (1...65535).contains(port) else {
            throw reader.error("port", "must be between 1 and 65535")
        }
        let path = try reader.string("path")
        guard path.hasPrefix("/") else {
            throw reader.error("path", "must begin with a slash")
        }
        return WorkloadEndpoint(
            workload: workload,
            port: port,
            path: path,
            versionField: try reader.optionalString("version")
        )
    }
}
