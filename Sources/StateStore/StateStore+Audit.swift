import Foundation
import GRDB
import UpgradeEngine
package import UpgradeModel

/// The audit trail: a chain of its own, like the journal's.
extension StateStore {
    package func note(_ entry: AuditEntry) throws(Trouble) {
        try write { database in
            let head = try Row.fetchOne(database, sql: "SELECT id, hash FROM auditHead")
            let id: Int64 = (head?[0] ?? 0) + 1
            let previous: Data = head?[1] ?? Chain.beginning
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

    /// Walks the audit trail; nil where it is whole.
    static func brokenAuditTrail(in database: Database) throws -> Trouble? {
        var previous = Chain.beginning
        var last: Int64 = 0
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY id")
        while let row = try rows.next() {
            // A damaged page can hold anything where a column is said to be.
            guard let link = try? AuditLink(row), link.id == last + 1, link.previous == previous,
                link.hash == Chain.hash(previous: previous, columns: link.columns)
            else { return broken(trail: last + 1) }
            previous = link.hash
            last = link.id
        }
        let row = try Row.fetchOne(database, sql: "SELECT id, hash FROM auditHead")
        let head: (id: Int64, hash: Data)? = try row.map { (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1)) }
        let isWhole = (head?.id ?? 0) == last && (head?.hash ?? Chain.beginning) == previous
        return isWhole ? nil : broken(trail: last + 1)
    }

    /// A row of the audit trail as far as the chain is concerned: what stands there, not what it should mean.
    private struct AuditLink {
        var id: Int64
        var columns: [String]
        var previous: Data
        var hash: Data

        init(_ row: Row) throws {
            id = try row.decode(forColumn: "id")
            let at: Int64 = try row.decode(forColumn: "at")
            columns = [String(id), String(at)]
            for name in ["actor", "address", "action", "subject", "outcome"] {
                columns.append(try row.decode(forColumn: name))
            }
            previous = try row.decode(forColumn: "previous")
            hash = try row.decode(forColumn: "hash")
        }
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
