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
        var csrf: String
        var name: String
        var next: String
        var problem: String?
    }

    /// What the page for the second factor shows.
    struct CodePage {
        var product: String
        var csrf: String
        var problem: String?
    }

    /// What the page for entering the password again shows.
    struct ConfirmPage {
        var name: String
        var next: String
        var csrf: String
        var hasSecondFactor: Bool
        var isInterrupted: Bool
        var problem: String?
    }

    func all() -> [Door] {
        var doors: [Door] = [
            .page(.get, "/sign-in", needs: nil) { visit in
                if try parts.isUnclaimed() { return .redirect(to: "/first-start", type: .normal) }
                return show(page(visit, "", Self.path(visit.query("next")), nil), .ok)
            },
            .page(.post, "/sign-in", needs: nil, action: .signIn) { try await signIn($0) },
            .page(.get, "/sign-in/code", needs: nil) { visit in
                guard try halfway(visit) != nil else { return .redirect(to: "/sign-in", type: .normal) }
                return showCode(visit, nil, .ok)
            },
            .page(.post, "/sign-in/code", needs: nil, action: .signIn) { try goOn($0) },
            .page(.post, "/sign-out", needs: .look, action: .signOut) { visit in
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
                        hasSecondFactor: visit.visitor?.secondFactor == .present,
                        isInterrupted: visit.query("interrupted") == "1"
                    ),
                    visit,
                    .ok
                )
            },
            .page(.post, "/confirm", needs: .look, action: .confirm) { try await confirm($0) },
        ]
        for index in doors.indices {
            doors[index].notesItself = doors[index].path != "/sign-out"
            doors[index].excuses = Set(Visitor.Lack.allCases)
        }
        return doors
    }

    private func signIn(_ visit: Visit) async throws -> Response {
        let name = visit.form["name"] ?? ""
        let next = Self.path(visit.form["next"])
        let shown: Account?
        do {
            shown = try await parts.accounts.shown(name, visit.form["password"] ?? "", from: visit.client)
        } catch let refusal as Refusal {
            return show(page(visit, name, next, Self.words(refusal)), refusal.status, refusal.fields)
        }
        guard let account = shown else {
            // The name is not noted where it is none of ours: people type their password there.
            let known = try AccountName(name).flatMap { try parts.records.account($0) }?.name.text ?? "unknown name"
            try noteFailure(of: known, by: visit)
            return show(page(visit, name, next, Self.wrong), .unprocessableContent)
        }
        try parts.note(.signIn, of: account.name.text, by: visit, .asked)
        if account.secondFactor == .present {
            var response = Response.redirect(to: "/sign-in/code", type: .normal)
            response.setCookie(parts.halfway.begin(account, next: next))
            return response
        }
        guard let response = try parts.signIn(account, by: visit, to: next) else {
            try parts.noteEnd(.signIn, of: account.name.text, by: visit, .refused)
            return show(page(visit, name, next, Self.wrong), .unprocessableContent)
        }
        try parts.noteEnd(.signIn, of: account.name.text, by: visit, .done)
        return response
    }

    private static let wrong = "Name and password do not belong together."

    /// Anybody could fill the trail with such lines, and it is kept for good: of each account some are noted an hour, of
    /// all names together that are none of ours as many.
    private func noteFailure(of name: String, by visit: Visit) throws {
        switch parts.failedSignIns.note(for: name) {
        case .it: try parts.note(.signIn, of: name, by: visit, .refused)
        case .more:
            let subject = name + ": more within the hour, not noted each"
            try parts.note(.moreRefused, of: subject, by: visit, .refused)
        case .nothing: return
        }
    }

    /// The sign-in that a browser has begun with the right password; nil where there is none any more.
    private func halfway(_ visit: Visit) throws -> (secret: String, entry: HalfwaySignIns.Entry, account: Account)? {
        guard let secret = visit.request.cookies[HalfwaySignIns.cookie]?.value,
            let entry = parts.halfway.entry(secret), let account = try parts.records.account(entry.account),
            account.passwordSetAt == entry.passwordSetAt, account.secondFactor == .present
        else { return nil }
        return (secret, entry, account)
    }

    /// The second step of signing in.
    private func goOn(_ visit: Visit) throws -> Response {
        guard let (secret, entry, account) = try halfway(visit) else {
            return .redirect(to: "/sign-in", type: .normal)
        }
        do {
            guard try parts.hasSecondFactor(account, by: visit) else {
                return showCode(visit, "That is none of your codes that count now.", .unprocessableContent)
            }
        } catch let refusal as Refusal {
            return showCode(visit, Self.words(refusal), refusal.status, refusal.fields)
        }
        guard var response = try parts.signIn(account, by: visit, to: entry.next) else {
            try parts.noteEnd(.signIn, of: account.name.text, by: visit, .refused)
            return .redirect(to: "/sign-in", type: .normal)
        }
        response.setCookie(parts.halfway.end(secret))
        try parts.noteEnd(.signIn, of: account.name.text, by: visit, .done)
        return response
    }

    private func confirm(_ visit: Visit) async throws -> Response {
        guard let visitor = visit.visitor, case .session(let id, let csrf, _) = visitor.proof else {
            throw Refusal.notSignedIn
        }
        let next = Self.path(visit.form["next"])
        let hasSecondFactor = visitor.secondFactor == .present
        var page = ConfirmPage(
            name: visitor.name.text,
            next: next,
            csrf: csrf,
            hasSecondFactor: hasSecondFactor,
            isInterrupted: false
        )
        let account: Account
        do {
            guard let shown = try await parts.shown(visitor, visit.form["password"] ?? "", by: visit) else {
                try parts.note(.confirm, of: "", by: visit, .refused)
                // Not which of the two: who has found an open browser learns nothing of the password.
                page.problem =
                    "That is not the password of \(visitor.name)"
                    + (hasSecondFactor ? " with a code that counts now." : ".")
                return show(page, visit, .unprocessableContent)
            }
            account = shown
        } catch let refusal as Refusal {
            page.problem = Self.words(refusal)
            return show(page, visit, refusal.status, refusal.fields)
        }
        try parts.note(.confirm, of: "", by: visit, .asked)
        let cookie: Cookie
        do {
            cookie = try parts.sessions.confirm(id, shown: account)
        } catch {
            try parts.noteEnd(.confirm, of: "", by: visit, Failure.outcome(of: error))
            throw error
        }
        try parts.noteEnd(.confirm, of: "", by: visit, .done)
        var response = Response.redirect(to: next, type: .normal)
        response.setCookie(cookie)
        return response
    }

    private func page(_ visit: Visit, _ name: String, _ next: String, _ problem: String?) -> Page {
        Page(
            product: parts.desk.title,
            csrf: visit.visitor?.csrf ?? "",
            name: name,
            next: next,
            problem: problem
        )
    }

    private func showCode(
        _ visit: Visit,
        _ problem: String?,
        _ status: HTTPResponse.Status,
        _ fields: HTTPFields = [:]
    ) -> Response {
        let page = CodePage(product: parts.desk.title, csrf: visit.visitor?.csrf ?? "", problem: problem)
        var response = parts.renderer.page("sign-in-code", page, title: "Sign in", visitor: nil, status: status)
        response.headers.append(contentsOf: fields)
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
