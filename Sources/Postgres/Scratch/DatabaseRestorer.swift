import Foundation
import Processes
import UpgradeModel

/// Restores dumps into one scratch server.
struct DatabaseRestorer: Sendable {
    let cluster: ScratchCluster
    /// The file with the identity that decrypts; nil where nothing is encrypted.
    let identity: String?
    /// The folder for logs.
    let logs: String
    /// What tells this restorer's files from those of others at work in the same server.
    var name = "copy"

    var commands: RestoreCommands {
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

    /// What a new database must be told of its source before anything is restored.
    struct Source: Sendable, Hashable {
        var hasPublicSchema: Bool
        var hasLanguage: Bool
        /// Every large object takes a lock until the transaction ends.
        var isOneTransaction: Bool

        init(_ objects: [ObjectPrint], _ scope: FingerprintScope) {
            hasPublicSchema = objects.contains { $0.kind == .schema && $0.name == "public" }
            hasLanguage = objects.contains { $0.kind == .extension && $0.name == "plpgsql" }
            isOneTransaction = scope.largeObjectGroup == 1
        }
    }

    /// Makes the roles of a server. The role that the scratch server was made with is there already.
    func restoreRoles(_ path: String) async throws {
        let sql = try cluster.newFile("roles.sql", for: nil)
        defer { try? FileManager.default.removeItem(atPath: sql) }
        let open = FilterCommands.open(path, identity: identity)
        try await run(open.isEmpty ? [Command("cat")] : open, "roles-read", input: path, output: .path(sql))
        let text = String(decoding: try DurableFiles.read(sql, limit: 64 << 20), as: UTF8.self)
        // Never through psql, which would run what a set from elsewhere has hidden in lines for it.
        let statements = SQLStatement.all(in: text).filter { !makes($0, cluster.bootstrapRole) }
        let connection = try await PostgresConnection.open(cluster.route())
        do throws(Trouble) {
            for statement in statements { try await connection.execute(statement.text) }
            await connection.close()
        } catch {
            await connection.close()
            // What the server says against a statement is a finding about the file; that it is gone is not.
            guard ["database-error", "database-rights"].contains(error.code) else { throw error }
            throw Unrestorable(said: error.message)
        }
    }

    private func makes(_ statement: SQLStatement, _ role: String) -> Bool {
        let words = statement.words
        return words.count == 3 && words[0].isWord("CREATE") && words[1].isWord("ROLE") && words[2].identifier == role
    }

    /// Restores schema and rows of a database from a stored dump; `finish` does the rest.
    ///
    /// - Parameters:
    ///   - path: the stored file; a file of another ending than `.zst` or `.age` is taken as it is.
    ///   - database: the name that the database has and gets.
    ///   - source: what the database was, to know what a new database has that it had not.
    ///   - progress: told how many bytes of the file have been read.
    /// - Returns: the beginning of the archive.
    /// - Throws: `Unrestorable` where the dump is the reason; `Trouble` where anything else is.
    func restore(
        _ path: String,
        as database: String,
        source: Source,
        progress: @Sendable @escaping (Int64) -> Void = { _ in }
    ) async throws -> ArchiveHead {
        let open = FilterCommands.open(path, identity: identity)
        let head = try await head(of: path, open)
        try await prepare(head, as: database, source: source)
        try await restoreContent(open + [content(of: database, source)], path, progress)
        return head
    }

    /// The beginning of an archive, in a file that the server's user can read.
    struct ArchiveHead: Sendable {
        var file: String
        var listing: DumpListing
    }

    /// Reads a beginning that lies in a file which `newContents` named; nil where its table of contents is not whole.
    ///
    /// Throws `Unrestorable` where it is `whole` and still cannot be read.
    func head(in file: String, whole: Bool) async throws -> ArchiveHead? {
        do throws(Trouble) {
            let listing = try await DumpListing.read(
                file,
                tools: cluster.tools,
                identity: identity,
                folder: logs,
                log: log("list")
            )
            try cluster.hand(file)
            return ArchiveHead(file: file, listing: listing)
        } catch {
            let reason = Unrestorable.from(error, code: "dump-unreadable")
            guard !whole, reason is Unrestorable else { throw reason }
            return nil
        }
    }

    /// A new file for the beginning of an archive.
    func newContents() throws(Trouble) -> String { try cluster.newFile("\(name).contents", for: cluster.user) }

    /// Makes the empty database as an archive says that it was.
    func prepare(_ head: ArchiveHead, as database: String, source: Source) async throws {
        guard head.listing.database == database else {
            throw Unrestorable(said: "the dump is that of the database \(head.listing.database)")
        }
        if database == "postgres" { try await drop(database) }
        let list = try listFile("database", head.listing.databaseLines)
        try await run([commands.database(list: list)], "create", input: head.file, readsAll: false)
        try await removeWhatOnlyNewDatabasesHave(database, source)
    }

    /// What restores schema and rows from its standard input.
    func content(of database: String, _ source: Source) -> Command {
        commands.content(of: database, singleTransaction: source.isOneTransaction)
    }

    /// Makes indexes, constraints and whatever else comes after the rows.
    ///
    /// `plan` says what takes longest at the source, `jobs` how many indexes are built at a time; each program takes a
    /// lane. `begun` is opened when the first of them has its lane, so that others can let it go first. `work` begins
    /// when nothing is left but those that take longest: they read rows and run no functions. Returns what it returns.
    func finish<Value: Sendable>(
        _ database: String,
        _ head: ArchiveHead,
        plan: IndexPlan,
        jobs: Int,
        in lanes: Lanes,
        begun: Gate = Gate(),
        beside work: () async throws -> Value
    ) async throws -> Value {
        let parts = plan.parts(of: head.listing)
        guard !parts.long.isEmpty else {
            try await lanes.run(ahead: true) {
                await begun.open()
                try await run([commands.rest(of: database, jobs: jobs, file: head.file)], "rest", input: nil)
            }
            return try await work()
        }
        // Each group is in the hands of a program of its own; together they keep the processors busy and no more.
        let longJobs = max(1, min(parts.long.count, jobs - 1))
        let unlocked = Gate()
        async let long: Void = lanes.run(ahead: true) {
            await begun.open()
            do {
                if !parts.first.isEmpty { try await finish(database, head, "first", parts.first, jobs) }
                await unlocked.open()
            } catch {
                await unlocked.open()
                throw error
            }
            try await finish(database, head, "long", parts.long, longJobs)
        }
        await unlocked.pass()
        try await lanes.run { try await finish(database, head, "rest", parts.rest, max(1, jobs - longJobs)) }
        let value = try await work()
        try await long
        if !parts.last.isEmpty { try await lanes.run { try await finish(database, head, "last", parts.last, jobs) } }
        return value
    }

    private func finish(
        _ database: String,
        _ head: ArchiveHead,
        _ part: String,
        _ lines: [String],
        _ jobs: Int
    ) async throws {
        let list = try listFile(part, lines)
        try await run([commands.rest(of: database, jobs: jobs, file: head.file, list: list)], part, input: nil)
    }

    private func listFile(_ part: String, _ lines: [String]) throws(Trouble) -> String {
        let list = try cluster.newFile("\(name).\(part).list", for: cluster.user)
        try DurableFiles.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: list)
        try cluster.hand(list)
        return list
    }

    /// Removes a database.
    func drop(_ database: String) async throws(Trouble) {
        let connection = try await PostgresConnection.open(cluster.route())
        do throws(Trouble) {
            try await ServerDatabases(cluster.route()).drop(database, on: connection)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
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

    /// The beginning of a stored archive, which is all that is needed once the rows are there.
    private func head(of path: String, _ open: [Command]) async throws -> ArchiveHead {
        let file = try newContents()
        var bytes = 8 << 20
        while true {
            let take = Command("head", ["-c", String(bytes)])
            try await run(open + [take], "contents", input: path, output: .path(file), readsAll: false)
            if let head = try await head(in: file, whole: DurableFiles.size(file) < bytes) { return head }
            bytes *= 4
        }
    }

    /// A new database has a schema and a language that the source may have removed.
    private func removeWhatOnlyNewDatabasesHave(
        _ database: String,
        _ source: Source
    ) async throws(Trouble) {
        guard !source.hasPublicSchema || !source.hasLanguage else { return }
        let connection = try await PostgresConnection.open(cluster.route(to: database))
        if !source.hasPublicSchema { try await connection.execute("DROP SCHEMA IF EXISTS public") }
        if !source.hasLanguage { try await connection.execute("DROP EXTENSION IF EXISTS plpgsql") }
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

    private func log(_ name: String) -> ToolLog { ToolLog(path: "\(logs)/\(self.name).\(name).log") }
}
