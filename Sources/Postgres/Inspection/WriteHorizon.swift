package import UpgradeModel

/// How far a server had come in giving numbers to transactions that write. While it stays the same, nobody has written
/// anything to any of its databases, and nobody is about to commit what was begun before.
///
/// It changes for other reasons too – another database of the server, the analysis of a table – so that a change only
/// says that it is time to look properly.
package struct WriteHorizon: Sendable, Hashable, Codable {
    /// When the server was started: after a restart or a failover nothing can be compared.
    package var startedAt: String
    /// The oldest and the next number, and those in between that are still open.
    package var snapshot: String

    /// Asks a server.
    ///
    /// - Throws: `Trouble` where it cannot be reached or asked.
    package static func read(_ route: DatabaseRoute) async throws(Trouble) -> WriteHorizon {
        let connection = try await PostgresConnection.open(route)
        let rows = try await connection.rows(
            "SELECT pg_catalog.pg_postmaster_start_time(), pg_catalog.txid_current_snapshot()"
        )
        await connection.close()
        let row = rows.first ?? PostgresRow(columns: [])
        return WriteHorizon(startedAt: try row.required(0), snapshot: try row.required(1))
    }
}
