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
                try await add($0)
            },
            change(
                "/settings/users/:name/role",
                .roleChanged,
                of: { visit in
                    let before = (try? account(visit))?.role.rawValue ?? "nobody"
                    return "\(visit.parameter("name")) \(before)→\(visit.form["role"] ?? "")"
                }
            ) { try setRole($0) },
            change("/settings/users/:name/password", .passwordReset) { visit in
                let account = try account(visit)
                try await parts.accounts.set(
                    visit.form["password"] ?? "",
                    of: account.name,
                    isGiven: account.name != visit.visitor?.name,
                    except: Self.own(account, visit)
                )
                guard visit.form["revokeTokens"] == "yes" else { return }
                let count = try parts.records.removeTokens(of: account.name)
                visit.noted.set("\(account.name), \(count) API \(count == 1 ? "token" : "tokens") revoked")
            },
            change("/settings/users/:name/second-factor/remove", .secondFactorRemoved) { visit in
                let account = try account(visit)
                guard try parts.records.removeSecondFactor(of: account.name) else {
                    throw Refusal.invalid("\(account.name) has no second factor.")
                }
                try parts.records.removeSessions(of: account.name, except: Self.own(account, visit))
            },
            change("/settings/users/:name/end-sessions", .sessionsEnded) { visit in
                let account = try account(visit)
                try parts.records.removeSessions(of: account.name, except: Self.own(account, visit))
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
            } catch let trouble as Trouble where trouble.code == "last-admin" {
                return try show(visit, "\(trouble.message) \(trouble.remedy)", .conflict)
            }
        }
    }

    private func account(_ visit: Visit) throws -> Account {
        let name = visit.parameter("name")
        guard let account = try AccountName(name).flatMap({ try parts.records.account($0) }) else {
            throw Accounts.unknown(name)
        }
        return account
    }

    private func add(_ visit: Visit) async throws {
        guard let role = Role(rawValue: visit.form["role"] ?? "") else {
            throw Refusal.invalid("There is no such role.")
        }
        let account = try await parts.accounts.made(
            visit.form["name"] ?? "",
            role,
            password: visit.form["password"] ?? "",
            isGiven: true
        )
        guard try parts.records.account(account.name) == nil else {
            throw Refusal.invalid("There is an account \(account.name) already.")
        }
        try parts.records.put(account)
    }

    private func setRole(_ visit: Visit) throws {
        var account = try account(visit)
        guard let role = Role(rawValue: visit.form["role"] ?? "") else {
            throw Refusal.invalid("There is no such role.")
        }
        guard role != account.role else { return }
        account.role = role
        try parts.records.put(account)
        try parts.records.removeSessions(of: account.name, except: nil)
    }

    /// One's own session, which goes on whatever becomes of the others.
    private static func own(_ account: Account, _ visit: Visit) -> String? {
        guard let visitor = visit.visitor, visitor.name == account.name, case .session(let id, _, _) = visitor.proof
        else { return nil }
        return id
    }

    private func show(_ visit: Visit, _ problem: String?, _ status: HTTPResponse.Status) throws -> Response {
        let rows = try parts.records.accounts().map { account in
            let tokens = try parts.records.tokens(of: account.name).count { parts.now() < $0.expiresAt }
            return Row(
                name: account.name.text,
                role: account.role.rawValue,
                choices: Role.allCases.map { Choice(role: $0.rawValue, isTheirs: $0 == account.role) },
                createdAt: account.createdAt.minute,
                passwordSetAt: account.passwordSetAt.minute,
                mustChangePassword: account.mustChangePassword,
                hasSecondFactor: account.secondFactor == .present,
                sessions: try parts.records.sessions(of: account.name)
                    .count { parts.sessions.isAlive($0, at: parts.now()) },
                tokens: tokens,
                hasTokens: tokens > 0,
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
