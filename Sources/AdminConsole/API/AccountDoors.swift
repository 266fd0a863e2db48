import HTTPTypes
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// Accounts, for programs. A token may see them and take rights away; it gives nobody a way in.
struct AccountDoors: Sendable {
    let parts: ConsoleParts

    func all() -> [Door] { looking() + giving() + taking() + rule() }

    private func looking() -> [Door] {
        [
            .api(.get, Self.path, needs: .administer) { _ in
                APIAnswer.json(AccountListReport(accounts: try reports()))
            },
            .api(.get, Self.path + "/:name", needs: .administer) { visit in try answer(account(visit)) },
        ]
    }

    /// A loop and no `map`: what the optimizer of Swift 6.3 makes of one that throws a typed error in a door's closure
    /// is no program, and a release build ends with that.
    private func reports() throws -> [AccountReport] {
        var reports: [AccountReport] = []
        for account in try parts.records.accounts() { reports.append(try AccountReport(account, parts)) }
        return reports
    }

    private func giving() -> [Door] {
        [
            // Not a POST: of one with an Idempotency-Key a digest is kept, from which its password could be guessed.
            change(.put, "", .userAdded, of: { "\($0.segment("name")) \($0.sent("role", of: Self.ofNew) ?? "")" }) {
                visit in
                let fields = try RequestFields(visit, only: Self.ofNew)
                let role = try Given.role(fields.text("role"))
                let password = try Self.password(fields)
                let account = try await change(visit).add(visit.segment("name"), role, password: password)
                let report = try AccountReport(account, parts)
                return APIAnswer.json(report, status: .created, location: "\(Self.path)/\(account.name)")
            },
            change(
                .put,
                "/role",
                .roleChanged,
                of: { Deeds.role(of: $0.segment("name"), try? account($0), to: $0.sent("role", of: ["role"])) }
            ) { visit in
                let role = try Given.role(RequestFields(visit, only: ["role"]).text("role"))
                let account = try account(visit)
                try change(visit).set(role, of: account)
                return try answer(self.account(visit))
            },
            change(.put, "/password", .passwordReset) { visit in
                let fields = try RequestFields(visit, only: ["password", "revokeTokens"])
                let account = try account(visit)
                try await change(visit).set(
                    Self.password(fields),
                    of: account,
                    revokingTokens: fields.flag("revokeTokens", otherwise: true)
                )
                return try answer(self.account(visit))
            },
            change(.delete, "/second-factor", .secondFactorRemoved) { visit in
                try change(visit).removeSecondFactor(of: account(visit))
                return APIAnswer.nothing
            },
        ].map { $0.refusingTokens() }
    }

    private func taking() -> [Door] {
        [
            change(.delete, "/sessions", .sessionsEnded) { visit in
                try change(visit).endSessions(of: account(visit))
                return APIAnswer.nothing
            },
            change(.delete, "", .userRemoved) { visit in
                try parts.records.removeAccount(account(visit).name)
                return APIAnswer.nothing
            },
        ]
    }

    /// Whether everybody needs a second factor.
    private func rule() -> [Door] {
        [
            .api(.get, Self.rulePath, needs: .administer) { _ in
                let isNeeded = try parts.records.needsSecondFactor()
                return APIAnswer.json(SecondFactorRule(needed: isNeeded), tag: EntityTag.text(Self.words(isNeeded)))
            },
            .api(
                .put,
                Self.rulePath,
                needs: .administer,
                confirmed: true,
                action: .secondFactorRule,
                of: { (try? $0.document(SecondFactorRule.self)).map { Self.words($0.needed) } ?? "unreadable" }
            ) { visit in
                let rule = try visit.document(SecondFactorRule.self)
                _ = try visit.edition(among: Self.words(parts.records.needsSecondFactor()))
                try parts.records.setNeedsSecondFactor(rule.needed)
                return APIAnswer.json(rule)
            }.refusingTokens(),
        ]
    }

    private static let path = "/api/v1/accounts"
    private static let rulePath = "/api/v1/settings/second-factor"
    private static let ofNew: Set<String> = ["role", "password"]

    private static func words(_ isNeeded: Bool) -> String { isNeeded ? "needed" : "optional" }

    private static func password(_ fields: RequestFields) throws -> String {
        guard let password = try fields.text("password", most: Given.longestPassword) else {
            throw Refusal.invalid("`password` is needed.")
        }
        return password
    }

    private func change(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ action: AuditAction,
        of subject: @escaping @Sendable (Visit) -> String = { $0.segment("name") },
        _ answer: @escaping @Sendable (Visit) async throws -> Response
    ) -> Door {
        .api(
            method,
            Self.path + "/:name" + path,
            needs: .administer,
            confirmed: true,
            action: action,
            of: subject,
            answer: answer
        )
    }

    private func change(_ visit: Visit) -> AccountChange { AccountChange(parts: parts, visit: visit) }

    private func account(_ visit: Visit) throws -> Account {
        guard let account = try AccountName(visit.segment("name")).flatMap({ try parts.records.account($0) }) else {
            throw Refusal.unknown("account")
        }
        return account
    }

    private func answer(_ account: Account) throws -> Response { APIAnswer.json(try AccountReport(account, parts)) }
}

/// An account as the API shows it.
struct AccountReport: Encodable {
    var name: String
    var role: String
    var createdAt: String
    var passwordSetAt: String
    /// Whether somebody else has chosen the password, so that it is to be changed first.
    var mustChangePassword: Bool
    var secondFactor: Bool
    /// The sessions and tokens that go on.
    var sessions: Int
    var tokens: Int

    init(_ account: Account, _ parts: ConsoleParts) throws {
        name = account.name.text
        role = account.role.rawValue
        createdAt = account.createdAt.description
        passwordSetAt = account.passwordSetAt.description
        mustChangePassword = account.mustChangePassword
        secondFactor = account.secondFactor == .present
        sessions = try parts.sessions.living(of: account.name).count
        tokens = try parts.records.tokens(of: account.name).count { parts.now() < $0.expiresAt }
    }
}

/// Every account.
struct AccountListReport: Encodable {
    var accounts: [AccountReport]
}

/// Whether everybody needs a second factor, as the API shows and takes it.
struct SecondFactorRule: Encodable, GivenDocument {
    static let shape = FieldShape.object(["needed": .value])

    var needed: Bool
}
