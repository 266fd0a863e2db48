import Synchronization
import UpgradeModel

/// Tells how far a dump is. How long its stream will be is only known at its end, so the total is an estimate, and
/// nothing is called done before it is.
final class DumpMeter: Sendable {
    private let subject: String
    private let expected: Int64
    private let tell: @Sendable (BackupProgress) -> Void
    private let reached = Mutex<Int64>(0)

    /// `expected` is how many bytes there may be; 0 where that is not known.
    init(subject: String, expected: Int64, tell: @Sendable @escaping (BackupProgress) -> Void) {
        self.subject = subject
        self.expected = expected
        self.tell = tell
        tell(Self.progress(subject, 0, expected))
    }

    /// Takes note of bytes that have gone by; never goes back.
    @Sendable func note(_ bytes: Int64) {
        let done = reached.withLock { reached in
            reached = max(reached, bytes)
            return reached
        }
        tell(Self.progress(subject, done, expected))
    }

    /// Says that it is done.
    func end() {
        let done = reached.withLock { $0 }
        tell(BackupProgress(phase: .dump, subject: subject, done: max(1, done), total: max(1, done)))
    }

    /// A stream that is longer than it was thought to be stands still before the end, where it may be for long.
    static func progress(_ subject: String, _ done: Int64, _ expected: Int64) -> BackupProgress {
        guard expected > 0 else { return BackupProgress(phase: .dump, subject: subject, done: done) }
        guard done > expected / 50 * 49 else {
            return BackupProgress(phase: .dump, subject: subject, done: done, total: expected)
        }
        // 98 %, whatever the size.
        return BackupProgress(phase: .dump, subject: subject, done: done / 49 * 49, total: done / 49 * 50)
    }

    /// What the rows of the database that a session is in take at their source, as text about as much: indexes are
    /// not dumped.
    static func bytes(_ connection: PostgresConnection) async throws(Trouble) -> Int64 {
        let rows = try await connection.rows(
            """
            SELECT coalesce(sum(pg_catalog.pg_table_size(c.oid)), 0)::bigint FROM pg_catalog.pg_class c
            WHERE c.relkind = 'r' AND (c.oid >= \(CatalogSQL.firstOwnObject) OR c.relname = 'pg_largeobject')
            """
        )
        return rows.first?.integer(0) ?? 0
    }
}
