import HTTPTypes
import Hummingbird
import UpgradeEngine
import UpgradeModel

/// Users and their roles.
struct UserDoors: Sendable {
    let parts: ConsoleParts

    struct Choice {
        var role: String
        var isTheirs: Bool
    }

    struct Row {
        var name: String
        var role: String
        var choices: [Choice]
        var createdAt: String
        var passwordSetAt: String
        var mustChangePassword: Bool
        var hasSecondFactor: Bool
        var sessions: Int
        var tokens: Int
        var hasTokens: Bool
        var isSelf: Bool
    }

    struct Page {
        var csrf: String
        var rows: [Row]
        var roles: [String]
        var name: String
        var problem: String?
    }

    func all() -> [Door] {
        [
            .page(.get, "/settings/users", needs: .administer) { try show($0, nil, .ok) },
            change("/settings/users", .userAdded, of: { "\($0.form["name"] ?? "") \($0.form["role"] ?? "")" }) {
                visit in
                _ = try await change(visit).add(
                    visit.form["name"] ?? "",
                    Given.role(visit.form["role"]),
                    password: visit.form["password"] ?? ""
                )
            },
            change(
                "/settings/users/:name/role",
                .roleChanged,
                of: { Deeds.role(of: $0.parameter("name"), try? account($0), to: $0.form["role"]) }
            ) { visit in
                let account = try account(visit)
                try change(visit).set(Given.role(visit.form["role"]), of: account)
            },
            change("/settings/users/:name/password", .passwordReset) { visit in
                try await change(visit).set(
                    visit.form["password"] ?? "",
                    of: account(visit),
                    revokingTokens: visit.form["revokeTokens"] == "yes"
                )
            },
            change("/settings/users/:name/second-factor/remove", .secondFactorRemoved) { visit in
                try change(visit).removeSecondFactor(of: account(visit))
            },
            change("/settings/users/:name/end-sessions", .sessionsEnded) { visit in
                try change(visit).endSessions(of: account(visit))
            },
            change("/settings/users/:name/remove", .userRemoved) { visit in
                try parts.records.removeAccount(try account(visit).name)
            },
        ]
    }

    /// A change that comes back to the list, with the reason where it was refused.
    private func change(
        _ path: String,
        _ action: AuditAction,
        of subject: (@Sendable (Visit) -> String)? = nil,
        _ body: @escaping @Sendable (Visit) async throws -> Void
    ) -> Door {
        .page(.post, path, needs: .administer, confirmed: true, action: action, of: subject) { visit in
            do {
                try await body(visit)
                return .redirect(to: "/settings/users", type: .normal)
            } catch let refusal as Refusal {
                guard case .invalid(let why) = refusal else { throw refusal }
                return try show(visit, why, .unprocessableContent)
            } catch let trouble as Trouble where trouble.code == "account-exists" {
                return try show(visit, trouble.message, .unprocessableContent)
            } catch let trouble as Trouble where trouble.code == "last-admin" {
                return try show(visit, "\(trouble.message) \(trouble.remedy)", .conflict)
            }
        }
    }

    private func change(_ visit: Visit) -> AccountChange { AccountChange(parts: parts, visit: visit) }

    private func account(_ visit: Visit) throws -> Account {
        let name = visit.parameter("name")
        guard let account = try AccountName(name).flatMap({ try parts.records.account($0) }) else {
            throw Accounts.unknown(name)
        }
        return account
    }

    private func show(_ visit: Visit, _ problem: String?, _ status: HTTPResponse.Status) throws -> Response {
        let rows = try parts.records.accounts().map { account in
            let report = try AccountReport(account, parts)
            return Row(
                name: account.name.text,
                role: account.role.rawValue,
                choices: Role.allCases.map { Choice(role: $0.rawValue, isTheirs: $0 == account.role) },
                createdAt: account.createdAt.minute,
                passwordSetAt: account.passwordSetAt.minute,
                mustChangePassword: account.mustChangePassword,
                hasSecondFactor: account.secondFactor == .present,
                sessions: report.sessions,
                tokens: report.tokens,
                hasTokens: report.tokens > 0,
                isSelf: account.name == visit.visitor?.name
            )
        }
        return parts.renderer.page(
            "settings-users",
            Page(
                csrf: visit.visitor?.csrf ?? "",
                rows: rows,
                roles: Role.allCases.map(\.rawValue),
                name: problem == nil ? "" : AuditEntry.plain(visit.form["name"] ?? ""),
                problem: problem
            ),
            title: "Users and roles",
            visitor: visit.visitor,
            status: status,
            here: "/settings"
        )
    }
}
