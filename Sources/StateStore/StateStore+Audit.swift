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

    /// Walks the audit trail; nil where it is whole.
    static func brokenAuditTrail(in database: Database) throws -> Trouble? {
        try auditTrail.firstBroken(in: database).map { broken(trail: $0) }
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
