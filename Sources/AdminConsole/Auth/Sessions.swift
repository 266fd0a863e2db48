import Crypto
import Foundation
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// Browsers that have signed in.
struct Sessions: Sendable {
    let records: any AccessRecords
    let now: @Sendable () -> Moment

    static let cookie = "__Host-pawl"
    /// Seconds without a request after which a session ends, and its longest life.
    static let idle = 60.0 * 60
    static let longest = 12.0 * 60 * 60
    /// Seconds for which an entered password counts as entered.
    static let confirmation = 10.0 * 60
    /// Sessions that an account may have at once.
    static let most = 20

    /// Begins a session for somebody who has shown to be this account; returns the cookie, nil where the account has
    /// another password or second factor by now. The session that the browser had so far, `other`, ends.
    func begin(_ account: Account, address: String, agent: String, insteadOf other: String? = nil) throws -> Cookie? {
        let moment = now()
        let secret = Secret.make()
        let record = SessionRecord(
            id: Secret.digest(secret),
            account: account.name,
            createdAt: moment,
            seenAt: moment,
            confirmedAt: moment,
            address: address,
            agent: AuditEntry.plain(agent)
        )
        let isBegun = try records.begin(
            record,
            shown: account,
            insteadOf: other,
            oldest: moment.adding(.seconds(-Int(Self.longest))),
            most: Self.most
        )
        return isBegun ? cookie(record, secret) : nil
    }

    /// The password was entered again: the session goes on under another secret; returns the cookie. `account` is whom
    /// somebody has shown to be; nil where what they did is enough.
    ///
    /// - Throws: `not-signed-in` where the session has ended, or the account is another by now.
    func confirm(_ id: String, shown account: Account? = nil) throws -> Cookie {
        guard var session = try records.session(id) else { throw Refusal.notSignedIn }
        session.confirmedAt = now()
        session.seenAt = now()
        let secret = Secret.make()
        session.id = Secret.digest(secret)
        guard try records.renew(id, as: session, shown: account) else { throw Refusal.notSignedIn }
        return cookie(session, secret)
    }

    private func cookie(_ session: SessionRecord, _ secret: String) -> Cookie {
        let left = Self.longest - session.createdAt.seconds(to: now())
        return .host(Self.cookie, secret, maxAge: max(0, Int(left)))
    }

    /// The sessions of an account that go on, newest first.
    func living(of name: AccountName) throws -> [SessionRecord] {
        let moment = now()
        return try records.sessions(of: name).filter { isAlive($0, at: moment) }
    }

    /// Ends one session of an account; returns the cookie that takes its cookie away.
    ///
    /// - Throws: `not-found` where it has none of that id.
    func end(_ id: String, of name: AccountName) throws -> Cookie {
        guard try records.session(id)?.account == name else { throw Refusal.unknown("session") }
        return try end(id)
    }

    /// Ends a session; returns the cookie that takes its cookie away.
    func end(_ id: String) throws -> Cookie {
        try records.removeSession(id)
        return .host(Self.cookie, "", maxAge: 0)
    }

    /// Who sends this cookie; nil where it is of no session that goes on. `isUse` says whether somebody has asked, not
    /// a page by itself: only then the session has not been idle.
    func visitor(_ secret: String, isUse: Bool = true) throws -> Visitor? {
        guard (32...64).contains(secret.utf8.count) else { return nil }
        let id = Secret.digest(secret)
        guard let (record, account) = try records.signedIn(id) else { return nil }
        var session = record
        let moment = now()
        guard isAlive(session, at: moment) else {
            // It is over, also where that cannot be written down.
            try? records.removeSession(id)
            return nil
        }
        if isUse, abs(session.seenAt.seconds(to: moment)) > 60 {
            session.seenAt = moment
            // A disk that takes nothing more is no reason to show nothing more: the session ends the sooner for it.
            try? records.put(session)
        }
        let key = SymmetricKey(data: Data(secret.utf8))
        let csrf = Data(HMAC<SHA256>.authenticationCode(for: Data("csrf".utf8), using: key))
        return Visitor(
            name: account.name,
            role: account.role,
            proof: .session(id: id, csrf: Secret.text(csrf), confirmedAt: session.confirmedAt),
            secondFactor: account.secondFactor,
            mustChangePassword: account.mustChangePassword
        )
    }

    /// Whether a session has neither been idle for too long nor gone on for too long. One from the future, as a clock
    /// that was set back makes them, has not.
    func isAlive(_ session: SessionRecord, at moment: Moment) -> Bool {
        abs(session.createdAt.seconds(to: moment)) < Self.longest && abs(session.seenAt.seconds(to: moment)) < Self.idle
    }
}
