import UpgradeEngine
import UpgradeModel

/// Programs that may use the API in somebody's name.
struct Tokens: Sendable {
    let records: any AccessRecords
    let now: @Sendable () -> Moment

    static let prefix = "pawl_"
    /// Days that a token may live, and how many an account may have.
    static let days = 1...365
    static let most = 50

    /// Makes a token; returns its text, which nobody can see again, and what is kept.
    ///
    /// - Throws: `invalid-request` where it may not be made so; `not-signed-in` where the session has ended.
    func make(
        _ name: String,
        role: Role,
        days: Int,
        for account: AccountName,
        of maker: Role,
        by session: String?
    ) throws -> (text: String, record: TokenRecord) {
        let name = AuditEntry.plain(name).trimmingPrefix { $0 == " " }
        guard (1...64).contains(name.count) else { throw Refusal.invalid("A token's name has 1 to 64 characters.") }
        guard role <= maker else { throw Refusal.invalid("A token cannot do more than whoever makes it.") }
        guard Self.days.contains(days) else { throw Refusal.invalid("A token lives 1 to 365 days.") }
        let others = try records.tokens(of: account)
        guard others.count < Self.most else {
            throw Refusal.invalid("An account has at most \(Self.most) tokens; revoke one first.")
        }
        guard !others.contains(where: { $0.name == name }) else {
            throw Refusal.invalid("There is a token of that name already.")
        }
        let text = Self.prefix + Secret.make()
        let record = TokenRecord(
            digest: Secret.digest(text),
            name: String(name),
            account: account,
            role: role,
            createdAt: now(),
            expiresAt: now().adding(.seconds(days * 86_400))
        )
        guard try records.put(record, by: session) else { throw Refusal.notSignedIn }
        return (text, record)
    }

    /// The tokens that somebody sees, newest first: their own, and of admins everybody's.
    func shown(to visitor: Visitor) throws -> [TokenRecord] {
        try records.tokens(of: visitor.role.allows(.administer) ? nil : visitor.name)
    }

    /// Revokes a token that somebody sees.
    ///
    /// - Throws: `not-found` where there is none of that id among them.
    func revoke(_ id: String, by visitor: Visitor) throws {
        guard try shown(to: visitor).contains(where: { $0.id == id }) else { throw Refusal.unknown("token") }
        try records.removeToken(id)
    }

    /// A token by name and account, whoever asks.
    func words(_ id: String) -> String {
        let token = (try? records.tokens(of: nil))?.first { $0.id == id }
        return token.map { "\($0.name) of \($0.account)" } ?? "unknown token"
    }

    /// Who sends this token; nil where it is none, or no longer. It does no more than its account may by now.
    func visitor(_ text: String) throws -> Visitor? {
        guard text.hasPrefix(Self.prefix), text.utf8.count <= 64 else { return nil }
        guard let (token, account) = try records.bearer(Secret.digest(text)), now() < token.expiresAt else {
            return nil
        }
        if token.usedAt.map({ abs($0.seconds(to: now())) > 3600 }) ?? true { try? records.touch(token, at: now()) }
        return Visitor(name: account.name, role: min(token.role, account.role), proof: .token(name: token.name))
    }
}
