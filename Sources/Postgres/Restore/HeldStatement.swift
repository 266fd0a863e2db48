import Synchronization
import UpgradeModel

/// A statement about a database as a whole, which whoever holds on to that database can hold up. Those who sit in it are
/// shown the door; nobody else is waited for longer than services may stand still.
struct HeldStatement: Sendable {
    let server: ServerDatabases
    let sql: String
    /// The database that it is about. Sessions in it are ended as soon as the statement is held up.
    let database: String
    /// What it does to the database, as in “could not be renamed”.
    let verb: String
    let patience: Duration
    /// Whether the world is another one than before where it fails.
    let changed: Bool
    /// What to do once nobody holds on any more, as in “End it, then retry.”
    let afterwards: String

    /// How often the server may say that something was not as it must be: so it says, too, that somebody else has
    /// changed the database's row while the statement waited. Then it is to be done again.
    private static let surprises = 3

    /// Runs it over a session in another database.
    ///
    /// - Throws: code `database-held` where somebody still holds on to the database once patience is at its end; they
    ///   are named. Otherwise what the server said.
    func run(on connection: PostgresConnection) async throws(Trouble) {
        let deadline = ContinuousClock.now + patience
        let backend = await connection.backend
        let seen = Holders()
        var surprises = 0
        while true {
            // Rows are waited for by the number of a transaction, which this covers too. 0 would mean no limit at all.
            let left = max(1, Int((deadline - ContinuousClock.now) / .milliseconds(1)))
            try await connection.execute("SET lock_timeout = \(left)")
            guard let failure = await attempt(on: connection, backend, seen) else { break }
            if failure.code == "database-failed", surprises < Self.surprises {
                surprises += 1
            } else if failure.code == "database-locked" || failure.message.contains(Self.inUse) {
                // Nobody held the statement up this time: whoever did before is gone, and somebody sits in the database.
                if failure.code != "database-locked" { seen.forget() }
                guard ContinuousClock.now < deadline else { throw held(by: try await holders(seen, connection)) }
            } else {
                throw failure
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        try await connection.execute("RESET lock_timeout")
    }

    /// `object_in_use`: sessions are in the database, or prepared transactions.
    private static let inUse = "SQLSTATE 55006"

    private func attempt(on connection: PostgresConnection, _ backend: Int32, _ seen: Holders) async -> Trouble? {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await watch(backend, seen) }
            defer { group.cancelAll() }
            do throws(Trouble) {
                try await connection.execute(sql)
                return nil
            } catch {
                return error
            }
        }
    }

    /// Ends sessions of the database, and notes who is in the way, from a second session, since the first one waits.
    private func watch(_ backend: Int32, _ seen: Holders) async {
        // Hardly ever is there somebody in the way: no session is opened for nothing.
        try? await Task.sleep(for: .milliseconds(300))
        guard !Task.isCancelled else { return }
        _ = try? await server.with { connection throws(Trouble) in
            while !Task.isCancelled {
                // One look that fails, such as for a lack of locks, is no reason to look no more.
                let found = try? await connection.rows(Self.blockers, [String(backend)])
                seen.note(found?.compactMap { $0.text(0) } ?? [])
                // It may be one that the account may not end: then it is named.
                try? await ServerDatabases.end(database, on: connection)
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// How a row of `pg_stat_activity` is named to the operator, in SQL.
    static let session =
        "format('process %s, %s of %s', a.pid, coalesce(nullif(a.application_name, ''), 'a session'), a.usename)"

    /// Those who hold up a backend and are not held up themselves; what only queues before it goes away with them. The
    /// server calls a prepared transaction 0.
    private static let blockers = """
        WITH RECURSIVE waiting (pid) AS (
          SELECT $1::integer
          UNION SELECT b.pid FROM waiting w CROSS JOIN LATERAL unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b (pid))
        SELECT \(session) FROM waiting w JOIN pg_catalog.pg_stat_activity a ON a.pid = w.pid
        WHERE w.pid <> $1::integer AND pg_catalog.cardinality(pg_catalog.pg_blocking_pids(w.pid)) = 0
        UNION
        SELECT format('the prepared transaction %L of %s in %s', p.gid, p.owner, p.database)
        FROM waiting b JOIN pg_catalog.pg_locks w ON w.pid = b.pid AND NOT w.granted
        JOIN pg_catalog.pg_locks h ON h.granted AND h.pid IS NULL
          AND (h.locktype, h.database, h.relation, h.page, h.tuple, h.transactionid, h.classid, h.objid, h.objsubid)
          IS NOT DISTINCT FROM
          (w.locktype, w.database, w.relation, w.page, w.tuple, w.transactionid, w.classid, w.objid, w.objsubid)
        JOIN pg_catalog.pg_locks x ON x.pid IS NULL AND x.locktype = 'transactionid'
          AND x.virtualtransaction = h.virtualtransaction
        JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = x.transactionid
        ORDER BY 1
        """

    /// Who was in the way when it was last looked, and otherwise who is in the database.
    private func holders(_ seen: Holders, _ connection: PostgresConnection) async throws(Trouble) -> [String] {
        guard seen.names.isEmpty else { return seen.names }
        let sessions = try await connection.rows(
            "SELECT \(Self.session) FROM pg_catalog.pg_stat_activity a WHERE a.datname = $1 ORDER BY 1",
            [database]
        ).compactMap { $0.text(0) }
        return sessions
            + (try await PreparedTransactions.list(of: database, on: connection)).map {
                "the prepared transaction \($0.text)"
            }
    }

    private func held(by holders: [String]) -> Trouble {
        let whom = holders.isEmpty ? "somebody" : holders.joined(separator: "; ")
        return Trouble(
            .environment,
            "database-held",
            "\(database) could not be \(verb) within \(patience.components.seconds) s: \(whom) holds on to it.",
            changed: changed,
            remedy: "End it, such as by `SELECT pg_terminate_backend(PROCESS)`, or a prepared transaction by ROLLBACK "
                + "PREPARED in its database; then \(afterwards)."
        )
    }
}

/// Who was in the way when somebody was.
private final class Holders: Sendable {
    private let latest = Mutex<[String]>([])

    var names: [String] { latest.withLock { $0 } }

    func forget() { latest.withLock { $0 = [] } }

    func note(_ names: [String]) {
        // The statement may have given up between two looks.
        guard !names.isEmpty else { return }
        latest.withLock { $0 = names }
    }
}
