package import UpgradeModel

/// A transaction that was prepared for a commit in two phases and waits for the second. No session holds it, so no
/// session that ends takes it along; a database that has one cannot be renamed.
package struct PreparedTransaction: Sendable, Hashable {
    /// The name that it was prepared under.
    package var name: String
    /// The database that it wrote to.
    package var database: String
    /// The role that prepared it.
    package var owner: String

    /// In a few words.
    package var text: String { "`\(name)` in \(database), prepared by \(owner)" }
}

/// Asks a server for prepared transactions.
package enum PreparedTransactions {
    /// Those of one database, the oldest first.
    package static func list(in route: DatabaseRoute) async throws(Trouble) -> [PreparedTransaction] {
        let connection = try await PostgresConnection.open(route)
        let found = try await list(of: route.database, on: connection)
        await connection.close()
        return found
    }

    /// The same over a session in any database of the server.
    static func list(of database: String, on connection: PostgresConnection) async throws(Trouble)
        -> [PreparedTransaction]
    {
        try await connection.rows(
            "SELECT gid, owner FROM pg_catalog.pg_prepared_xacts WHERE database = $1 ORDER BY prepared, gid",
            [database]
        ).map { row throws(Trouble) in
            PreparedTransaction(name: try row.required(0), database: database, owner: try row.required(1))
        }
    }

    /// What keeps a database from being renamed, or from being as it was backed up; nil where nothing is prepared.
    package static func trouble(_ found: [PreparedTransaction]) -> Trouble? {
        guard let first = found.first else { return nil }
        return Trouble(
            .environment,
            "transaction-prepared",
            "Prepared transactions wait to be committed or rolled back: "
                + found.prefix(5).map(\.text).joined(separator: ", ")
                + (found.count > 5 ? " and \(found.count - 5) more" : "") + ".",
            remedy: remedy(first)
        )
    }

    private static func remedy(_ transaction: PreparedTransaction) -> String {
        let name = SQL.text(transaction.name)
        return "In \(transaction.database), as \(transaction.owner) or a superuser: COMMIT PREPARED \(name) or "
            + "ROLLBACK PREPARED \(name), whichever its application says; then try again."
    }
}
