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

    /// The account, where name and password are its own. It is the account as it was before the password was looked at:
    /// what is done in its name makes sure that it still is, as part of doing it.
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
                of: key,
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
        let name = try Self.name(name)
        return try await Account(name, role, with: given(password, of: name, isGiven: isGiven))
    }

    fileprivate static func name(_ text: String) throws(Refusal) -> AccountName {
        guard let name = AccountName(text) else {
            throw .invalid(
                "A name has 1 to 64 letters, digits, dots, hyphens, underscores or @, and begins with a letter or digit."
            )
        }
        return name
    }

    /// Gives an account another password, and ends its sessions but for the one that asks; revokes its tokens where that is
    /// asked for, and returns how many. Whoever changes their own has `shown` to be the account: where it has been given
    /// another one meanwhile, that one stays.
    ///
    /// - Throws: `not-signed-in` where nothing was done, since the account or the session is not what it was any more.
    func set(
        _ password: String,
        of name: AccountName,
        isGiven: Bool,
        shown: Account? = nil,
        revokingTokens: Bool = false,
        by session: String?
    ) async throws -> Int {
        guard try records.account(name) != nil else { throw Self.unknown(name.text) }
        let given = try await given(password, of: name, isGiven: isGiven)
        let revoked = try records.set(given, of: name, shown: shown, revokingTokens: revokingTokens, by: session)
        guard let revoked else {
            guard try records.account(name) != nil else { throw Self.unknown(name.text) }
            throw Refusal.notSignedIn
        }
        return revoked
    }

    /// What a password would be kept as.
    ///
    /// - Throws: `invalid-request` where it will not do.
    fileprivate func given(_ password: String, of name: AccountName, isGiven: Bool) async throws -> GivenPassword {
        try Self.checkPassword(password, of: name)
        let moment = now()
        return GivenPassword(
            digest: try await passwords.digest(password, of: name.text),
            setAt: moment,
            isGiven: isGiven
        )
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
            let name = try Accounts.name(name)
            let wasThere = try records.account(name) != nil
            let given = try await accounts.given(password, of: name, isGiven: false)
            func note(_ action: AuditAction, _ outcome: AuditEntry.Outcome, _ more: String = "") throws {
                try records.note(
                    AuditEntry(
                        at: accounts.now(),
                        actor: person,
                        address: AuditEntry.commandLine,
                        action: action.rawValue,
                        subject: name.text + more,
                        outcome: outcome
                    )
                )
            }
            try note(wasThere ? .passwordReset : .userAdded, .asked)
            guard let lost = try records.reset(name, to: given, keepingTokens: keepsTokens) else {
                try note(.userAdded, .done)
                return .made
            }
            try note(.passwordReset, .done)
            if lost.secondFactor { try note(.secondFactorRemoved, .done) }
            if lost.tokens > 0 { try note(.tokenRevoked, .done, ", all \(lost.tokens)") }
            return .changed(hadSecondFactor: lost.secondFactor, tokens: lost.tokens)
        } catch let refusal as Refusal {
            throw Trouble(.operator, "usage", refusal.message, remedy: refusal.remedy)
        }
    }
}
