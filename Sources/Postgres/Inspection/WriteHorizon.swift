package import UpgradeModel

/// How far a server had come in giving numbers to transactions that write, and where the sequences of a database stand.
/// While both stay the same, nobody has written anything to the database, and nobody is about to commit what was begun
/// before.
///
/// Sequences are looked at by themselves: the server writes down 32 values ahead, and hands them out to transactions that
/// need no number.
///
/// It changes for other reasons too – another database of the server, the analysis of a table – so that a change only
/// says that it is time to look properly.
package struct WriteHorizon: Sendable, Hashable, Codable {
    /// When the server was started: after a restart or a failover nothing can be compared.
    package var startedAt: String
    /// The oldest and the next number, and those in between that are still open.
    package var snapshot: String
    /// Where every sequence stands, by name; nil in what an older Pawl has noted.
    package var sequences: [String: String]?

    /// Asks a server.
    ///
    /// - Throws: `Trouble` where it cannot be reached or asked.
    package static func read(_ route: DatabaseRoute) async throws(Trouble) -> WriteHorizon {
        let connection = try await PostgresConnection.open(route)
        let rows = try await connection.rows(
            "SELECT pg_catalog.pg_postmaster_start_time(), pg_catalog.txid_current_snapshot()"
        )
        let sequences = try await SequenceReader(connection: connection).positions()
        await connection.close()
        let row = rows.first ?? PostgresRow(columns: [])
        return WriteHorizon(
            startedAt: try row.required(0),
            snapshot: try row.required(1),
            sequences: sequences
        )
    }
}
