import HTTPTypes
import Hummingbird
import UpgradeModel

/// Changing one's own password.
struct PasswordDoors: Sendable {
    let parts: ConsoleParts

    struct Page {
        var csrf: String
        var name: String
        var hasSecondFactor: Bool
        var isGiven: Bool
        var problem: String?
        var isDone: Bool
    }

    func all() -> [Door] {
        var doors: [Door] = [
            .page(.get, "/settings/password", needs: .look) { show($0, nil, .ok) },
            .page(
                .post,
                "/settings/password",
                needs: .look,
                action: .passwordChanged,
                of: { $0.visitor?.name.text ?? "" }
            ) { try await change($0) },
        ]
        for index in doors.indices { doors[index].excuses = [.ownPassword] }
        return doors
    }

    private func change(_ visit: Visit) async throws -> Response {
        guard let visitor = visit.visitor, case .session(let id, _, _) = visitor.proof else {
            throw Refusal.notSignedIn
        }
        let fresh = visit.form["password"] ?? ""
        do {
            let given = visit.form["current"] ?? ""
            guard let account = try await parts.shown(visitor, given, by: visit) else {
                throw Refusal.invalid(
                    visitor.secondFactor == .present
                        ? "That is not your password so far with a code that counts now."
                        : "That is not your password so far."
                )
            }
            guard fresh == visit.form["again"] else { throw Refusal.invalid("The two new passwords are not the same.") }
            guard fresh != given else { throw Refusal.invalid("The new password is the old one.") }
            _ = try await parts.accounts.set(fresh, of: visitor.name, isGiven: false, shown: account, by: id)
        } catch let refusal as Refusal {
            guard case .invalid = refusal else { throw refusal }
            return show(visit, refusal.message, .unprocessableContent)
        }
        // The session goes on under another secret: the old one may be what the change is about.
        let cookie = try parts.sessions.confirm(id)
        var response = Response.redirect(to: "/settings/password?done=1", type: .normal)
        response.setCookie(cookie)
        return response
    }

    private func show(_ visit: Visit, _ problem: String?, _ status: HTTPResponse.Status) -> Response {
        parts.renderer.page(
            "settings-password",
            Page(
                csrf: visit.visitor?.csrf ?? "",
                name: visit.visitor?.name.text ?? "",
                hasSecondFactor: visit.visitor?.secondFactor == .present,
                isGiven: visit.visitor?.lack == .ownPassword,
                problem: problem,
                isDone: problem == nil && visit.query("done") == "1"
            ),
            title: "Password",
            visitor: visit.visitor,
            status: status,
            here: "/settings"
        )
    }
}
