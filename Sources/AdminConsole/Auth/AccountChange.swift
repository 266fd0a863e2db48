import UpgradeEngine
import UpgradeModel

/// Changes accounts for whoever asks, the same for pages and API, and says for the audit trail what has become of it.
struct AccountChange: Sendable {
    let parts: ConsoleParts
    let visit: Visit

    private var records: any AccessRecords { parts.records }

    /// Adds an account.
    ///
    /// - Throws: `invalid-request` where name or password will not do; code `account-exists`; `not-signed-in` where whoever
    ///   asks was shut out while the password was calculated.
    func add(_ name: String, _ role: Role, password: String) async throws -> Account {
        let session = try visit.signedIn().ownSession()
        let account = try await parts.accounts.made(name, role, password: password, isGiven: true)
        guard try records.add(account, by: session) else { throw Refusal.notSignedIn }
        return account
    }

    /// Gives an account another role, and ends its sessions; nothing where it has that role.
    func set(_ role: Role, of account: Account) throws {
        try records.set(role, of: account.name)
    }

    /// Gives an account another password and ends its sessions; revokes its tokens too where that is asked for.
    ///
    /// - Throws: `not-signed-in` where whoever asks was shut out while the password was calculated.
    func set(_ password: String, of account: Account, revokingTokens: Bool) async throws {
        let visitor = try visit.signedIn()
        let count = try await parts.accounts.set(
            password,
            of: account.name,
            isGiven: account.name != visitor.name,
            revokingTokens: revokingTokens,
            by: visitor.ownSession()
        )
        guard revokingTokens else { return }
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
