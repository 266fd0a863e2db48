package import UpgradeModel

/// The databases of a server as a whole, seen and changed from a session in none of those that a restore is about.
package struct ServerDatabases: Sendable {
    /// How one of the installation's databases on the server is reached.
    package let route: DatabaseRoute

    /// Names a server by the way to one of its databases, which need not exist.
    package init(_ route: DatabaseRoute) { self.route = route }

    /// One database of the server.
    struct Entry: Sendable, Hashable {
        var acceptsSessions: Bool
        /// The server's number of it, which it keeps under every name.
        var number: Int64
    }

    /// Does some work in a session of a database that every server has.
    func with<Value: Sendable>(
        _ work: (PostgresConnection) async throws(Trouble) -> Value
    ) async throws(Trouble) -> Value {
        let connection = try await open()
        do throws(Trouble) {
            let value = try await work(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    private func open() async throws(Trouble) -> PostgresConnection {
        let settings = Self.settings
        let elsewhere = route.reaching(database: "template1")
        // Whoever sits in the database that is to be closed and renamed is in their own way.
        guard route.database != "postgres" else {
            return try await PostgresConnection.open(elsewhere, settings: settings)
        }
        do throws(Trouble) {
            return try await PostgresConnection.open(route.reaching(database: "postgres"), settings: settings)
        } catch  where Self.shut.contains(error.code) {
            return try await PostgresConnection.open(elsewhere, settings: settings)
        }
    }

    /// A statement may take as long as it needs, but waits for others no longer than services may stand still.
    private static let settings = [
        "default_transaction_read_only": "off", "statement_timeout": "0", "lock_timeout": "60s",
    ]

    private static let shut = ["database-unknown", "database-closed", "database-login-refused", "database-rights"]

    /// What there is of some databases, by name; those that are not there are missing in the answer.
    static func entries(_ names: [String], on connection: PostgresConnection) async throws(Trouble) -> [String: Entry] {
        var found: [String: Entry] = [:]
        for name in names {
            let rows = try await connection.rows(
                "SELECT datallowconn, oid FROM pg_catalog.pg_database WHERE datname = $1",
                [name]
            )
            if let row = rows.first {
                found[name] = Entry(acceptsSessions: row.bool(0), number: row.integer(1) ?? 0)
            }
        }
        return found
    }

    /// Whether a database of this name is there.
    package func exists(_ name: String) async throws(Trouble) -> Bool {
        try await with { connection throws(Trouble) in
            try await Self.entries([name], on: connection)[name] != nil
        }
    }

    /// Whether the server answers.
    ///
    /// - Throws: why it does not.
    package func answer() async throws(Trouble) {
        try await with { connection throws(Trouble) in try await connection.execute("SELECT 1") }
    }

    // MARK: Removing

    /// Removes a database with whatever is connected to it; nothing happens where there is none.
    ///
    /// A server removes neither a template nor a database with subscriptions. It stops being the one, and loses the
    /// others; the slots that they name belong to whoever uses them now, and stay.
    func drop(_ name: String, on connection: PostgresConnection) async throws(Trouble) {
        guard try await Self.entries([name], on: connection)[name] != nil else { return }
        let database = SQL.name(name)
        try await connection.execute("ALTER DATABASE \(database) IS_TEMPLATE false")
        let subscriptions = try await Self.subscriptions(of: name, on: connection).map { SQL.name($0.name) }
        if !subscriptions.isEmpty {
            try await connection.execute("ALTER DATABASE \(database) ALLOW_CONNECTIONS true")
            try await execute(
                subscriptions.flatMap {
                    [
                        "ALTER SUBSCRIPTION \($0) DISABLE", "ALTER SUBSCRIPTION \($0) SET (slot_name = NONE)",
                        "DROP SUBSCRIPTION \($0)",
                    ]
                },
                in: name
            )
        }
        let force = await connection.serverVersionNumber >= 130_000 ? " WITH (FORCE)" : ""
        if force.isEmpty { try await Self.end(name, on: connection) }
        try await connection.execute("DROP DATABASE IF EXISTS \(database)\(force)")
    }

    /// Lets the subscriptions of a database rest, so that they take no more from the slots that they name.
    func disableSubscriptions(of name: String, on connection: PostgresConnection) async throws(Trouble) {
        let enabled = try await Self.subscriptions(of: name, on: connection).filter(\.isEnabled)
        guard !enabled.isEmpty else { return }
        try await execute(enabled.map { "ALTER SUBSCRIPTION \(SQL.name($0.name)) DISABLE" }, in: name)
    }

    /// A subscription of a database.
    struct Subscription: Sendable, Hashable {
        var name: String
        var isEnabled: Bool
    }

    /// The subscriptions of a database, which every database of a server can see.
    static func subscriptions(
        of name: String,
        on connection: PostgresConnection
    ) async throws(Trouble) -> [Subscription] {
        try await connection.rows(
            """
            SELECT s.subname, s.subenabled FROM pg_catalog.pg_subscription s
            JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE d.datname = $1 ORDER BY 1
            """,
            [name]
        ).compactMap { row in row.text(0).map { Subscription(name: $0, isEnabled: row.bool(1)) } }
    }

    private func execute(_ statements: [String], in database: String) async throws(Trouble) {
        let connection = try await PostgresConnection.open(
            route.reaching(database: database),
            settings: Self.settings
        )
        do throws(Trouble) {
            for statement in statements { try await connection.execute(statement) }
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Ends every session of a database, and workers that act for a role. Autovacuum acts for none, gives way by itself,
    /// and only a superuser may end it.
    static func end(_ name: String, on connection: PostgresConnection) async throws(Trouble) {
        try await connection.execute(
            """
            SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
            WHERE datname = $1 AND usesysid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
            """,
            [name]
        )
    }

    /// The roles whose sessions in a database the account may not end, by name.
    static func rolesBeyondReach(in name: String, on connection: PostgresConnection) async throws(Trouble) -> [String] {
        try await connection.rows(
            """
            SELECT DISTINCT r.rolname FROM pg_catalog.pg_stat_activity a
            JOIN pg_catalog.pg_roles r ON r.oid = a.usesysid
            WHERE a.datname = $1 AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
              AND (r.rolsuper OR NOT (pg_catalog.pg_has_role(r.oid, 'USAGE')
                OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE')))
            ORDER BY 1
            """,
            [name]
        ).compactMap { $0.text(0) }
    }
}
