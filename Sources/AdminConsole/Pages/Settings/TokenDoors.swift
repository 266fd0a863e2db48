import HTTPTypes
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// Tokens of the API: one's own, and for admins everybody's.
struct TokenDoors: Sendable {
    let parts: ConsoleParts

    struct Row {
        var id: String
        var name: String
        var account: String
        var role: String
        var createdAt: String
        var expiresAt: String
        /// Nil where it never was.
        var usedAt: String?
        var isExpired: Bool
    }

    struct Page {
        var csrf: String
        var rows: [Row]
        var roles: [String]
        /// A token that was made this moment; nobody can see it again.
        var made: String?
        var problem: String?
    }

    func all() -> [Door] {
        [
            .page(.get, "/settings/tokens", needs: .look) { try show($0, made: nil, problem: nil, .ok) },
            .page(
                .post,
                "/settings/tokens",
                needs: .look,
                confirmed: true,
                action: .tokenMade,
                of: { Deeds.token($0.form["name"], $0.form["role"], days: $0.form["days"]) }
            ) { try make($0) },
            .page(
                .post,
                "/settings/tokens/:id/revoke",
                needs: .look,
                confirmed: true,
                action: .tokenRevoked,
                of: { parts.tokens.words($0.parameter("id")) }
            ) { visit in
                try parts.tokens.revoke(visit.parameter("id"), by: visit.signedIn())
                return .redirect(to: "/settings/tokens", type: .normal)
            },
        ]
    }

    private func make(_ visit: Visit) throws -> Response {
        let visitor = try visit.signedIn()
        do {
            let made = try parts.tokens.make(
                visit.form["name"] ?? "",
                role: Given.role(visit.form["role"]),
                days: Int(visit.form["days"] ?? "") ?? 0,
                for: visitor.name,
                of: visitor.role,
                by: visitor.ownSession()
            )
            return try show(visit, made: made.text, problem: nil, .ok)
        } catch let refusal as Refusal {
            guard case .invalid = refusal else { throw refusal }
            return try show(visit, made: nil, problem: refusal.message, .unprocessableContent)
        }
    }

    private func show(_ visit: Visit, made: String?, problem: String?, _ status: HTTPResponse.Status) throws -> Response
    {
        let visitor = try visit.signedIn()
        let rows = try parts.tokens.shown(to: visitor).map { token in
            Row(
                id: token.id,
                name: token.name,
                account: token.account.text,
                role: token.role.rawValue,
                createdAt: token.createdAt.minute,
                expiresAt: token.expiresAt.minute,
                usedAt: token.usedAt?.minute,
                isExpired: token.expiresAt <= parts.now()
            )
        }
        return parts.renderer.page(
            "settings-tokens",
            Page(
                csrf: visitor.csrf,
                rows: rows,
                roles: Role.allCases.filter { $0 <= visitor.role }.map(\.rawValue),
                made: made,
                problem: problem
            ),
            title: "API tokens",
            visitor: visitor,
            status: status,
            here: "/settings"
        )
    }
}
