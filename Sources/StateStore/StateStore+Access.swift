import Foundation
import GRDB
import UpgradeEngine
package import UpgradeModel

extension StateStore: AccessRecords {
    private static let accountRows = """
        SELECT account.*,
            EXISTS (SELECT 1 FROM secondFactor WHERE secondFactor.account = account.name) AS hasSecondFactor,
            (SELECT value = 'true' FROM consoleSetting WHERE name = 'secondFactorNeeded') AS needsSecondFactor
        FROM account
        """

    package func accounts() throws(Trouble) -> [Account] {
        try read { database in
            try Row.fetchAll(database, sql: Self.accountRows + " ORDER BY name").map { try Self.account($0) }
        }
    }

    package func account(_ name: AccountName) throws(Trouble) -> Account? {
        try read { database in
            try Row.fetchOne(database, sql: Self.accountRows + " WHERE name = ?", arguments: [name.text])
                .map { try Self.account($0) }
        }
    }

    package func put(_ account: Account) throws(Trouble) {
        try write { database in
            let all = try Row.fetchAll(database, sql: Self.accountRows).map { try Self.account($0) }
            if let trouble = AccountRules.objection(to: account, of: account.name, among: all) { throw trouble }
            try Self.put(account, in: database)
        }
    }

    package func add(_ account: Account, by session: String?) throws(Trouble) -> Bool {
        try write { database in
            guard try Self.goesOn(session, in: database) else { return false }
            guard try Self.owner(account.name, in: database) == nil else { throw AccountRules.taken(account.name) }
            try Self.put(account, in: database)
            return true
        }
    }

    package func set(_ role: Role, of name: AccountName) throws(Trouble) {
        try write { database in
            let all = try Row.fetchAll(database, sql: Self.accountRows).map { try Self.account($0) }
            guard var wish = all.first(where: { $0.name == name }), wish.role != role else { return }
            wish.role = role
            if let trouble = AccountRules.objection(to: wish, of: name, among: all) { throw trouble }
            // Nothing else: the password may be another by now than whoever asks has seen.
            try database.execute(
                sql: "UPDATE account SET role = ? WHERE name = ?",
                arguments: [role.rawValue, name.text]
            )
            try Self.removeSessions(of: name, except: nil, in: database)
        }
    }

    package func set(
        _ password: GivenPassword,
        of name: AccountName,
        shown: Account?,
        revokingTokens: Bool,
        by session: String?
    ) throws(Trouble) -> Int? {
        try write { database in
            guard let account = try Self.owner(name, in: database), shown.map(account.isShown) ?? true,
                try Self.goesOn(session, in: database)
            else { return nil }
            try Self.set(password, of: name, in: database)
            try Self.removeSessions(of: name, except: session, in: database)
            return try revokingTokens ? Self.removeTokens(of: name, in: database) : 0
        }
    }

    package func reset(_ name: AccountName, to password: GivenPassword, keepingTokens: Bool) throws(Trouble)
        -> LostAccess?
    {
        try write { database in
            guard try Self.owner(name, in: database) != nil else {
                try Self.put(Account(name, .admin, with: password), in: database)
                return nil
            }
            try Self.set(password, of: name, in: database)
            try Self.removeSessions(of: name, except: nil, in: database)
            return try LostAccess(
                secondFactor: Self.removeSecondFactor(of: name, in: database),
                tokens: keepingTokens ? 0 : Self.removeTokens(of: name, in: database)
            )
        }
    }

    private static func set(_ password: GivenPassword, of name: AccountName, in database: Database) throws {
        try database.execute(
            sql: "UPDATE account SET password = ?, passwordSetAt = ?, mustChangePassword = ? WHERE name = ?",
            arguments: [password.digest.text, password.setAt.microseconds, password.isGiven, name.text]
        )
    }

    /// Whether a session has not ended, and is of an account where one is named; so it is where no session asks.
    static func goesOn(_ session: String?, of name: AccountName? = nil, in database: Database) throws -> Bool {
        guard let session else { return true }
        return try Bool.fetchOne(
            database,
            sql: "SELECT EXISTS (SELECT 1 FROM session WHERE id = ?1 AND (?2 IS NULL OR account = ?2))",
            arguments: [session, name?.text]
        ) ?? false
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
                INSERT INTO account (name, role, password, createdAt, passwordSetAt, mustChangePassword)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET role = excluded.role, password = excluded.password,
                    passwordSetAt = excluded.passwordSetAt, mustChangePassword = excluded.mustChangePassword
                """,
            arguments: [
                account.name.text, account.role.rawValue, account.password?.text, account.createdAt.microseconds,
                account.passwordSetAt.microseconds, account.mustChangePassword,
            ]
        )
    }

    package func removeAccount(_ name: AccountName) throws(Trouble) {
        try write { database in
            let all = try Row.fetchAll(database, sql: Self.accountRows).map { try Self.account($0) }
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
        // Asked for each request: statements that are kept spare most of the time.
        try read { database in
            let find = try database.cachedStatement(sql: "SELECT * FROM session WHERE id = ?")
            guard let row = try Row.fetchOne(find, arguments: [session]) else { return nil }
            let record = try Self.session(row)
            return try Self.owner(record.account, in: database).map { (record, $0) }
        }
    }

    private static func owner(_ name: AccountName, in database: Database) throws -> Account? {
        let find = try database.cachedStatement(sql: accountRows + " WHERE name = ?")
        return try Row.fetchOne(find, arguments: [name.text]).map { try account($0) }
    }

    package func begin(_ session: SessionRecord, shown: Account, insteadOf other: String?, oldest: Moment, most: Int)
        throws(Trouble) -> Bool
    {
        try write { database in
            guard try Self.owner(session.account, in: database)?.isShown(by: shown) == true else { return false }
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
            return true
        }
    }

    package func renew(_ id: String, as session: SessionRecord, shown: Account?) throws(Trouble) -> Bool {
        try write { database in
            guard let account = try Self.owner(session.account, in: database), shown.map(account.isShown) ?? true,
                try Self.goesOn(id, of: session.account, in: database)
            else { return false }
            try database.execute(sql: "DELETE FROM session WHERE id = ?", arguments: [id])
            try Self.put(session, in: database)
            return true
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
        try write { try Self.removeSessions(of: name, except: id, in: $0) }
    }

    private static func removeSessions(of name: AccountName, except id: String?, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM session WHERE account = ? AND id IS NOT ?",
            arguments: [name.text, id]
        )
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
            let find = try database.cachedStatement(sql: "SELECT * FROM token WHERE digest = ?")
            guard let row = try Row.fetchOne(find, arguments: [digest]) else { return nil }
            let token = try Self.token(row)
            return try Self.owner(token.account, in: database).map { (token, $0) }
        }
    }

    package func put(_ token: TokenRecord, by session: String?) throws(Trouble) -> Bool {
        try write { database in
            guard try Self.goesOn(session, of: token.account, in: database) else { return false }
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
            return true
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

    private static func removeTokens(of name: AccountName, in database: Database) throws -> Int {
        try database.execute(sql: "DELETE FROM token WHERE account = ?", arguments: [name.text])
        return database.changesCount
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

    package func isKnown(_ address: String) throws(Trouble) -> Bool {
        try read { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM knownAddress WHERE address = ?)",
                arguments: [address]
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

    private static func account(_ row: Row) throws -> Account {
        let role: String = row["role"]
        guard let name = AccountName(row["name"]), let role = Role(rawValue: role) else {
            throw CocoaError(.coderInvalidValue)
        }
        let password: String? = row["password"]
        let hasSecondFactor: Bool = row["hasSecondFactor"]
        let needsSecondFactor: Bool? = row["needsSecondFactor"]
        return Account(
            name: name,
            role: role,
            password: password.map { PasswordDigest(text: $0) },
            createdAt: Moment(microseconds: row["createdAt"]),
            passwordSetAt: Moment(microseconds: row["passwordSetAt"]),
            mustChangePassword: row["mustChangePassword"],
            secondFactor: hasSecondFactor ? .present : needsSecondFactor == true ? .missing : .none
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
