import Foundation
import Processes
import UpgradeModel

/// Dumps one database and takes its fingerprint in the same snapshot, both at the same time.
struct DatabaseDumper: Sendable {
    let layout: SetLayout
    let toolFolders: [String]

    /// What came of a dump.
    struct Result: Sendable {
        var backup: DatabaseBackup
        var identity: ServerIdentity
    }

    /// Dumps a database into the set's folder.
    ///
    /// `globals` is the name of the file with the roles of its server, which the manifest refers to.
    func dump(
        _ database: BackupRequest.Database,
        globals: String,
        progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws(Trouble) -> Result {
        let connection = try await PostgresConnection.open(database.route)
        do {
            let result = try await dump(database, globals: globals, connection: connection, progress: progress)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw Trouble(any: error)
        }
    }

    private func dump(
        _ database: BackupRequest.Database,
        globals: String,
        connection: PostgresConnection,
        progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws -> Result {
        let identity = try await ServerIdentity.read(connection)
        let tools = try await PostgresTools.locate(major: identity.major, folders: toolFolders)
        let fingerprinter = try await Fingerprinter.begin(on: connection)
        let snapshot = try await fingerprinter.exportSnapshot()
        let positions = try await fingerprinter.sequencePositions()
        let commands = DumpCommands(
            tools: tools,
            environment: try database.route.environment(settings: ["default_transaction_read_only": "off"])
        )
        async let fingerprint = fingerprinter.take { done, total in
            progress(
                BackupProgress(phase: .fingerprint, subject: database.name, done: Int64(done), total: Int64(total))
            )
        }
        try await Pipes.run(
            [commands.dump(snapshot: snapshot, schemaOnly: true)],
            log: log(database.name, "schema"),
            output: .path(Self.schemaPath(layout, database.name)),
            code: "dump-failed"
        )
        let name = SetLayout.dumpName(database.name)
        let path = "\(layout.partial)/\(name)"
        let started = ContinuousClock.now
        let log = log(database.name, "dump")
        try await Pipes.reporting {
            // What a database takes on disk is the best guess at what there is to read.
            progress(BackupProgress(phase: .dump, subject: database.name, done: DurableFiles.size(path)))
        } _: {
            try await Pipes.run(
                [commands.dump(snapshot: snapshot), FilterCommands.compress],
                log: log,
                output: .path(path),
                code: "dump-failed"
            )
        }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        try DurableFiles.sync(path)
        let stored = try await DurableFiles.measure(path, as: name)
        let listing = try await DumpListing.read(
            path,
            tools: tools,
            identity: nil,
            folder: layout.work,
            log: self.log(database.name, "list")
        )
        let backup = DatabaseBackup(
            name: database.name,
            database: database.route.database,
            serverVersion: identity.version,
            major: identity.major,
            bootstrapRole: identity.bootstrapRole,
            dump: stored,
            globals: globals,
            snapshot: snapshot,
            dumpedAt: listing.createdAt,
            dumpSeconds: seconds,
            // Sequences do not mind snapshots: one that is used meanwhile is in the dump as it was at some instant.
            fingerprint: try await fingerprint.withSequences(
                movedFrom: positions,
                to: fingerprinter.sequencePositions()
            )
        )
        try await fingerprinter.end()
        return Result(backup: backup, identity: identity)
    }

    /// Dumps the roles of a database's server.
    func dumpGlobals(
        of database: BackupRequest.Database,
        identity: ServerIdentity,
        name: String
    ) async throws(Trouble) {
        let tools = try await PostgresTools.locate(major: identity.major, folders: toolFolders)
        let commands = DumpCommands(tools: tools, environment: try database.route.environment())
        let path = "\(layout.partial)/\(name)"
        try await Pipes.run(
            [
                commands.globals(database: database.route.database, passwords: identity.readsPasswords),
                FilterCommands.compress,
            ],
            log: log(name, "globals"),
            output: .path(path),
            code: "dump-failed"
        )
        try DurableFiles.sync(path)
    }

    /// Where the schema alone lies until the set is proven.
    static func schemaPath(_ layout: SetLayout, _ database: String) -> String {
        "\(layout.work)/\(database).schema.dump"
    }

    private func log(_ subject: String, _ what: String) -> ToolLog {
        ToolLog(path: "\(layout.work)/\(subject).\(what).log")
    }
}
