import HTTPTypes
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// One's own second factor, and whether everybody needs one.
struct SecondFactorDoors: Sendable {
    let parts: ConsoleParts

    /// A secret that waits for its first code.
    struct Offer {
        var text: String
        var address: String
    }

    struct Page {
        var csrf: String
        var name: String
        var isPresent = false
        var isMissing = false
        var setAt = ""
        var codesLeft = 0
        var secret: Offer?
        /// Recovery codes that were made just now.
        var fresh: [String] = []
        var hasFresh = false
        var mayDecide: Bool
        var isNeeded = false
        var problem: String?
    }

    func all() -> [Door] {
        var own: [Door] = [
            .page(.get, "/settings/second-factor", needs: .look) { try show($0) },
            change("/settings/second-factor/begin", .secondFactorBegun) { visit, visitor in
                _ = parts.secondFactors.begin(visitor.name)
                return try show(visit)
            },
            change("/settings/second-factor", .secondFactorSet) { try finish($0, $1) },
        ]
        for index in own.indices { own[index].excuses = [.secondFactor] }
        return own + [
            change("/settings/second-factor/recovery-codes", .recoveryCodesMade) { visit, visitor in
                guard visitor.secondFactor == .present else { throw Refusal.invalid("There is no second factor yet.") }
                let fresh = try parts.secondFactors.remakeRecoveryCodes(of: visitor.name, by: visitor.ownSession())
                return try show(visit, fresh: fresh)
            },
            change("/settings/second-factor/remove", .secondFactorRemoved) { visit, visitor in
                guard try parts.records.removeSecondFactor(of: visitor.name) else {
                    throw Refusal.invalid("There is no second factor.")
                }
                return try goOn(visit, visitor) { _ in .redirect(to: "/settings/second-factor", type: .normal) }
            },
            .page(
                .post,
                "/settings/second-factor/everybody",
                needs: .administer,
                confirmed: true,
                action: .secondFactorRule,
                of: { $0.form["needed"] == "yes" ? "needed" : "optional" }
            ) { visit in
                try parts.records.setNeedsSecondFactor(visit.form["needed"] == "yes")
                return .redirect(to: "/settings/second-factor", type: .normal)
            },
        ]
    }

    /// A change of one's own second factor.
    private func change(
        _ path: String,
        _ action: AuditAction,
        _ body: @escaping @Sendable (Visit, Visitor) throws -> Response
    ) -> Door {
        .page(
            .post,
            path,
            needs: .look,
            confirmed: true,
            action: action,
            of: { $0.visitor?.name.text ?? "" }
        ) { visit in
            guard let visitor = visit.visitor else { throw Refusal.notSignedIn }
            return try body(visit, visitor)
        }
    }

    private func finish(_ visit: Visit, _ visitor: Visitor) throws -> Response {
        guard parts.secondFactors.begun(visitor.name) != nil else {
            return try show(
                visit,
                problem: "It was begun too long ago, or before the console was started. Begin again."
            )
        }
        let code = visit.form["code"] ?? ""
        guard let codes = try parts.secondFactors.finish(visitor.name, code: code, by: visitor.ownSession()) else {
            return try show(
                visit,
                problem:
                    "That is not the code of this secret now. Are the clocks of this machine and of your device right?"
            )
        }
        return try goOn(visit, visitor) { try show($0, fresh: codes) }
    }

    /// Ends all other sessions of somebody whose second factor has changed; this one goes on under another secret.
    private func goOn(_ visit: Visit, _ visitor: Visitor, _ answer: (Visit) throws -> Response) throws -> Response {
        guard case .session(let id, _, _) = visitor.proof else { throw Refusal.notSignedIn }
        try parts.records.removeSessions(of: visitor.name, except: id)
        let cookie = try parts.sessions.confirm(id)
        // What the page's forms carry along belongs to the new secret.
        let now = Visit(
            request: visit.request,
            context: visit.context,
            visitor: try parts.sessions.visitor(cookie.value),
            body: visit.body,
            form: visit.form
        )
        var response = try answer(now)
        response.setCookie(cookie)
        return response
    }

    private func show(_ visit: Visit, fresh: [String] = [], problem: String? = nil) throws -> Response {
        guard let visitor = visit.visitor else { throw Refusal.notSignedIn }
        var page = Page(
            csrf: visitor.csrf,
            name: visitor.name.text,
            isMissing: visitor.secondFactor == .missing,
            fresh: fresh,
            hasFresh: !fresh.isEmpty,
            mayDecide: visitor.role.allows(.administer) && visitor.secondFactor != .missing,
            isNeeded: try parts.records.needsSecondFactor(),
            problem: problem
        )
        if let factor = try parts.records.secondFactor(of: visitor.name) {
            page.isPresent = true
            page.setAt = factor.setAt.minute
            page.codesLeft = factor.recoveryCodes
        }
        if visit.request.method != .get, fresh.isEmpty, let secret = parts.secondFactors.begun(visitor.name) {
            page.secret = Offer(
                text: Base32.groups(Base32.text(secret), separator: " "),
                address: OneTimeCode.address(secret, account: visitor.name, issuer: "Pawl \(parts.desk.title)")
            )
        }
        return parts.renderer.page(
            "settings-second-factor",
            page,
            title: "Second factor",
            visitor: visitor,
            status: problem == nil ? .ok : .unprocessableContent,
            here: "/settings"
        )
    }
}
