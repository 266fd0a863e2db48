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
                let visitor = try visit.signedIn()
                let rows = try parts.sessions.living(of: visitor.name).map { session in
                    Row(
                        id: session.id,
                        createdAt: session.createdAt.minute,
                        seenAt: session.seenAt.minute,
                        address: session.address,
                        agent: session.agent.isEmpty ? "unknown" : session.agent,
                        isThis: session.id == visitor.session
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
                of: { Deeds.otherSessions(of: $0.visitor) }
            ) { visit in
                let visitor = try visit.signedIn()
                try parts.records.removeSessions(of: visitor.name, except: visitor.session)
                return .redirect(to: "/settings/sessions", type: .normal)
            },
            .page(
                .post,
                "/settings/sessions/:id/end",
                needs: .look,
                confirmed: true,
                action: .sessionEnded,
                of: { Deeds.session($0.parameter("id")) }
            ) { visit in
                let id = visit.parameter("id")
                let visitor = try visit.signedIn()
                let cookie = try parts.sessions.end(id, of: visitor.name)
                var response = Response.redirect(to: "/settings/sessions", type: .normal)
                if id == visitor.session { response.setCookie(cookie) }
                return response
            },
        ]
    }
}

extension Moment {
    /// To the minute, in UTC, as a machine reads it too.
    var minute: String { description.prefix(16) + "Z" }
}
