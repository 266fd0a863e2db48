import Foundation
import GRDB
import UpgradeEngine
package import UpgradeModel

/// The audit trail: a chain of its own, like the journal's.
extension StateStore {
    package func note(_ entry: AuditEntry) throws(Trouble) {
        try write { database in
            let newest = try Self.auditTrail.newest(in: database)
            let id = (newest?.id ?? 0) + 1
            let previous = newest?.hash ?? Chain.beginning
            let columns = Self.columns(of: entry, id: id)
            let hash = Chain.hash(previous: previous, columns: columns)
            try database.execute(
                sql: """
                    INSERT INTO audit (id, at, actor, address, action, subject, outcome, previous, hash)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, entry.at.microseconds, entry.actor, entry.address, entry.action, entry.subject,
                    entry.outcome.rawValue, previous, hash,
                ]
            )
            try database.execute(
                sql: "INSERT OR REPLACE INTO auditHead (one, id, hash) VALUES (1, ?, ?)",
                arguments: [id, hash]
            )
            try Self.moveMark(to: LinkedTable.Place(id: id, hash: hash), in: database)
        }
    }

    /// Walks the whole audit trail, and goes into safe mode where it is not whole. An opening only walks its end.
    ///
    /// - Throws: `journal-broken`.
    package func verifyAuditTrail() async throws(Trouble) {
        do {
            guard let broken = try await database.read({ try Self.auditTrail.firstBroken(in: $0) }) else { return }
            let trouble = Self.broken(trail: broken)
            standing.turn(trouble)
            // Without the mark every opening finds it.
            try await database.write { try $0.execute(sql: "DELETE FROM auditMark") }
            throw trouble
        } catch {
            throw Self.trouble(error)
        }
    }

    package func audit(before: Int64?, limit: Int) throws(Trouble) -> [AuditEntry] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
                arguments: [before ?? .max, limit]
            ).map { try Self.auditEntry($0) }
        }
    }

    static let auditTrail = LinkedTable(
        name: "audit",
        head: "auditHead",
        columns: ["actor", "address", "action", "subject", "outcome"]
    )

    /// Walks the audit trail after its mark; nil where it is whole there.
    static func brokenAuditTrail(in database: Database) throws -> Trouble? {
        try auditTrail.firstBroken(in: database, after: mark(in: database)).map { broken(trail: $0) }
    }

    /// Rows after which the mark moves on: so many are walked at most each time that the store opens.
    static let stretch: Int64 = 1000

    /// The row up to which the trail was walked once; its beginning where that row is not what it was.
    private static func mark(in database: Database) throws -> LinkedTable.Place {
        guard let mark = try LinkedTable.place(in: "auditMark", of: database), try auditTrail.has(mark, in: database)
        else { return .beginning }
        return mark
    }

    private static func moveMark(to newest: LinkedTable.Place, in database: Database) throws {
        let mark = try mark(in: database)
        guard newest.id - mark.id >= stretch else { return }
        if let broken = try auditTrail.firstBroken(in: database, after: mark) { throw Self.broken(trail: broken) }
        try database.execute(
            sql: "INSERT OR REPLACE INTO auditMark (one, id, hash) VALUES (1, ?, ?)",
            arguments: [newest.id, newest.hash]
        )
    }

    private static func auditEntry(_ row: Row) throws -> AuditEntry {
        let outcome: String = row["outcome"]
        guard let outcome = AuditEntry.Outcome(rawValue: outcome) else { throw CocoaError(.coderInvalidValue) }
        return AuditEntry(
            id: row["id"],
            at: Moment(microseconds: row["at"]),
            actor: row["actor"],
            address: row["address"],
            action: row["action"],
            subject: row["subject"],
            outcome: outcome
        )
    }

    private static func broken(trail id: Int64) -> Trouble {
        Trouble(
            .environment,
            "journal-broken",
            "Row \(id) of the audit trail is not as Pawl wrote it: the data folder was changed or damaged.",
            remedy: "Pawl only reads until this is solved. Keep a copy of the data folder, and restore it from its own "
                + "backup."
        )
    }

    private static func columns(of entry: AuditEntry, id: Int64) -> [String] {
        [
            String(id), String(entry.at.microseconds), entry.actor, entry.address, entry.action, entry.subject,
            entry.outcome.rawValue,
        ]
    }
}
