import UpgradeModel

/// What a server says about itself that a dump of it needs.
struct ServerIdentity: Sendable, Hashable {
    /// As the server says it, such as `15.20`.
    var version: String
    var major: Int
    /// The role that the server was made with.
    var bootstrapRole: String
    /// Whether this account may read the stored forms of passwords.
    var readsPasswords: Bool
    /// The database's size in bytes.
    var databaseBytes: Int64

    /// Asks a server.
    ///
    /// - Throws: `Trouble` where the server is older than what fingerprints need.
    static func read(_ connection: PostgresConnection) async throws(Trouble) -> ServerIdentity {
        let number = await connection.serverVersionNumber
        guard number >= 110_000 else {
            throw Trouble(
                .environment,
                "server-too-old",
                "\(connection.route): the server's version is older than 11.",
                remedy: "Upgrade PostgreSQL to a supported version first."
            )
        }
        let rows = try await connection.rows(
            """
            SELECT (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10),
              pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT'),
              pg_catalog.pg_database_size(pg_catalog.current_database())
            """
        )
        guard let row = rows.first else {
            throw Trouble(.internal, "no-answer", "The server gave no answer.", remedy: "Report this as a bug.")
        }
        let words = (await connection.reported("server_version") ?? "").split(separator: " ")
        return ServerIdentity(
            version: words.first.map(String.init) ?? "\(number / 10_000)",
            major: number / 10_000,
            bootstrapRole: row.text(0) ?? "postgres",
            readsPasswords: row.bool(1),
            databaseBytes: row.integer(2) ?? 0
        )
    }
}
