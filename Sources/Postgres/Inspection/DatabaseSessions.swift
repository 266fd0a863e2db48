package import UpgradeModel

/// A session of somebody else in a database. What it runs is not told: statements hold secrets.
package struct DatabaseSession: Sendable, Hashable, Codable {
    /// The server's process number.
    package var backend: Int32
    /// The role.
    package var user: String
    /// What the application calls itself.
    package var application: String
    /// Where it comes from; empty for a socket.
    package var client: String
    /// What it is doing, such as `idle in transaction`.
    package var state: String

    /// In a few words.
    package var text: String {
        let name = application.isEmpty ? "a session" : application
        return "\(name) (\(user)\(client.isEmpty ? "" : " at \(client)"), process \(backend), \(state))"
    }
}

/// A session that waits for another one.
package struct BlockedSession: Sendable, Hashable, Codable {
    /// Who waits.
    package var waiting: DatabaseSession
    /// Who is waited for.
    package var blocking: DatabaseSession
    /// The table or other relation that it is about; nil where it is none.
    package var relation: String?
    /// How long it has waited, in seconds.
    package var seconds: Double
}

/// Asks a server who else is there.
package enum DatabaseSessions {
    /// The sessions of others in a database.
    package static func others(in route: DatabaseRoute) async throws(Trouble) -> [DatabaseSession] {
        let connection = try await PostgresConnection.open(route)
        let rows = try await connection.rows(
            """
            SELECT \(columns("s")) FROM pg_catalog.pg_stat_activity s
            WHERE s.datname = current_database() AND s.pid <> pg_backend_pid() AND s.usesysid IS NOT NULL
              AND coalesce(s.backend_type, 'client backend') = 'client backend' AND s.application_name <> 'pawl'
            ORDER BY s.backend_start LIMIT 1000
            """
        )
        await connection.close()
        return rows.map { session($0, from: 0) }
    }

    /// Whatever of others may write in a database: sessions, and workers of the server, such as those of subscriptions.
    package static func mayWrite(in route: DatabaseRoute) async throws(Trouble) -> [DatabaseSession] {
        let connection = try await PostgresConnection.open(route)
        let rows = try await connection.rows(
            """
            SELECT \(columns("s")) FROM pg_catalog.pg_stat_activity s
            WHERE s.datname = current_database() AND s.pid <> pg_backend_pid() AND s.usesysid IS NOT NULL
              AND s.application_name <> 'pawl' AND (coalesce(s.backend_type, 'client backend') = 'client backend'
                OR s.backend_type NOT IN \(ActivitySQL.idleWorkers))
            ORDER BY s.backend_start LIMIT 1000
            """
        )
        await connection.close()
        return rows.map { session($0, from: 0) }
    }

    /// Whoever else has written something in a database and has not committed it yet: sessions, and workers of the server,
    /// such as one that applies what another server publishes. Autovacuum writes no rows.
    package static func writing(in route: DatabaseRoute) async throws(Trouble) -> [DatabaseSession] {
        let connection = try await PostgresConnection.open(route)
        let rows = try await connection.rows(
            """
            SELECT \(columns("s")) FROM pg_catalog.pg_stat_activity s
            JOIN pg_catalog.pg_locks l ON l.pid = s.pid AND l.locktype = 'transactionid' AND l.granted
              AND l.mode = 'ExclusiveLock'
            WHERE s.datname = current_database() AND s.pid <> pg_backend_pid()
              AND coalesce(s.backend_type, '') NOT IN ('autovacuum worker', 'autovacuum launcher')
            ORDER BY s.backend_start LIMIT 1000
            """
        )
        await connection.close()
        return rows.map { session($0, from: 0) }
    }

    /// Who waits for whom, and for which table.
    package static func blocked(in route: DatabaseRoute) async throws(Trouble) -> [BlockedSession] {
        let connection = try await PostgresConnection.open(route)
        let rows = try await connection.rows(
            """
            SELECT \(columns("w")), \(columns("b")),
              (SELECT l.relation::regclass::text FROM pg_catalog.pg_locks l
                WHERE l.pid = w.pid AND NOT l.granted AND l.relation IS NOT NULL LIMIT 1),
              extract(epoch FROM clock_timestamp() - coalesce(w.state_change, w.query_start))
            FROM pg_catalog.pg_stat_activity w CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) p(pid)
            JOIN pg_catalog.pg_stat_activity b ON b.pid = p.pid
            WHERE w.datname = current_database() ORDER BY w.query_start LIMIT 100
            """
        )
        await connection.close()
        return rows.map { row in
            BlockedSession(
                waiting: session(row, from: 0),
                blocking: session(row, from: 5),
                relation: row.text(10),
                seconds: row.text(11).flatMap { Double($0) } ?? 0
            )
        }
    }

    private static func columns(_ alias: String) -> String {
        "\(alias).pid, \(alias).usename, coalesce((SELECT 'subscription ' || p.subname "
            + "FROM pg_catalog.pg_stat_subscription p WHERE p.pid = \(alias).pid LIMIT 1), "
            + "nullif(\(alias).application_name, ''), "
            + "nullif(\(alias).backend_type, 'client backend'), ''), host(\(alias).client_addr), "
            + "coalesce(\(alias).state, 'active')"
    }

    private static func session(_ row: PostgresRow, from index: Int) -> DatabaseSession {
        DatabaseSession(
            backend: Int32(truncatingIfNeeded: row.integer(index) ?? 0),
            user: row.text(index + 1) ?? "",
            application: row.text(index + 2) ?? "",
            client: row.text(index + 3) ?? "",
            state: row.text(index + 4) ?? ""
        )
    }
}
