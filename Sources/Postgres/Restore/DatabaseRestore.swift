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

    private var server: ServerDatabases { ServerDatabases(route) }
    private var dump: String { "\(folder)/\(backup.dump.path)" }

    /// How far the copy is.
    package func probe(_ names: RestoreNames) async throws(Trouble) -> Probe {
        try await server.with { connection throws(Trouble) in
            let found = try await ServerDatabases.entries([names.making, names.finished], on: connection)
            if found[names.finished] != nil { return .done(.done) }
            return found[names.making] == nil ? .notStarted : .underway(evidence: "\(names.making) is being made")
        }
    }

    /// Makes the copy, with roles that are missing on the server, under the name of a finished one.
    ///
    /// - Parameters:
    ///   - names: the names of the copy. What is there of an unfinished one is removed first.
    ///   - progress: told how many bytes of the dump have been read.
    /// - Throws: code `restore-failed`, `backup-damaged`, and what the server says.
    package func makeCopy(
        _ names: RestoreNames,
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in }
    ) async throws(Trouble) {
        try await endAbandoned()
        let major = try await server.with { connection throws(Trouble) in
            try await ServerDatabases.drop(names.making, on: connection)
            return await connection.serverVersionNumber / 10_000
        }
        let tools = try await PostgresTools.locate(major: major, folders: toolFolders)
        let listing = try await checkedListing(tools)
        try await makeRoles()
        try await makeDatabase(names.making, listing, tools)
        try await fill(names.making, tools, progress)
        try await server.with { connection throws(Trouble) in
            try await connection.execute(
                "ALTER DATABASE \(SQL.name(names.making)) RENAME TO \(SQL.name(names.finished))"
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

    private func makeRoles() async throws(Trouble) {
        let script = try await roles()
        try await server.with { connection throws(Trouble) in
            let present = Set(
                try await connection.rows("SELECT rolname FROM pg_catalog.pg_roles").compactMap { $0.text(0) }
            )
            let rights = try await connection.rows(
                "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
            )
            let statements = script.statements(missingFrom: present, isSuperuser: rights.first?.bool(0) ?? false)
            guard !statements.isEmpty else { return }
            // All or none: half a role would be taken for one that was there before.
            try await connection.execute("BEGIN")
            for statement in statements { try await connection.execute(statement) }
            try await connection.execute("COMMIT")
        }
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

    /// Fills a database from the stored dump.
    func fill(
        _ name: String,
        _ tools: PostgresTools,
        _ progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws(Trouble) {
        let commands = ServerRestoreCommands(
            tools: tools,
            environment: try route.reaching(database: name).environment(
                settings: ["default_transaction_read_only": "off", "statement_timeout": "0"]
            )
        )
        let open = FilterCommands.open(dump, identity: identity)
        // Every large object takes a lock until the transaction ends.
        let isOne =
            backup.fingerprint.objects.count { $0.kind == .largeObjects } < 1000
            && backup.fingerprint.scope.largeObjectGroup == 1 && backup.fingerprint.tables.count < 1000
        let content = open + [commands.content(of: name, singleTransaction: isOne)]
        try await stream(content, progress)
        let contents = "\(work)/contents-\(UUID().uuidString).dump"
        defer { unlink(contents) }
        try await readContents(to: contents, open, tools)
        let jobs = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))
        try await Pipes.run(
            [commands.rest(of: name, jobs: jobs, file: contents)],
            log: log("rest"),
            code: "restore-failed"
        )
        let connection = try await PostgresConnection.open(
            route.reaching(database: name),
            settings: ["default_transaction_read_only": "off", "statement_timeout": "0"]
        )
        // Without statistics the first hour of the restored application would be a slow one.
        try await connection.execute("ANALYZE")
        await connection.close()
    }

    private func stream(
        _ stages: [Command],
        _ progress: @Sendable @escaping (BackupProgress) -> Void
    ) async throws(Trouble) {
        let descriptor = Glibc.open(dump, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DurableFiles.failed(dump) }
        defer { close(descriptor) }
        let (subject, total, log) = (backup.name, backup.dump.bytes, log("content"))
        do {
            // The first stage reads through the same open file, so its place in it is how far it is.
            try await Pipes.reporting {
                let done = Int64(lseek(descriptor, 0, SEEK_CUR))
                progress(BackupProgress(phase: .restore, subject: subject, done: done, total: total))
            } _: {
                try await Pipes.run(stages, log: log, input: .descriptor(descriptor), code: "restore-failed")
            }
        } catch {
            throw Trouble(any: error)
        }
    }

    /// The beginning of the archive, which is all that is needed once the rows are there.
    private func readContents(to file: String, _ open: [Command], _ tools: PostgresTools) async throws(Trouble) {
        try DurableFiles.write(Data(), to: file)
        var bytes = 8 << 20
        while true {
            try await Pipes.run(
                open + [Command("head", ["-c", String(bytes)])],
                log: log("contents"),
                input: .path(dump),
                output: .path(file),
                code: "restore-failed",
                tolerated: Set(0..<open.count)
            )
            let isWhole = DurableFiles.size(file) < bytes
            do throws(Trouble) {
                _ = try await DumpListing.read(file, tools: tools, identity: nil, folder: work, log: log("list"))
                return
            } catch {
                guard !isWhole, error.code == "dump-unreadable" else { throw error }
            }
            bytes *= 4
        }
    }

    private static let logNames = ["list", "roles", "definition", "content", "contents", "rest"]

    private func log(_ name: String) -> ToolLog { ToolLog(path: "\(work)/restore.\(backup.name).\(name).log") }
}
