import Foundation
import GRDB
import UpgradeEngine
package import UpgradeModel

extension StateStore: SecondFactorRecords {
    package func secondFactor(of name: AccountName) throws(Trouble) -> SecondFactor? {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT *, (SELECT count(*) FROM recoveryCode WHERE account = ?1) AS recoveryCodes
                    FROM secondFactor WHERE account = ?1
                    """,
                arguments: [name.text]
            )
            guard let row else { return nil }
            let secret: Data = row["secret"]
            return SecondFactor(
                account: name,
                secret: Array(secret),
                setAt: Moment(microseconds: row["setAt"]),
                newestStep: row["newestStep"],
                recoveryCodes: row["recoveryCodes"]
            )
        }
    }

    package func put(_ factor: SecondFactor, recoveryCodes digests: [String], by session: String?) throws(Trouble)
        -> Bool
    {
        try write { database in
            guard try Self.goesOn(session, of: factor.account, in: database) else { return false }
            // The old one's recovery codes go with it.
            try database.execute(
                sql: "INSERT OR REPLACE INTO secondFactor (account, secret, setAt, newestStep) VALUES (?, ?, ?, ?)",
                arguments: [factor.account.text, Data(factor.secret), factor.setAt.microseconds, factor.newestStep]
            )
            try Self.setRecoveryCodes(digests, of: factor.account, in: database)
            return true
        }
    }

    package func setRecoveryCodes(_ digests: [String], of name: AccountName, by session: String?) throws(Trouble)
        -> Bool
    {
        try write { database in
            guard try Self.goesOn(session, of: name, in: database) else { return false }
            try Self.setRecoveryCodes(digests, of: name, in: database)
            return true
        }
    }

    private static func setRecoveryCodes(_ digests: [String], of name: AccountName, in database: Database) throws {
        try database.execute(sql: "DELETE FROM recoveryCode WHERE account = ?", arguments: [name.text])
        for digest in digests {
            try database.execute(
                sql: "INSERT INTO recoveryCode (account, digest) SELECT account, ? FROM secondFactor WHERE account = ?",
                arguments: [digest, name.text]
            )
        }
    }

    package func use(step: Int64, of factor: SecondFactor) throws(Trouble) -> Bool {
        try write { database in
            try database.execute(
                sql: "UPDATE secondFactor SET newestStep = ?1 WHERE account = ?2 AND secret = ?3 AND newestStep < ?1",
                arguments: [step, factor.account.text, Data(factor.secret)]
            )
            return database.changesCount == 1
        }
    }

    package func use(recoveryCode digest: String, of name: AccountName) throws(Trouble) -> Bool {
        try write { database in
            try database.execute(
                sql: "DELETE FROM recoveryCode WHERE account = ? AND digest = ?",
                arguments: [name.text, digest]
            )
            return database.changesCount == 1
        }
    }

    package func removeSecondFactor(of name: AccountName) throws(Trouble) -> Bool {
        try write { try Self.removeSecondFactor(of: name, in: $0) }
    }

    static func removeSecondFactor(of name: AccountName, in database: Database) throws -> Bool {
        try database.execute(sql: "DELETE FROM secondFactor WHERE account = ?", arguments: [name.text])
        return database.changesCount == 1
    }

    package func needsSecondFactor() throws(Trouble) -> Bool {
        try read { try Self.setting(Bool.self, "secondFactorNeeded", $0) ?? false }
    }

    package func setNeedsSecondFactor(_ isNeeded: Bool) throws(Trouble) {
        try write { try Self.set("secondFactorNeeded", isNeeded, $0) }
    }
}
