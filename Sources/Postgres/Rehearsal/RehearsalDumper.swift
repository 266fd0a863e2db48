import Foundation
import Processes
import UpgradeModel

/// Dumps the databases of one server for a rehearsal: each in a snapshot, with its schema, and the server's roles.
struct RehearsalDumper: Sendable {
    /// The folder for dumps and logs; it is made.
    let logs: String
    let toolFolders: [String]
    let progress: @Sendable (BackupProgress) -> Void

    /// One database as it was dumped.
    struct Database: Sendable {
        /// Its name in the product.
        var name: String
        /// Its name on the server.
        var database: String
        /// The file.
        var path: String
        var scope: FingerprintScope
        /// The schema in the dump's snapshot.
        var schema: [ObjectPrint]
    }

    /// What came of one server.
    struct Dump: Sendable {
        var tools: PostgresTools
        var bootstrapRole: String
        /// The file with the roles.
        var roles: String
        /// The folder for further logs.
        var folder: String
        var databases: [Database]
    }

    /// Dumps databases of one server; there must be at least one.
    func dump(_ sources: [RehearsalCopies.Source]) async throws -> Dump {
        let layout = SetLayout(root: logs, id: try name())
        try DurableFiles.makeFolder(layout.partial)
        try DurableFiles.makeFolder(layout.work)
        var databases: [Database] = []
        var server: (identity: ServerIdentity, tools: PostgresTools, settings: SettingsOfAllRoles)?
        for source in sources {
            let connection = try await PostgresConnection.open(source.route)
            do {
                let identity = try await ServerIdentity.read(connection)
                let tools = try await PostgresTools.locate(major: identity.major, folders: toolFolders)
                databases.append(try await dump(source, connection, tools, layout))
                server = (identity, tools, try await SettingsOfAllRoles.read(connection))
                await connection.close()
            } catch {
                await connection.close()
                throw Trouble(any: error)
            }
        }
        guard let first = sources.first, let server else {
            throw Trouble(
                .internal,
                "no-databases",
                "There is nothing to rehearse on.",
                remedy: "Report this as a bug."
            )
        }
        let roles = "roles.sql.zst"
        let commands = DumpCommands(tools: server.tools, environment: try first.route.environment())
        // Passwords are the rehearsal's own.
        let globals = commands.globals(database: first.route.database, passwords: false)
        let settings = try server.settings.appending(from: "\(layout.work)/roles.settings.sql")
        try await Pipes.run(
            [globals] + (settings.map { [$0] } ?? []) + [FilterCommands.compress],
            log: ToolLog(path: "\(layout.work)/roles.log"),
            output: .path("\(layout.partial)/\(roles)"),
            code: "dump-failed"
        )
        return Dump(
            tools: server.tools,
            bootstrapRole: server.identity.bootstrapRole,
            roles: "\(layout.partial)/\(roles)",
            folder: layout.work,
            databases: databases
        )
    }

    private func dump(
        _ source: RehearsalCopies.Source,
        _ connection: PostgresConnection,
        _ tools: PostgresTools,
        _ layout: SetLayout
    ) async throws -> Database {
        let fingerprinter = try await Fingerprinter.begin(on: connection)
        let snapshot = try await fingerprinter.exportSnapshot()
        let counted = try await connection.rows("SELECT count(*) FROM pg_catalog.pg_largeobject_metadata")
        // Passwords are the rehearsal's own in the copy, so nothing of them is compared.
        let scope = FingerprintScope(
            passwords: false,
            largeObjectGroup: counted.first?.integer(0) ?? 0 > 10_000 ? 1000 : 1,
            edition: FingerprintScope.currentEdition
        )
        let schema = try await fingerprinter.takeSchema(scope: scope).objects
        let commands = DumpCommands(
            tools: tools,
            environment: try source.route.environment(settings: ["default_transaction_read_only": "off"])
        )
        let path = "\(layout.partial)/\(SetLayout.dumpName(source.name))"
        let log = ToolLog(path: "\(layout.work)/\(source.name).dump.log")
        let progress = progress
        try await Pipes.reporting {
            progress(BackupProgress(phase: .dump, subject: source.name, done: DurableFiles.size(path)))
        } _: {
            try await Pipes.run(
                [commands.dump(snapshot: snapshot), FilterCommands.compress],
                log: log,
                output: .path(path),
                code: "dump-failed"
            )
        }
        try await fingerprinter.end()
        return Database(
            name: source.name,
            database: source.route.database,
            path: path,
            scope: scope,
            schema: schema
        )
    }

    /// A name in the form that folders of dumps have; the folder is nobody else's.
    private func name() throws(Trouble) -> BackupSetID {
        guard let id = BackupSetID("rehearsal") else {
            throw Trouble(.internal, "set-name", "`rehearsal` is no name of a set.", remedy: "Report this as a bug.")
        }
        return id
    }
}
