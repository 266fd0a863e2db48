import Foundation
import GRDB
import UpgradeEngine
package import UpgradeModel

extension StateStore: AccessRecords {
    package func accounts() throws(Trouble) -> [Account] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM account ORDER BY name").map { try Self.account($0) }
        }
    }

    package func account(_ name: AccountName) throws(Trouble) -> Account? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM account WHERE name = ?", arguments: [name.text])
                .map { try Self.account($0) }
        }
    }

    package func put(_ account: Account) throws(Trouble) {
        try write { database in
            // Not REPLACE, which would take the sessions away with the old row.
            try database.execute(
                sql: """
                    INSERT INTO account (name, role, password, createdAt, passwordSetAt) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET role = excluded.role, password = excluded.password,
                        passwordSetAt = excluded.passwordSetAt
                    """,
                arguments: [
                    account.name.text, account.role.rawValue, account.password?.text, account.createdAt.microseconds,
                    account.passwordSetAt.microseconds,
                ]
            )
        }
    }

    package func removeAccount(_ name: AccountName) throws(Trouble) {
        try write { database in
            try database.execute(sql: "DELETE FROM account WHERE name = ?", arguments: [name.text])
        }
    }

    package func session(_ id: String) throws(Trouble) -> SessionRecord? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM session WHERE id = ?", arguments: [id])
                .map { try Self.session($0) }
        }
    }

    package func sessions(of name: AccountName) throws(Trouble) -> [SessionRecord] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM session WHERE account = ? ORDER BY createdAt DESC",
                arguments: [name.text]
            ).map { try Self.session($0) }
        }
    }

    package func put(_ session: SessionRecord) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO session (id, account, createdAt, seenAt, confirmedAt, address, agent)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    session.id, session.account.text, session.createdAt.microseconds, session.seenAt.microseconds,
                    session.confirmedAt.microseconds, session.address, session.agent,
                ]
            )
        }
    }

    package func removeSession(_ id: String) throws(Trouble) {
        try write { database in try database.execute(sql: "DELETE FROM session WHERE id = ?", arguments: [id]) }
    }

    package func removeSessions(of name: AccountName, except id: String?) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: "DELETE FROM session WHERE account = ? AND id IS NOT ?",
                arguments: [name.text, id]
            )
        }
    }

    package func note(_ entry: AuditEntry) throws(Trouble) {
        try write { database in
            let head = try Row.fetchOne(database, sql: "SELECT id, hash FROM auditHead")
            let id: Int64 = (head?[0] ?? 0) + 1
            let previous: Data = head?[1] ?? Chain.beginning
            let columns = Self.columns(of: entry, id: id)
            let hash = Chain.hash(previous: previous, columns: columns)
            try database.execute(
                sql: """
                    INSERT INTO audit (id, at, actor, address, action, subject, succeeded, previous, hash)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, entry.at.microseconds, entry.actor, entry.address, entry.action, entry.subject,
                    entry.succeeded, previous, hash,
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
            ).map { row in
                AuditEntry(
                    id: row["id"],
                    at: Moment(microseconds: row["at"]),
                    actor: row["actor"],
                    address: row["address"],
                    action: row["action"],
                    subject: row["subject"],
                    succeeded: row["succeeded"]
                )
            }
        }
    }

    /// Walks the audit trail; nil where it is whole.
    static func brokenAuditTrail(in database: Database) throws -> Trouble? {
        var previous = Chain.beginning
        var last: Int64 = 0
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY id")
        while let row = try rows.next() {
            let entry = AuditEntry(
                at: Moment(microseconds: row["at"]),
                actor: row["actor"],
                address: row["address"],
                action: row["action"],
                subject: row["subject"],
                succeeded: row["succeeded"]
            )
            let id: Int64 = row["id"]
            let hash: Data = row["hash"]
            let expected = Chain.hash(previous: previous, columns: columns(of: entry, id: id))
            guard id == last + 1, row["previous"] == previous, hash == expected else { return broken(trail: last + 1) }
            previous = hash
            last = id
        }
        let head = try Row.fetchOne(database, sql: "SELECT id, hash FROM auditHead")
        let isWhole = (head?[0] ?? 0) == last && (head?[1] ?? Chain.beginning) == previous
        return isWhole ? nil : broken(trail: last + 1)
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
            entry.succeeded ? "1" : "0",
        ]
    }

    private static func account(_ row: Row) throws -> Account {
        let role: String = row["role"]
        guard let name = AccountName(row["name"]), let role = Role(rawValue: role) else {
            throw CocoaError(.coderInvalidValue)
        }
        let password: String? = row["password"]
        return Account(
            name: name,
            role: role,
            password: password.map { PasswordDigest(text: $0) },
            createdAt: Moment(microseconds: row["createdAt"]),
            passwordSetAt: Moment(microseconds: row["passwordSetAt"])
        )
    }

    private static func session(_ row: Row) throws -> SessionRecord {
        guard let account = AccountName(row["account"]) else { throw CocoaError(.coderInvalidValue) }
        return SessionRecord(
            id: row["id"],
            account: account,
            createdAt: Moment(microseconds: row["createdAt"]),
            seenAt: Moment(microseconds: row["seenAt"]),
            confirmedAt: Moment(microseconds: row["confirmedAt"]),
            address: row["address"],
            agent: row["agent"]
        )
    }
}
