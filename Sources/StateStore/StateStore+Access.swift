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
            let all = try Row.fetchAll(database, sql: "SELECT * FROM account").map { try Self.account($0) }
            if let trouble = AccountRules.objection(to: account, of: account.name, among: all) { throw trouble }
            try Self.put(account, in: database)
        }
    }

    package func putFirst(_ account: Account) throws(Trouble) -> Bool {
        try write { database in
            guard try Int.fetchOne(database, sql: "SELECT count(*) FROM account") == 0 else { return false }
            try Self.put(account, in: database)
            return true
        }
    }

    private static func put(_ account: Account, in database: Database) throws {
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

    package func removeAccount(_ name: AccountName) throws(Trouble) {
        try write { database in
            let all = try Row.fetchAll(database, sql: "SELECT * FROM account").map { try Self.account($0) }
            if let trouble = AccountRules.objection(to: nil, of: name, among: all) { throw trouble }
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

    package func signedIn(_ session: String) throws(Trouble) -> (session: SessionRecord, account: Account)? {
        try read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT * FROM session WHERE id = ?", arguments: [session])
            else { return nil }
            let record = try Self.session(row)
            let owner = "SELECT * FROM account WHERE name = ?"
            return try Row.fetchOne(database, sql: owner, arguments: [record.account.text])
                .map { (record, try Self.account($0)) }
        }
    }

    package func begin(_ session: SessionRecord, insteadOf other: String?, oldest: Moment, most: Int) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: "DELETE FROM session WHERE id IS ? OR createdAt < ?",
                arguments: [other, oldest.microseconds]
            )
            try Self.put(session, in: database)
            try database.execute(
                sql: """
                    DELETE FROM session WHERE account = ? AND id NOT IN
                        (SELECT id FROM session WHERE account = ? ORDER BY seenAt DESC LIMIT ?)
                    """,
                arguments: [session.account.text, session.account.text, most]
            )
        }
    }

    package func put(_ session: SessionRecord) throws(Trouble) {
        try write { database in
            // One that has ended meanwhile stays ended.
            try database.execute(
                sql: "UPDATE session SET seenAt = ?, confirmedAt = ? WHERE id = ?",
                arguments: [session.seenAt.microseconds, session.confirmedAt.microseconds, session.id]
            )
        }
    }

    private static func put(_ session: SessionRecord, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO session (id, account, createdAt, seenAt, confirmedAt, address, agent)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                session.id, session.account.text, session.createdAt.microseconds, session.seenAt.microseconds,
                session.confirmedAt.microseconds, session.address, session.agent,
            ]
        )
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

    package func tokens(of name: AccountName?) throws(Trouble) -> [TokenRecord] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM token WHERE ?1 IS NULL OR account = ?1 ORDER BY createdAt DESC, id",
                arguments: [name?.text]
            ).map { try Self.token($0) }
        }
    }

    package func bearer(_ digest: String) throws(Trouble) -> (token: TokenRecord, account: Account)? {
        try read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT * FROM token WHERE digest = ?", arguments: [digest])
            else { return nil }
            let token = try Self.token(row)
            let owner = "SELECT * FROM account WHERE name = ?"
            return try Row.fetchOne(database, sql: owner, arguments: [token.account.text])
                .map { (token, try Self.account($0)) }
        }
    }

    package func put(_ token: TokenRecord) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO token (id, digest, name, account, role, createdAt, expiresAt, usedAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    token.id, token.digest, token.name, token.account.text, token.role.rawValue,
                    token.createdAt.microseconds, token.expiresAt.microseconds, token.usedAt?.microseconds,
                ]
            )
        }
    }

    package func touch(_ token: TokenRecord, at moment: Moment) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: "UPDATE token SET usedAt = ? WHERE id = ?",
                arguments: [moment.microseconds, token.id]
            )
        }
    }

    package func removeToken(_ id: String) throws(Trouble) {
        try write { database in try database.execute(sql: "DELETE FROM token WHERE id = ?", arguments: [id]) }
    }

    package func isKnown(_ address: String, of name: String) throws(Trouble) -> Bool {
        try read { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM knownAddress WHERE account = ? AND address = ?)",
                arguments: [name, address]
            ) ?? false
        }
    }

    package func remember(_ address: String, of name: AccountName, at moment: Moment) throws(Trouble) {
        try write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO knownAddress (account, address, seenAt) VALUES (?, ?, ?)",
                arguments: [name.text, address, moment.microseconds]
            )
            try database.execute(
                sql: """
                    DELETE FROM knownAddress WHERE account = ? AND address NOT IN
                        (SELECT address FROM knownAddress WHERE account = ? ORDER BY seenAt DESC LIMIT 32)
                    """,
                arguments: [name.text, name.text]
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

    private static func token(_ row: Row) throws -> TokenRecord {
        let role: String = row["role"]
        guard let account = AccountName(row["account"]), let role = Role(rawValue: role) else {
            throw CocoaError(.coderInvalidValue)
        }
        let usedAt: Int64? = row["usedAt"]
        return TokenRecord(
            digest: row["digest"],
            name: row["name"],
            account: account,
            role: role,
            createdAt: Moment(microseconds: row["createdAt"]),
            expiresAt: Moment(microseconds: row["expiresAt"]),
            usedAt: usedAt.map { Moment(microseconds: $0) }
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
