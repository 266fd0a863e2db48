import Synchronization
package import UpgradeModel

/// Notes which locks on tables the migrations in scratch copies hold, and for how long.
package struct LockWatch: Sendable {
    /// How often it looks. A lock that is held for less may not be seen.
    package static let interval = Duration.milliseconds(100)

    /// Watches copies while some work is done.
    ///
    /// - Parameters:
    ///   - copies: what to watch.
    ///   - work: the work.
    /// - Returns: what the work returned, and the locks that were seen by the copies' names, the strongest and longest
    ///   first.
    /// - Throws: what the work throws. A copy that cannot be asked is not watched further.
    package static func during<Value: Sendable>(
        _ copies: [RehearsalCopy],
        _ work: () async throws -> Value
    ) async throws -> (value: Value, locks: [String: [HeldLock]]) {
        let books = copies.map { ($0, LockBook()) }
        let value = try await withThrowingTaskGroup(of: Void.self) { group in
            for (copy, book) in books {
                group.addTask { await watch(copy.route, book) }
            }
            defer { group.cancelAll() }
            return try await work()
        }
        return (value, Dictionary(books.map { ($0.0.name, $0.1.locks) }) { first, _ in first })
    }

    private static func watch(_ route: DatabaseRoute, _ book: LockBook) async {
        guard let connection = try? await PostgresConnection.open(route) else { return }
        _ = try? await connection.execute("SELECT set_config('search_path', '', false)")
        while !Task.isCancelled, let rows = try? await connection.rows(query) {
            book.see(rows)
            try? await Task.sleep(for: interval)
        }
        await connection.close()
    }

    /// Catalogs are left out: every change of a schema locks them, for an instant each. A table that a transaction has
    /// only just made is nobody else's yet, and is not to be seen here either.
    private static let query = """
        SELECT l.pid, l.virtualtransaction, c.oid::regclass::text, l.mode, extract(epoch FROM clock_timestamp())
        FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_class c ON c.oid = l.relation
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_database d ON d.oid = l.database AND d.datname = current_database()
        WHERE l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p', 'm', 'f')
          AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
          AND l.mode IN (\(HeldLock.modes.map { "'\($0)'" }.joined(separator: ", ")))
        LIMIT 10000
        """
}

/// When each lock was first and last seen.
private final class LockBook: Sendable {
    private struct Key: Hashable {
        var holder: String
        var relation: String
        var mode: String
    }

    private let seen = Mutex<[Key: (first: Double, last: Double)]>([:])

    func see(_ rows: [PostgresRow]) {
        seen.withLock { seen in
            for row in rows {
                guard let relation = row.text(2), let mode = row.text(3), let now = row.text(4).flatMap({ Double($0) })
                else { continue }
                let holder = "\(row.text(0) ?? "") \(row.text(1) ?? "")"
                let key = Key(holder: holder, relation: relation, mode: mode)
                seen[key] = (seen[key]?.first ?? now, now)
            }
        }
    }

    /// For each table and mode the longest time, the strongest lock first.
    var locks: [HeldLock] {
        let longest = seen.withLock { seen in
            Dictionary(
                seen.map { key, times in
                    ([key.relation, key.mode], times.last - times.first)
                },
                uniquingKeysWith: max
            )
        }
        return HeldLock.ranked(
            longest.map { HeldLock(relation: $0.key[0], mode: $0.key[1], seconds: max(0, $0.value)) }
        )
    }
}
