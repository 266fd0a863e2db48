import Foundation
package import UpgradeEngine
package import UpgradeModel

/// Who may use the console, and the rules for passwords.
struct Accounts: Sendable {
    let records: any AccessRecords
    let now: @Sendable () -> Moment
    private let passwords = Passwords()

    /// The account, where name and password are its own.
    func signedIn(_ name: String, _ password: String) async throws -> Account? {
        let account = try AccountName(name).flatMap { try records.account($0) }
        guard await passwords.matches(password, account?.password) else { return nil }
        return account
    }

    /// Adds an account, or gives one another password and role.
    ///
    /// - Throws: `invalid-request` where name or password will not do.
    func set(_ name: String, _ role: Role, password: String) async throws -> Account {
        guard let name = AccountName(name) else {
            throw Refusal.invalid("A name has 1 to 64 letters, digits, dots, hyphens, underscores or @.")
        }
        try Self.checkPassword(password, of: name)
        let moment = now()
        let account = Account(
            name: name,
            role: role,
            password: try await passwords.digest(password),
            createdAt: moment,
            passwordSetAt: moment
        )
        try records.put(account)
        return account
    }

    static let shortestPassword = 12

    static func checkPassword(_ password: String, of name: AccountName) throws(Refusal) {
        guard password.count >= shortestPassword else {
            throw .invalid("A password has at least \(shortestPassword) characters.")
        }
        guard password.count <= 256 else { throw .invalid("A password has at most 256 characters.") }
        guard password.lowercased() != name.text else { throw .invalid("The password is the name.") }
    }
}

/// What the command line may do with accounts.
package struct ConsoleAccounts: Sendable {
    private let accounts: Accounts

    /// Works on these records.
    package init(records: any AccessRecords, now: @escaping @Sendable () -> Moment) {
        accounts = Accounts(records: records, now: now)
    }

    /// Sets a password and ends the account's sessions. Makes an admin where there is no such account.
    package func reset(_ name: String, password: String) async throws {
        let role = try AccountName(name).flatMap { try accounts.records.account($0)?.role } ?? .admin
        do {
            let account = try await accounts.set(name, role, password: password)
            try accounts.records.removeSessions(of: account.name, except: nil)
        } catch let refusal as Refusal {
            throw Trouble(.operator, "usage", refusal.message, remedy: refusal.remedy)
        }
    }
}
