import Hummingbird
import Reports
import UpgradeEngine
import UpgradeModel

/// One's own sessions and tokens, and for admins everybody's tokens.
struct AccessDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] { sessions() + tokens() }

    private func sessions() -> [Door] {
        [
            .api(.get, "/api/v1/sessions", needs: .look) { visit in
                let visitor = try visit.signedIn()
                let sessions = try parts.sessions.living(of: visitor.name)
                return APIAnswer.json(
                    SessionListReport(sessions: sessions.map { SessionReport($0, isThis: $0.id == visitor.session) })
                )
            },
            .api(
                .delete,
                "/api/v1/sessions",
                needs: .look,
                confirmed: true,
                action: .sessionsEnded,
                of: { Deeds.otherSessions(of: $0.visitor) }
            ) { visit in
                let visitor = try visit.signedIn()
                try parts.records.removeSessions(of: visitor.name, except: visitor.session)
                return APIAnswer.nothing
            },
            .api(
                .delete,
                "/api/v1/sessions/:id",
                needs: .look,
                confirmed: true,
                action: .sessionEnded,
                of: { Deeds.session($0.segment("id")) }
            ) { visit in
                let visitor = try visit.signedIn()
                let cookie = try parts.sessions.end(visit.segment("id"), of: visitor.name)
                var response = APIAnswer.nothing
                if visit.segment("id") == visitor.session { response.setCookie(cookie) }
                return response
            },
        ]
    }

    private func tokens() -> [Door] {
        [
            .api(.get, "/api/v1/tokens", needs: .look) { visit in
                let tokens = try parts.tokens.shown(to: visit.signedIn())
                return APIAnswer.json(TokenListReport(tokens: tokens.map { TokenReport($0, at: parts.now()) }))
            },
            .api(
                .post,
                "/api/v1/tokens",
                needs: .look,
                confirmed: true,
                action: .tokenMade,
                of: { visit in
                    guard let fields = try? RequestFields(visit, only: Self.ofTokens) else { return "unreadable" }
                    let days = (try? fields.number("days", in: Self.anyNumber)).map { "\($0)" }
                    return Deeds.token(try? fields.text("name"), try? fields.text("role"), days: days)
                }
            ) { visit in
                try await Idempotency(records: parts.records, now: parts.now).answer(
                    visit,
                    telling: { visit in
                        let made = try make(visit)
                        let report = TokenReport(made.record, at: parts.now())
                        // What is kept on the disk does not let anybody in: asked again, it is not said again.
                        return (
                            KeptAnswer(MadeTokenReport(made: report, token: made.text), .created),
                            kept: KeptAnswer(MadeTokenReport(made: report, token: nil), .created)
                        )
                    }
                )
            }.refusingTokens(),
            .api(
                .delete,
                "/api/v1/tokens/:id",
                needs: .look,
                confirmed: true,
                action: .tokenRevoked,
                of: { parts.tokens.words($0.segment("id")) }
            ) { visit in
                try parts.tokens.revoke(visit.segment("id"), by: visit.signedIn())
                return APIAnswer.nothing
            },
        ]
    }

    private static let ofTokens: Set<String> = ["name", "role", "days"]
    private static let anyNumber: ClosedRange<Int> = .min ... .max

    private func make(_ visit: Visit) throws -> (text: String, record: TokenRecord) {
        let fields = try RequestFields(visit, only: Self.ofTokens)
        let visitor = try visit.signedIn()
        guard let days = try fields.number("days", in: Tokens.days) else {
            throw Refusal.invalid("`days` says how long the token lives.")
        }
        return try parts.tokens.make(
            fields.text("name") ?? "",
            role: Given.role(fields.text("role")),
            days: days,
            for: visitor.name,
            of: visitor.role,
            by: visitor.ownSession()
        )
    }
}

/// A session as the API shows it.
struct SessionReport: Encodable {
    var id: String
    var createdAt: String
    var seenAt: String
    var address: String
    var agent: String
    /// Whether it is the one that asks.
    var current: Bool

    init(_ session: SessionRecord, isThis: Bool) {
        id = session.id
        createdAt = session.createdAt.description
        seenAt = session.seenAt.description
        address = session.address
        agent = session.agent
        current = isThis
    }
}

/// Where somebody is signed in, newest first.
struct SessionListReport: Encodable {
    var sessions: [SessionReport]
}

/// A token as the API shows it; its text is not among it.
struct TokenReport: Encodable {
    var id: String
    var name: String
    var account: String
    var role: String
    var createdAt: String
    var expiresAt: String
    @Null var usedAt: String?
    var expired: Bool

    init(_ token: TokenRecord, at now: Moment) {
        id = token.id
        name = token.name
        account = token.account.text
        role = token.role.rawValue
        createdAt = token.createdAt.description
        expiresAt = token.expiresAt.description
        usedAt = token.usedAt?.description
        expired = token.expiresAt <= now
    }
}

/// Tokens, newest first.
struct TokenListReport: Encodable {
    var tokens: [TokenReport]
}

/// A token that was made this moment, with its text where it is said.
struct MadeTokenReport: Encodable {
    private enum CodingKeys: String, CodingKey { case token }

    var made: TokenReport
    var token: String?

    func encode(to encoder: any Encoder) throws {
        try made.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(token, forKey: .token)
    }
}
