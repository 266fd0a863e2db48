import Foundation
import HTTPTypes
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// Signing in and out, and entering the password again.
struct SignInDoors: Sendable {
    let parts: ConsoleParts

    /// What the page for signing in shows.
    struct Page {
        var product: String
        var name: String
        var next: String
        var problem: String?
    }

    /// What the page for entering the password again shows.
    struct ConfirmPage {
        var name: String
        var next: String
        var csrf: String
        var isInterrupted: Bool
        var problem: String?
    }

    func all() -> [Door] {
        var doors: [Door] = [
            .page(.get, "/sign-in", needs: nil) { visit in
                if try parts.isUnclaimed() { return .redirect(to: "/first-start", type: .normal) }
                let next = Self.path(visit.query("next"))
                return show(Page(product: parts.desk.title, name: "", next: next), .ok)
            },
            .page(.post, "/sign-in", needs: nil, action: "sign-in") { try await signIn($0) },
            .page(.post, "/sign-out", needs: .look, action: "sign-out") { visit in
                var response = Response.redirect(to: "/sign-in", type: .normal)
                if case .session(let id, _, _) = visit.visitor?.proof { response.setCookie(try parts.sessions.end(id)) }
                // What pages have left in the browser goes too.
                if let name = HTTPField.Name("Clear-Site-Data") { response.headers[name] = "\"storage\"" }
                return response
            },
            .page(.get, "/confirm", needs: .look) { visit in
                show(
                    ConfirmPage(
                        name: visit.visitor?.name.text ?? "",
                        next: Self.path(visit.query("next")),
                        csrf: visit.visitor?.csrf ?? "",
                        isInterrupted: visit.query("interrupted") == "1"
                    ),
                    visit,
                    .ok
                )
            },
            .page(.post, "/confirm", needs: .look, action: "confirm") { try await confirm($0) },
        ]
        for index in doors.indices where ["/sign-in", "/confirm"].contains(doors[index].path) {
            doors[index].notesItself = true
        }
        return doors
    }

    private func signIn(_ visit: Visit) async throws -> Response {
        let name = visit.form["name"] ?? ""
        let next = Self.path(visit.form["next"])
        let account: Account?
        do {
            account = try await parts.accounts.shown(
                name,
                visit.form["password"] ?? "",
                from: visit.context.address
            )
        } catch let refusal as Refusal {
            let page = Page(product: parts.desk.title, name: name, next: next, problem: Self.words(refusal))
            return show(page, refusal.status, refusal.fields)
        }
        guard let account else {
            // The name is not noted where it is none of ours: people type their password there.
            let known = try AccountName(name).flatMap { try parts.records.account($0) }?.name.text ?? "unknown name"
            try parts.note("sign-in", of: known, by: visit, .refused)
            let words = "Name and password do not belong together."
            return show(Page(product: parts.desk.title, name: name, next: next, problem: words), .unprocessableContent)
        }
        try parts.note("sign-in", of: account.name.text, by: visit, .asked)
        var before: String?
        if case .session(let id, _, _) = visit.visitor?.proof { before = id }
        let cookie = try parts.sessions.begin(
            account,
            address: visit.context.address,
            agent: visit.request.headers[.userAgent] ?? "",
            insteadOf: before
        )
        try parts.records.remember(
            NetworkAddress.counted(visit.context.address),
            of: account.name,
            at: parts.now()
        )
        try parts.noteEnd("sign-in", of: account.name.text, by: visit, .done)
        var response = Response.redirect(to: next, type: .normal)
        response.setCookie(cookie)
        return response
    }

    private func confirm(_ visit: Visit) async throws -> Response {
        guard let visitor = visit.visitor, case .session(let id, let csrf, _) = visitor.proof else {
            throw Refusal.notSignedIn
        }
        let next = Self.path(visit.form["next"])
        var page = ConfirmPage(name: visitor.name.text, next: next, csrf: csrf, isInterrupted: false)
        do {
            let password = visit.form["password"] ?? ""
            guard try await parts.accounts.shown(visitor.name.text, password, from: visit.context.address) != nil else {
                try parts.note("confirm", of: "", by: visit, .refused)
                page.problem = "That is not the password of \(visitor.name)."
                return show(page, visit, .unprocessableContent)
            }
        } catch let refusal as Refusal {
            page.problem = Self.words(refusal)
            return show(page, visit, refusal.status, refusal.fields)
        }
        try parts.note("confirm", of: "", by: visit, .asked)
        let cookie = try parts.sessions.confirm(id)
        try parts.noteEnd("confirm", of: "", by: visit, .done)
        var response = Response.redirect(to: next, type: .normal)
        response.setCookie(cookie)
        return response
    }

    private static func words(_ refusal: Refusal) -> String { "\(refusal.message) \(refusal.remedy)" }

    private func show(_ page: Page, _ status: HTTPResponse.Status, _ fields: HTTPFields = [:]) -> Response {
        var response = parts.renderer.page("sign-in", page, title: "Sign in", visitor: nil, status: status)
        response.headers.append(contentsOf: fields)
        return response
    }

    private func show(_ page: ConfirmPage, _ visit: Visit, _ status: HTTPResponse.Status, _ fields: HTTPFields = [:])
        -> Response
    {
        var response = parts.renderer.page(
            "confirm",
            page,
            title: "Confirm with your password",
            visitor: visit.visitor,
            status: status
        )
        response.headers.append(contentsOf: fields)
        return response
    }

    /// A path of ours to go to afterwards; the dashboard in place of anything else.
    static func path(_ text: String?) -> String {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"), text.utf8.count <= 1024,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "/" }
        return text
    }
}
