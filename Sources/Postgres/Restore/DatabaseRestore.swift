import Foundation
import Glibc
import Processes
package import UpgradeModel

/// Restores one database of a set on a server in use, beside the database that is there, and proves the copy.
package struct DatabaseRestore: Sendable {
    /// How the database that is replaced is reached; it need not exist.
    package let route: DatabaseRoute
    /// What the set says about the database.
    package let backup: DatabaseBackup
    /// The folder of the set.
    package let folder: String
    /// The file with the identity that decrypts; nil where nothing is encrypted.
    package let identity: String?
    /// The folder for logs and what is needed for a moment. It exists.
    package let work: String
    let toolFolders: [String]

    /// Describes a restore; nothing is asked or changed yet.
    package init(
        _ backup: DatabaseBackup,
        of folder: String,
        over route: DatabaseRoute,
        identity: String?,
        work: String,
        toolFolders: [String] = []
    ) {
        self.backup = backup
        self.folder = folder
        self.route = route
        self.identity = identity
        self.work = work
        self.toolFolders = toolFolders
    }

    var server: ServerDatabases { ServerDatabases(route) }
    var dump: String { "\(folder)/\(backup.dump.path)" }

    /// How far the copy is.
    package func probe(_ names: RestoreNames) async throws(Trouble) -> Probe {
        try await server.with { connection throws(Trouble) in
            let found = try await ServerDatabases.entries([names.making, names.finished], on: connection)
            if try isOwn(found[names.finished]) { return .done(.done) }
            return found[names.making] == nil ? .notStarted : .underway(evidence: "\(names.making) is being made")
        }
    }

    /// Makes the copy, with roles that are missing on the server, under the name of a finished one.
    ///
    /// - Parameters:
    ///   - names: the names of the copy. What is there of an unfinished one, or of another set's, is removed first.
    ///   - note: takes down which roles are made, and what is to be set for all roles later; nil for nobody.
    ///   - others: what the same restore has taken down for other databases of the server.
    ///   - progress: told how many bytes of the dump have been read.
    /// - Returns: what is left to whoever looks after the server, one sentence each.
    /// - Throws: code `restore-failed`, `backup-damaged`, `copy-remains`, and what the server says.
    @discardableResult package func makeCopy(
        _ names: RestoreNames,
        noting note: RestoredRoles? = nil,
        besides others: [RestoredRoles] = [],
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in }
    ) async throws(Trouble) -> [String] {
        try await endAbandoned()
        let major = try await server.with { connection throws(Trouble) -> Int? in
            try await server.drop(names.making, on: connection)
            // A dead runner's last statement may have been at work in the server until now.
            let finished = try await ServerDatabases.entries([names.finished], on: connection)[names.finished]
            if try isOwn(finished) { return nil }
            if finished != nil { try await removeStranger(names.finished, connection) }
            return await connection.serverVersionNumber / 10_000
        }
        guard let major else { return [] }
        let tools = try await PostgresTools.locate(major: major, folders: toolFolders)
        let listing = try await checkedListing(tools)
        let left = try await makeRoles(noting: note, besides: others)
        try await makeDatabase(names.making, listing, tools)
        try await fill(names.making, tools, progress)
        try await server.with { connection throws(Trouble) in
            // Noted before it has the name of a finished one.
            if let entry = try await ServerDatabases.entries([names.making], on: connection)[names.making] {
                try DurableFiles.write(Data(String(entry.number).utf8), to: numberFile)
            }
            try await HeldStatement(
                server: server,
                sql: "ALTER DATABASE \(SQL.name(names.making)) RENAME TO \(SQL.name(names.finished))",
                database: names.making,
                verb: "renamed",
                patience: .seconds(60),
                changed: false,
                afterwards: "restore again"
            ).run(on: connection)
        }
        return left
    }

    // MARK: Whose copy it is

    /// Where it is noted which database is the copy, once it is complete, by the server's number of it.
    private var numberFile: String { "\(work)/copy.\(backup.name).oid" }

    /// Whether a finished copy is this restore's. Restores out of one upgrade use the same names, and the copy of another
    /// set may be left, where it could not be removed.
    private func isOwn(_ copy: ServerDatabases.Entry?) throws(Trouble) -> Bool {
        guard let copy, DurableFiles.exists(numberFile) else { return false }
        return String(decoding: try DurableFiles.read(numberFile, limit: 1 << 10), as: UTF8.self) == String(copy.number)
    }

    private func removeStranger(_ name: String, _ connection: PostgresConnection) async throws(Trouble) {
        do throws(Trouble) {
            try await server.drop(name, on: connection)
        } catch {
            throw Trouble(
                .environment,
                "copy-remains",
                "The copy \(name), which an earlier restore has left, could not be removed: \(error.message)",
                remedy: "Find out what holds on to it, such as a prepared transaction, and drop it: DROP DATABASE "
                    + "\(SQL.name(name)). Then restore again."
            )
        }
    }

    /// Compares a copy with what the set says, in full.
    ///
    /// - Parameters:
    ///   - copy: the copy's name on the server.
    ///   - set: the set.
    ///   - isGiven: whether the database was there, empty, before the restore.
    ///   - progress: told how many tables are compared.
    /// - Returns: the proof.
    /// - Throws: `DisprovenSet` with every difference; `Trouble` where it could not be found out.
    package func prove(
        _ copy: String,
        of set: BackupSetID,
        isGiven: Bool = false,
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in }
    ) async throws -> Proof {
        let connection = try await PostgresConnection.open(route.reaching(database: copy))
        let fingerprint: DatabaseFingerprint
        do {
            let readable = try await connection.rows("SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')")
            var scope = backup.fingerprint.scope
            scope.passwords = scope.passwords && readable.first?.bool(0) ?? false
            let subject = backup.name
            fingerprint = try await Fingerprinter.begin(on: connection).take(scope: scope) { done, total in
                progress(BackupProgress(phase: .compare, subject: subject, done: Int64(done), total: Int64(total)))
            }
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
        return try Comparison.proveRestored(
            set: set,
            database: backup.name,
            source: backup.fingerprint,
            restored: fingerprint,
            isGiven: isGiven
        )
    }

    // MARK: Parts

    /// Ends the tools that a dead runner has left at work on the same copy.
    private func endAbandoned() async throws(Trouble) {
        for name in Self.logNames {
            let log = log(name)
            do throws(ProcessFailure) {
                if try log.isHeld { try await log.endHolders(grace: .seconds(10)) }
            } catch {
                throw Trouble(error)
            }
        }
    }

    /// What the dump says of itself, which must be what the set says of it.
    func checkedListing(_ tools: PostgresTools) async throws(Trouble) -> DumpListing {
        let listing = try await DumpListing.read(
            dump,
            tools: tools,
            identity: identity,
            folder: work,
            log: log("list")
        )
        guard listing.database == backup.database, backup.dumpedAt.isEmpty || listing.createdAt == backup.dumpedAt
        else {
            throw Trouble(
                .environment,
                "backup-damaged",
                "The dump \(backup.dump.path) is that of \(listing.database), made \(listing.createdAt); the set says "
                    + "\(backup.database), \(backup.dumpedAt).",
                remedy: "Use another set; check the disk that holds this one."
            )
        }
        return listing
    }

    /// The roles of the set, as a script.
    func roles() async throws(Trouble) -> RoleScript {
        let file = "\(work)/roles-\(UUID().uuidString).sql"
        defer { unlink(file) }
        let path = "\(folder)/\(backup.globals)"
        // Stored forms of passwords are in it: it is made unreadable for others before it is filled.
        try DurableFiles.write(Data(), to: file)
        try await Pipes.run(
            FilterCommands.open(path, identity: identity),
            log: log("roles"),
            input: .path(path),
            output: .path(file),
            code: "restore-failed"
        )
        return RoleScript(String(decoding: try DurableFiles.read(file, limit: 64 << 20), as: UTF8.self))
    }

    /// The statements that make the database as it was, under another name.
    func definition(
        as name: String,
        _ listing: DumpListing,
        _ tools: PostgresTools
    ) async throws(Trouble) -> [SQLStatement] {
        let list = "\(work)/database-\(UUID().uuidString).list"
        let output = "\(work)/database-\(UUID().uuidString).sql"
        defer {
            unlink(list)
            unlink(output)
        }
        try DurableFiles.write(Data((listing.databaseLines.joined(separator: "\n") + "\n").utf8), to: list)
        let commands = ServerRestoreCommands(tools: tools, environment: [:])
        let open = FilterCommands.open(dump, identity: identity)
        try await Pipes.run(
            open + [commands.definition(list: list)],
            log: log("definition"),
            input: .path(dump),
            output: .path(output),
            code: "restore-failed",
            tolerated: Set(0..<open.count)
        )
        let script = String(decoding: try DurableFiles.read(output, limit: 16 << 20), as: UTF8.self)
        return SQLStatement.all(in: script).map { $0.renaming(database: backup.database, to: name) }
    }

    private func makeDatabase(_ name: String, _ listing: DumpListing, _ tools: PostgresTools) async throws(Trouble) {
        let statements = try await definition(as: name, listing, tools)
        try await server.with { connection throws(Trouble) in
            for statement in statements { try await connection.execute(statement.text) }
        }
        try await removeWhatOnlyNewDatabasesHave(name)
    }

    /// A new database has a schema and a language that the source may have removed.
    private func removeWhatOnlyNewDatabasesHave(_ name: String) async throws(Trouble) {
        let objects = backup.fingerprint.objects
        let hasPublic = objects.contains { $0.kind == .schema && $0.name == "public" }
        let hasLanguage = objects.contains { $0.kind == .extension && $0.name == "plpgsql" }
        guard !hasPublic || !hasLanguage else { return }
        let connection = try await PostgresConnection.open(
            route.reaching(database: name),
            settings: ["default_transaction_read_only": "off"]
        )
        if !hasPublic { try await connection.execute("DROP SCHEMA IF EXISTS public") }
        if !hasLanguage { try await connection.execute("DROP EXTENSION IF EXISTS plpgsql") }
        await connection.close()
    }

    private static let logNames = ["list", "roles", "definition", "content", "contents", "rest"]

    func log(_ name: String) -> ToolLog { ToolLog(path: "\(work)/restore.\(backup.name).\(name).log") }
}
