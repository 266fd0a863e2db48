import Foundation
import Glibc
import Processes
import UpgradeModel

/// Schema, rows, indexes and constraints.
extension DatabaseRestore {
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
        let session = try await PostgresConnection.open(route.reaching(database: name))
        let locks = try await locks(on: session)
        await session.close()
        let content = open + [commands.content(of: name, singleTransaction: fitsOneTransaction(locks: locks))]
        try await stream(content, progress)
        let contents = "\(work)/contents-\(UUID().uuidString).dump"
        defer { unlink(contents) }
        try await readContents(to: contents, open, tools)
        let jobs = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))
        try await Pipes.run(
            [commands.rest(of: name, jobs: jobs, file: contents)],
            log: log("rest"),
            code: Self.liveCode
        )
        let connection = try await PostgresConnection.open(
            route.reaching(database: name),
            settings: ["default_transaction_read_only": "off", "statement_timeout": "0"]
        )
        // Without statistics the first hour of the restored application would be a slow one.
        try await connection.execute("ANALYZE")
        await connection.close()
    }

    /// The code of what fails on the installation's own server: what is said of scratch servers does not fit it.
    private static let liveCode = "database-restore-failed"

    /// Whether schema and rows can be made in one transaction on a server that has room for `locks` locks: every relation
    /// and large object takes one until it ends, a table up to three, with what is too long for its rows. Half of the room
    /// is left to others.
    func fitsOneTransaction(locks: Int) -> Bool {
        let relations: Set<ObjectKind> = [.sequence, .view, .materializedView, .foreignTable, .largeObjects]
        let needed =
            backup.fingerprint.objects.count { relations.contains($0.kind) }
            + 3 * backup.fingerprint.tables.count
        return backup.fingerprint.scope.largeObjectGroup == 1 && needed < min(locks / 2, 3_200)
    }

    /// How many locks a server has room for.
    func locks(on connection: PostgresConnection) async throws(Trouble) -> Int {
        let rows = try await connection.rows(
            """
            SELECT pg_catalog.current_setting('max_locks_per_transaction')::bigint
              * (pg_catalog.current_setting('max_connections')::bigint
                + pg_catalog.current_setting('max_prepared_transactions')::bigint)
            """
        )
        return Int(rows.first?.integer(0) ?? 0)
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
                try await Pipes.run(stages, log: log, input: .descriptor(descriptor), code: Self.liveCode)
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
}
