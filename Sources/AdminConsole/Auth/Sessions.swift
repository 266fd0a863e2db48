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

    /// Begins a session; returns the cookie.
    func begin(_ account: Account, address: String, agent: String) throws -> Cookie {
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let moment = now()
        try records.put(
            SessionRecord(
                id: Self.id(secret),
                account: account.name,
                createdAt: moment,
                seenAt: moment,
                confirmedAt: moment,
                address: address,
                agent: String(agent.prefix(200))
            )
        )
        return Self.cookie(Self.text(secret), maxAge: Int(Self.longest))
    }

    /// Ends a session; returns the cookie that takes its cookie away.
    func end(_ id: String) throws -> Cookie {
        try records.removeSession(id)
        return Self.cookie("", maxAge: 0)
    }

    /// Who sends this cookie; nil where it is of no session that goes on.
    func visitor(_ value: String) throws -> Visitor? {
        guard let secret = Self.secret(value) else { return nil }
        let id = Self.id(secret)
        guard var session = try records.session(id) else { return nil }
        let moment = now()
        guard session.createdAt.seconds(to: moment) < Self.longest, session.seenAt.seconds(to: moment) < Self.idle,
            let account = try records.account(session.account)
        else {
            try records.removeSession(id)
            return nil
        }
        if session.seenAt.seconds(to: moment) > 60 {
            session.seenAt = moment
            try records.put(session)
        }
        let csrf = Data(HMAC<SHA256>.authenticationCode(for: Data("csrf".utf8), using: SymmetricKey(data: secret)))
        return Visitor(
            name: account.name,
            role: account.role,
            proof: .session(id: id, csrf: Self.text(csrf), confirmedAt: session.confirmedAt)
        )
    }

    private static func cookie(_ value: String, maxAge: Int) -> Cookie {
        Cookie(name: cookie, value: value, maxAge: maxAge, path: "/", secure: true, httpOnly: true, sameSite: .strict)
    }

    private static func id(_ secret: Data) -> String {
        SHA256.hash(data: secret).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func text(_ data: Data) -> String {
        data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    private static func secret(_ text: String) -> Data? {
        let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        guard let data = Data(base64Encoded: plain + "="), data.count == 32 else { return nil }
        return data
    }
}
