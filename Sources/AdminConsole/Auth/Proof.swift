import Hummingbird
import UpgradeEngine
import UpgradeModel

extension ConsoleParts {
    /// The account of somebody who is signed in, where a password is theirs and, where they have a second factor, the form
    /// shows that, too; nil where not. How it was shown is noted.
    ///
    /// - Throws: `too-many-requests`.
    func shown(_ visitor: Visitor, _ password: String, by visit: Visit) async throws -> Account? {
        guard let account = try await accounts.shown(visitor.name.text, password, from: visit.client) else {
            return nil
        }
        return try account.secondFactor != .present || hasSecondFactor(account, by: visit) ? account : nil
    }

    /// Whether a form's `code` shows an account's second factor; notes it either way.
    ///
    /// - Throws: `too-many-requests`.
    func hasSecondFactor(_ account: Account, by visit: Visit) throws -> Bool {
        let place = try Place(visit.client, of: account.name.text, records)
        let shown = try secondFactors.shown(visit.form["code"] ?? "", of: account.name, from: place)
        let way = shown ?? SecondFactors.Shown.code
        try note(way.action, of: account.name.text, by: visit, shown == nil ? .refused : .done)
        return shown != nil
    }

    /// Signs somebody in who has shown who they are, in the place of whoever the browser was signed in as; the browser
    /// and its address are known to the account from now on. Nil where the account has another password or second factor
    /// by now than they have shown.
    func signIn(_ account: Account, by visit: Visit, to path: String) throws -> Response? {
        var before: String?
        if case .session(let id, _, _) = visit.visitor?.proof { before = id }
        let cookie = try sessions.begin(
            account,
            address: visit.context.address,
            agent: visit.request.headers[.userAgent] ?? "",
            insteadOf: before
        )
        guard let cookie else { return nil }
        let browser = visit.browserSecret ?? Secret.make()
        for place in [visit.client.address, Client.kept(browser)] {
            try records.remember(place, of: account.name, at: now())
        }
        var response = Response.redirect(to: path, type: .normal)
        response.setCookie(cookie)
        response.setCookie(.host(Client.cookie, browser, maxAge: Client.life))
        return response
    }
}
