import Hummingbird
import UpgradeEngine
import UpgradeModel

/// One's own sessions.
struct SessionDoors: Sendable {
    let parts: ConsoleParts

    struct Row {
        var id: String
        var createdAt: String
        var seenAt: String
        var address: String
        var agent: String
        var isThis: Bool
    }

    struct Page {
        var csrf: String
        var rows: [Row]
        var hasOthers: Bool
    }

    func all() -> [Door] {
        [
            .page(.get, "/settings/sessions", needs: .look) { visit in
                guard let visitor = visit.visitor else { throw Refusal.notSignedIn }
                let rows = try parts.records.sessions(of: visitor.name)
                    .filter { parts.sessions.isAlive($0, at: parts.now()) }.map { session in
                        Row(
                            id: session.id,
                            createdAt: session.createdAt.minute,
                            seenAt: session.seenAt.minute,
                            address: session.address,
                            agent: session.agent.isEmpty ? "unknown" : session.agent,
                            isThis: session.id == Self.id(visitor)
                        )
                    }
                return parts.renderer.page(
                    "settings-sessions",
                    Page(csrf: visitor.csrf, rows: rows, hasOthers: rows.contains { !$0.isThis }),
                    title: "Sessions",
                    visitor: visitor,
                    here: "/settings"
                )
            },
            .page(
                .post,
                "/settings/sessions/end-others",
                needs: .look,
                confirmed: true,
                action: .sessionsEnded,
                of: { ($0.visitor?.name.text ?? "") + ", all others" }
            ) { visit in
                guard let visitor = visit.visitor else { throw Refusal.notSignedIn }
                try parts.records.removeSessions(of: visitor.name, except: Self.id(visitor))
                return .redirect(to: "/settings/sessions", type: .normal)
            },
            .page(
                .post,
                "/settings/sessions/:id/end",
                needs: .look,
                confirmed: true,
                action: .sessionEnded,
                of: { String($0.parameter("id").prefix(16)) }
            ) { visit in
                let id = visit.parameter("id")
                guard let visitor = visit.visitor, try parts.records.session(id)?.account == visitor.name else {
                    throw Refusal.notFound
                }
                let cookie = try parts.sessions.end(id)
                var response = Response.redirect(to: "/settings/sessions", type: .normal)
                if id == Self.id(visitor) { response.setCookie(cookie) }
                return response
            },
        ]
    }

    private static func id(_ visitor: Visitor) -> String? {
        guard case .session(let id, _, _) = visitor.proof else { return nil }
        return id
    }
}

extension Moment {
    /// To the minute, in UTC, as a machine reads it too.
    var minute: String { description.prefix(16) + "Z" }
}
