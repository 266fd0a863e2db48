import HTTPTypes
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// The very first account, made by whoever can read the bootstrap secret on the machine.
struct FirstStartDoors: Sendable {
    let parts: ConsoleParts

    struct Page {
        var product: String
        var path: String
        var name: String
        var problem: String?
    }

    func all() -> [Door] {
        var doors: [Door] = [
            .page(.get, "/first-start", needs: nil) { _ in
                guard try parts.isUnclaimed() else { return .redirect(to: "/sign-in", type: .normal) }
                return show("admin", nil, .ok)
            },
            .page(.post, "/first-start", needs: nil, action: .firstStart) { try await claim($0) },
        ]
        for index in doors.indices { doors[index].notesItself = true }
        return doors
    }

    private func claim(_ visit: Visit) async throws -> Response {
        guard let bootstrap = parts.bootstrap, try parts.isUnclaimed() else {
            return .redirect(to: "/sign-in", type: .normal)
        }
        let name = visit.form["name"] ?? ""
        try parts.rates.take(.bootstrap, NetworkAddress.counted(visit.context.address))
        guard bootstrap.opens(visit.form["secret"] ?? "", at: parts.now()) else {
            try parts.note(.firstStart, of: "", by: visit, .refused)
            let words =
                "That is not the secret in the file, or a day has passed since the console was started. "
                + "A new start makes a new one."
            return show(name, words, .unprocessableContent)
        }
        let account: Account
        do {
            guard visit.form["password"] == visit.form["again"] else {
                throw Refusal.invalid("The two passwords are not the same.")
            }
            account = try await parts.accounts.made(
                name,
                .admin,
                password: visit.form["password"] ?? "",
                isGiven: false
            )
        } catch let refusal as Refusal {
            return show(name, refusal.message, .unprocessableContent)
        }
        try parts.note(.firstStart, of: account.name.text, by: visit, .asked)
        guard try parts.records.putFirst(account) else { return .redirect(to: "/sign-in", type: .normal) }
        bootstrap.remove()
        let response = try parts.signIn(account, by: visit, to: "/") ?? .redirect(to: "/sign-in", type: .normal)
        try parts.noteEnd(.firstStart, of: account.name.text, by: visit, .done)
        return response
    }

    private func show(_ name: String, _ problem: String?, _ status: HTTPResponse.Status) -> Response {
        let page = Page(
            product: parts.desk.title,
            path: parts.bootstrap?.path ?? "",
            name: name,
            problem: problem
        )
        return parts.renderer.page("first-start", page, title: "First start", visitor: nil, status: status)
    }
}
