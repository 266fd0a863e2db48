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
        let settings = ["default_transaction_read_only": "off", "statement_timeout": "0"]
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

    private static let shut = ["database-unknown", "database-closed", "database-login-refused", "database-rights"]

    /// What there is of some databases, by name; those that are not there are missing in the answer.
    static func entries(_ names: [String], on connection: PostgresConnection) async throws(Trouble) -> [String: Entry] {
        var found: [String: Entry] = [:]
        for name in names {
            let rows = try await connection.rows(
                "SELECT datallowconn FROM pg_catalog.pg_database WHERE datname = $1",
                [name]
            )
            if let row = rows.first { found[name] = Entry(acceptsSessions: row.bool(0)) }
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

    /// Removes a database with whatever is connected to it; nothing happens where there is none.
    static func drop(_ name: String, on connection: PostgresConnection) async throws(Trouble) {
        let force = await connection.serverVersionNumber >= 130_000 ? " WITH (FORCE)" : ""
        if force.isEmpty { try await end(name, on: connection) }
        try await connection.execute("DROP DATABASE IF EXISTS \(SQL.name(name))\(force)")
    }

    /// Ends every session of a database.
    static func end(_ name: String, on connection: PostgresConnection) async throws(Trouble) {
        try await connection.execute(
            """
            SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
            WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()
            """,
            [name]
        )
    }
}
