import UpgradeEngine
import UpgradeModel

/// Changes accounts for whoever asks, the same for pages and API, and says for the audit trail what has become of it.
struct AccountChange: Sendable {
    let parts: ConsoleParts
    let visit: Visit

    private var records: any AccessRecords { parts.records }

    /// Adds an account.
    ///
    /// - Throws: `invalid-request` where name or password will not do; code `account-exists`.
    func add(_ name: String, _ role: Role, password: String) async throws -> Account {
        let account = try await parts.accounts.made(name, role, password: password, isGiven: true)
        guard try records.account(account.name) == nil else {
            throw Trouble(
                .operator,
                "account-exists",
                "There is an account \(account.name) already.",
                remedy: "Choose another name, or change that account."
            )
        }
        try requireSession()
        try records.put(account)
        return account
    }

    /// Makes sure that whoever asks is still signed in: a password takes time to calculate, and they may have been shut out
    /// meanwhile.
    private func requireSession() throws {
        guard let session = visit.visitor?.session else { return }
        guard try records.session(session) != nil else { throw Refusal.notSignedIn }
    }

    /// Gives an account another role, and ends its sessions; nothing where it has that role.
    func set(_ role: Role, of account: Account) throws {
        try records.set(role, of: account.name)
    }

    /// Gives an account another password and ends its sessions; revokes its tokens too where that is asked for.
    func set(_ password: String, of account: Account, revokingTokens: Bool) async throws {
        try await parts.accounts.set(
            password,
            of: account.name,
            isGiven: account.name != visit.visitor?.name,
            except: own(account)
        )
        guard revokingTokens else { return }
        let count = try records.removeTokens(of: account.name)
        visit.noted.set("\(account.name), \(count) API \(count == 1 ? "token" : "tokens") revoked")
    }

    /// Takes somebody's second factor away, and ends their sessions.
    func removeSecondFactor(of account: Account) throws {
        guard try records.removeSecondFactor(of: account.name) else {
            throw Refusal.invalid("\(account.name) has no second factor.")
        }
        try endSessions(of: account)
    }

    /// Ends somebody's sessions.
    func endSessions(of account: Account) throws {
        try records.removeSessions(of: account.name, except: own(account))
    }

    /// One's own session, which goes on whatever becomes of the others.
    private func own(_ account: Account) -> String? {
        visit.visitor?.name == account.name ? visit.visitor?.session : nil
    }
}
