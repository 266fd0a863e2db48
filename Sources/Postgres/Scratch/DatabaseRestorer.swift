import Foundation
import Processes
import UpgradeModel

/// Restores stored dumps into one scratch server.
struct DatabaseRestorer: Sendable {
    let cluster: ScratchCluster
    /// The file with the identity that decrypts; nil where nothing is encrypted.
    let identity: String?
    /// The folder for logs.
    let logs: String

    private var commands: RestoreCommands {
        RestoreCommands(
            tools: cluster.tools,
            user: cluster.user,
            socket: cluster.route().host,
            role: cluster.bootstrapRole,
            port: cluster.port
        )
    }

    /// Why a dump cannot be restored, as it was said.
    struct Unrestorable: Error, Sendable {
        var said: String

        /// A trouble with the code that means a bad dump; any other stays what it is.
        static func from(_ trouble: Trouble, code: String) -> any Error {
            trouble.code == code ? Unrestorable(said: trouble.message) : trouble
        }
    }

    /// Makes the roles of a server. The role that the scratch server was made with is there already.
    func restoreRoles(_ path: String) async throws {
        let sql = try cluster.newFile("roles.sql", for: nil)
        defer { try? FileManager.default.removeItem(atPath: sql) }
        try await run(FilterCommands.open(path, identity: identity), "roles-read", input: path, output: .path(sql))
        let text = String(decoding: try DurableFiles.read(sql, limit: 64 << 20), as: UTF8.self)
        let names = [cluster.bootstrapRole, SQL.name(cluster.bootstrapRole)]
        let kept = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            !names.contains { line == "CREATE ROLE \($0);" }
        }
        try DurableFiles.write(Data(kept.joined(separator: "\n").utf8), to: sql)
        try await run([commands.roles], "roles", input: sql)
    }

    /// Makes a database from a stored dump.
    ///
    /// `path`: the stored file; a file of another ending than `.zst` or `.age` is taken as it is. `source`: what the
    /// database was, to know what a new database has that it had not. `progress`: told how many bytes of the file
    /// have been read. Returns what the dump says about itself.
    func restore(
        _ path: String,
        as database: String,
        source: DatabaseFingerprint,
        progress: @Sendable @escaping (Int64) -> Void = { _ in }
    ) async throws -> DumpListing {
        let listing = try await list(path)
        guard listing.database == database else {
            throw Unrestorable(said: "the dump is that of the database \(listing.database)")
        }
        if database == "postgres" { try await drop(database) }
        let list = try cluster.newFile("database.list", for: cluster.user)
        try DurableFiles.write(Data((listing.databaseLines.joined(separator: "\n") + "\n").utf8), to: list)
        try cluster.hand(list)
        let open = path.hasSuffix(".dump") ? [] : FilterCommands.open(path, identity: identity)
        try await run(open + [commands.database(list: list)], "create", input: path, readsAll: false)
        try await removeWhatOnlyNewDatabasesHave(database, source)
        // Every large object takes a lock until the transaction ends.
        let largeObjects = source.objects.count { $0.kind == .largeObjects }
        let content = commands.content(
            of: database,
            singleTransaction: largeObjects < 10_000 && source.scope.largeObjectGroup == 1
        )
        try await restoreContent(open + [content], path, progress)
        let contents = try await tableOfContents(path, open)
        defer { try? FileManager.default.removeItem(atPath: contents) }
        let jobs = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))
        try await run([commands.rest(of: database, jobs: jobs, file: contents)], "rest", input: nil)
        return listing
    }

    private func list(_ path: String) async throws -> DumpListing {
        do throws(Trouble) {
            return try await DumpListing.read(
                path,
                tools: cluster.tools,
                identity: identity,
                folder: logs,
                log: log("list")
            )
        } catch {
            throw Unrestorable.from(error, code: "dump-unreadable")
        }
    }

    /// Removes a database.
    func drop(_ database: String) async throws(Trouble) {
        let connection = try await PostgresConnection.open(cluster.route())
        let force = cluster.tools.major >= 13 ? " WITH (FORCE)" : ""
        try await connection.execute("DROP DATABASE IF EXISTS \(SQL.name(database))\(force)")
        await connection.close()
    }

    private func restoreContent(
        _ stages: [Command],
        _ path: String,
        _ progress: @Sendable @escaping (Int64) -> Void
    ) async throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DurableFiles.failed(path) }
        defer { close(descriptor) }
        // The first stage reads through the same open file, so its place in it is how far it is.
        try await Pipes.reporting {
            progress(Int64(lseek(descriptor, 0, SEEK_CUR)))
        } _: {
            try await run(stages, "content", endpoint: .descriptor(descriptor))
        }
    }

    /// The beginning of the archive, which is all that is needed once the rows are there.
    private func tableOfContents(_ path: String, _ open: [Command]) async throws -> String {
        let file = try cluster.newFile("contents.dump", for: cluster.user)
        var bytes = 8 << 20
        while true {
            let head = Command("head", ["-c", String(bytes)])
            try await run(open + [head], "contents", input: path, output: .path(file), readsAll: false)
            let isWhole = DurableFiles.size(file) < bytes
            if try await isListable(file, whole: isWhole) { break }
            bytes *= 4
        }
        try cluster.hand(file)
        return file
    }

    /// Whether a piece of an archive has the whole table of contents.
    private func isListable(_ file: String, whole: Bool) async throws -> Bool {
        do {
            _ = try await list(file)
            return true
        } catch {
            guard !whole, error is Unrestorable else { throw error }
            return false
        }
    }

    /// A new database has a schema and a language that the source may have removed.
    private func removeWhatOnlyNewDatabasesHave(
        _ database: String,
        _ source: DatabaseFingerprint
    ) async throws(Trouble) {
        let hasPublic = source.objects.contains { $0.kind == .schema && $0.name == "public" }
        let hasLanguage = source.objects.contains { $0.kind == .extension && $0.name == "plpgsql" }
        guard !hasPublic || !hasLanguage else { return }
        let connection = try await PostgresConnection.open(
            cluster.route(to: database),
            settings: ["default_transaction_read_only": "off"]
        )
        if !hasPublic { try await connection.execute("DROP SCHEMA IF EXISTS public") }
        if !hasLanguage { try await connection.execute("DROP EXTENSION IF EXISTS plpgsql") }
        await connection.close()
    }

    private func run(
        _ stages: [Command],
        _ name: String,
        input: String?,
        output: Endpoint = .log,
        readsAll: Bool = true
    ) async throws {
        try await run(stages, name, endpoint: input.map { .path($0) } ?? .nothing, output: output, readsAll: readsAll)
    }

    /// Runs one step of a restore. What PostgreSQL or a filter says against the stored file is a finding about it;
    /// a full disk is not.
    private func run(
        _ stages: [Command],
        _ name: String,
        endpoint: Endpoint,
        output: Endpoint = .log,
        readsAll: Bool = true
    ) async throws {
        do throws(Trouble) {
            try await Pipes.run(
                stages,
                log: log(name),
                input: endpoint,
                output: output,
                code: "restore-failed",
                tolerated: readsAll ? [] : Set(0..<(stages.count - 1))
            )
        } catch {
            throw Unrestorable.from(error, code: "restore-failed")
        }
    }

    private func log(_ name: String) -> ToolLog { ToolLog(path: "\(logs)/restore.\(name).log") }
}
