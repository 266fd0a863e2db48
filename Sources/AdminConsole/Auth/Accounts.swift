import Foundation
package import UpgradeEngine
package import UpgradeModel

/// Who may use the console, and how they show who they are.
struct Accounts: Sendable {
    let records: any AccessRecords
    let now: @Sendable () -> Moment
    private let passwords: Passwords
    private let throttle: Throttle

    init(
        records: any AccessRecords,
        passwords: Passwords = Passwords(),
        now: @escaping @Sendable () -> Moment
    ) {
        self.records = records
        self.passwords = passwords
        self.now = now
        throttle = Throttle(now: now)
    }

    /// The account, where name and password are its own.
    ///
    /// - Throws: `too-many-requests` where too much was tried from there; nothing was looked at then.
    func shown(_ name: String, _ password: String, from client: Client) async throws -> Account? {
        let key = AccountName(name)?.text ?? "-"
        let account = try AccountName(name).flatMap { try records.account($0) }
        let place = try Place(client, of: key, records)
        let ticket = try throttle.admit(key, from: place.key, isKnown: place.isKnown, waits: true)
        do {
            let isRight = try await passwords.matches(
                password,
                account?.password,
                rank: ticket.rank,
                takesTurn: { [throttle] in throttle.takeTurn(ticket) }
            )
            throttle.end(ticket, succeeded: isRight)
            return isRight ? account : nil
        } catch {
            throttle.withdraw(ticket)
            throw error
        }
    }

    /// What an account with this name, role and password would be kept as. `isGiven` says that somebody else has chosen
    /// the password than who will sign in with it.
    ///
    /// - Throws: `invalid-request` where name or password will not do.
    func made(_ name: String, _ role: Role, password: String, isGiven: Bool) async throws -> Account {
        guard let name = AccountName(name) else {
            throw Refusal.invalid(
                "A name has 1 to 64 letters, digits, dots, hyphens, underscores or @, and begins with a letter or digit."
            )
        }
        try Self.checkPassword(password, of: name)
        let moment = now()
        return Account(
            name: name,
            role: role,
            password: try await passwords.digest(password),
            createdAt: moment,
            passwordSetAt: moment,
            mustChangePassword: isGiven
        )
    }

    /// Gives an account another password, and ends its sessions but for one.
    func set(_ password: String, of name: AccountName, isGiven: Bool, except session: String?) async throws {
        guard let account = try records.account(name) else { throw Self.unknown(name.text) }
        let made = try await made(name.text, account.role, password: password, isGiven: isGiven)
        // As it is now, not as it was before the calculation.
        guard var account = try records.account(name) else { throw Self.unknown(name.text) }
        account.password = made.password
        account.passwordSetAt = made.passwordSetAt
        account.mustChangePassword = isGiven
        try records.put(account)
        try records.removeSessions(of: name, except: session)
    }

    static func unknown(_ name: String) -> Refusal { .invalid("There is no account \(AuditEntry.plain(name)).") }

    static func checkPassword(_ password: String, of name: AccountName) throws(Refusal) {
        let objection = PasswordRules.objection(to: password, of: name, isPublished: BreachedPasswords.contains)
        if let objection { throw .invalid(objection.words) }
    }
}

/// What the command line may do with accounts.
package struct ConsoleAccounts: Sendable {
    /// What has become of an account whose password was set.
    package enum Reset: Sendable, Hashable {
        /// It was made, as an admin.
        case made
        /// It had another password before; it has no second factor any more where it had one, and so many tokens were
        /// revoked.
        case changed(hadSecondFactor: Bool, tokens: Int)
    }

    private let accounts: Accounts

    /// Works on these records.
    package init(records: any AccessRecords, now: @escaping @Sendable () -> Moment) {
        accounts = Accounts(records: records, now: now)
    }

    /// Sets a password, takes the second factor away, ends the account's sessions and, unless they are to be kept, revokes
    /// its tokens. Makes an admin where there is no such account. It is noted in the audit trail, first of all, as done by `person`.
    ///
    /// - Throws: code `usage` where name or password will not do.
    package func reset(_ name: String, password: String, keepsTokens: Bool = false, by person: String) async throws
        -> Reset
    {
        let records = accounts.records
        do {
            let before = try AccountName(name).flatMap { try records.account($0) }
            let account = try await accounts.made(name, before?.role ?? .admin, password: password, isGiven: false)
            func note(_ action: AuditAction, _ outcome: AuditEntry.Outcome, _ more: String = "") throws {
                try records.note(
                    AuditEntry(
                        at: accounts.now(),
                        actor: person,
                        address: AuditEntry.commandLine,
                        action: action.rawValue,
                        subject: account.name.text + more,
                        outcome: outcome
                    )
                )
            }
            let action = before == nil ? AuditAction.userAdded : .passwordReset
            try note(action, .asked)
            try records.put(account)
            let hadSecondFactor = try records.removeSecondFactor(of: account.name)
            try records.removeSessions(of: account.name, except: nil)
            let tokens = keepsTokens ? 0 : try records.removeTokens(of: account.name)
            try note(action, .done)
            guard before != nil else { return .made }
            if hadSecondFactor { try note(.secondFactorRemoved, .done) }
            if tokens > 0 { try note(.tokenRevoked, .done, ", all \(tokens)") }
            return .changed(hadSecondFactor: hadSecondFactor, tokens: tokens)
        } catch let refusal as Refusal {
            throw Trouble(.operator, "usage", refusal.message, remedy: refusal.remedy)
        }
    }
}
