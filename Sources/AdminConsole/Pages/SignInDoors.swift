import HTTPTypes
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// Signing in and out.
struct SignInDoors: Sendable {
    let parts: ConsoleParts

    /// What the page shows.
    struct Page {
        var product: String
        var name: String
        var next: String
        var problem: String?
    }

    func all() -> [Door] {
        [
            .page(.get, "/sign-in", needs: nil) { visit in
                show(Page(product: parts.desk.title, name: "", next: Self.path(visit.query("next"))), .ok)
            },
            .page(.post, "/sign-in", needs: nil) { try await signIn($0) },
            .page(.post, "/sign-out", needs: .look) { visit in
                var response = Response.redirect(to: "/sign-in", type: .normal)
                if case .session(let id, _, _) = visit.visitor?.proof { response.setCookie(try parts.sessions.end(id)) }
                return response
            },
        ]
    }

    private func signIn(_ visit: Visit) async throws -> Response {
        let name = visit.form["name"] ?? ""
        let next = Self.path(visit.form["next"])
        guard let account = try await parts.accounts.signedIn(name, visit.form["password"] ?? "") else {
            try note(visit, actor: "-", subject: String(name.prefix(64)), succeeded: false)
            let words = "Name and password do not belong together."
            return show(Page(product: parts.desk.title, name: name, next: next, problem: words), .unprocessableContent)
        }
        let agent = visit.request.headers[.userAgent] ?? ""
        let cookie = try parts.sessions.begin(account, address: visit.context.address, agent: agent)
        try note(visit, actor: account.name.text, subject: "", succeeded: true)
        var response = Response.redirect(to: next, type: .normal)
        response.setCookie(cookie)
        return response
    }

    private func note(_ visit: Visit, actor: String, subject: String, succeeded: Bool) throws {
        try parts.records.note(
            AuditEntry(
                at: parts.now(),
                actor: actor,
                address: visit.context.address,
                action: "sign-in",
                subject: subject,
                succeeded: succeeded
            )
        )
    }

    private func show(_ page: Page, _ status: HTTPResponse.Status) -> Response {
        parts.renderer.page("sign-in", page, title: "Sign in", visitor: nil, status: status)
    }

    /// A path of ours to go to afterwards; the dashboard in place of anything else.
    static func path(_ text: String?) -> String {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "/" }
        return text
    }
}
