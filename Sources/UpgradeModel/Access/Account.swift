/// Somebody who may use the Admin Console.
package struct Account: Sendable, Hashable {
    /// The name to sign in with, see ``AccountName``.
    package var name: AccountName
    /// What they may do.
    package var role: Role
    /// How their password is kept; nil where they cannot sign in with one.
    package var password: PasswordDigest?
    /// When the account was made.
    package var createdAt: Moment
    /// When the password was last set.
    package var passwordSetAt: Moment
    /// Whether somebody else has chosen the password, and its owner must choose another one before anything else.
    package var mustChangePassword: Bool
    /// How it stands with second factors. It is read with the account; putting the account does not change it.
    package var secondFactor: SecondFactorStanding

    /// Puts an account together.
    package init(
        name: AccountName,
        role: Role,
        password: PasswordDigest?,
        createdAt: Moment,
        passwordSetAt: Moment,
        mustChangePassword: Bool = false,
        secondFactor: SecondFactorStanding = .none
    ) {
        self.name = name
        self.role = role
        self.password = password
        self.createdAt = createdAt
        self.passwordSetAt = passwordSetAt
        self.mustChangePassword = mustChangePassword
        self.secondFactor = secondFactor
    }

    /// One that is made with its password.
    package init(_ name: AccountName, _ role: Role, with password: GivenPassword) {
        self.init(
            name: name,
            role: role,
            password: password.digest,
            createdAt: password.setAt,
            passwordSetAt: password.setAt,
            mustChangePassword: password.isGiven
        )
    }

    /// Whether somebody who has shown to be `other` has shown to be this account: the password is the same one, and so is
    /// whether there is a second factor.
    package func isShown(by other: Account) -> Bool {
        name == other.name && password == other.password && passwordSetAt == other.passwordSetAt
            && (secondFactor == .present) == (other.secondFactor == .present)
    }
}

/// The name of an account: 1 to 64 lower-case letters, digits, dots, hyphens, underscores, `@`, beginning with a letter
/// or digit.
package struct AccountName: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// Reads a name; capitals count as small letters. Nil where it is none.
    package init?(_ text: String) {
        let text = text.lowercased()
        let isName = text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || [0x2E, 0x2D, 0x5F, 0x40].contains(byte)
        }
        guard isName, (1...64).contains(text.utf8.count), let first = text.utf8.first,
            ![0x2E, 0x2D, 0x5F, 0x40].contains(first)
        else { return nil }
        self.text = text
    }

    package var description: String { text }
}

/// A password as it is kept: what a key derivation function made of it, with that function's parameters.
package struct PasswordDigest: Sendable, Hashable {
    /// `scrypt$N$r$p$salt$key`, salt and key in base64.
    package var text: String

    /// Takes the text of a digest.
    package init(text: String) { self.text = text }
}

/// A password that an account is given.
package struct GivenPassword: Sendable, Hashable {
    /// How it is kept.
    package var digest: PasswordDigest
    /// When it was set.
    package var setAt: Moment
    /// Whether somebody else has chosen it than who will sign in with it.
    package var isGiven: Bool

    /// Puts it together.
    package init(digest: PasswordDigest, setAt: Moment, isGiven: Bool) {
        self.digest = digest
        self.setAt = setAt
        self.isGiven = isGiven
    }
}

/// What an account has lost together with its old password, beside its sessions.
package struct LostAccess: Sendable, Hashable {
    /// Whether it had a second factor.
    package var secondFactor: Bool
    /// How many tokens were revoked.
    package var tokens: Int

    /// Puts it together.
    package init(secondFactor: Bool, tokens: Int) {
        self.secondFactor = secondFactor
        self.tokens = tokens
    }
}

/// A signed-in browser.
package struct SessionRecord: Sendable, Hashable {
    /// SHA-256 of the cookie's secret, in hexadecimal digits: what is kept cannot be used to sign in.
    package var id: String
    /// Whose it is.
    package var account: AccountName
    /// When they signed in.
    package var createdAt: Moment
    /// When it was last used, to within a minute.
    package var seenAt: Moment
    /// When the password was last entered.
    package var confirmedAt: Moment
    /// The address that signed in.
    package var address: String
    /// What the browser calls itself.
    package var agent: String

    /// Puts a session together.
    package init(
        id: String,
        account: AccountName,
        createdAt: Moment,
        seenAt: Moment,
        confirmedAt: Moment,
        address: String,
        agent: String
    ) {
        self.id = id
        self.account = account
        self.createdAt = createdAt
        self.seenAt = seenAt
        self.confirmedAt = confirmedAt
        self.address = address
        self.agent = agent
    }
}

/// A token of the API. What is kept of it cannot be used in its place.
package struct TokenRecord: Sendable, Hashable {
    /// What it is called in lists and addresses: the beginning of its digest.
    package var id: String
    /// SHA-256 of the token, in hexadecimal digits.
    package var digest: String
    /// What its maker calls it.
    package var name: String
    /// Who made it, and in whose name it acts.
    package var account: AccountName
    /// What it may do; never more than its maker may at the time.
    package var role: Role
    /// When it was made.
    package var createdAt: Moment
    /// When it stops being one.
    package var expiresAt: Moment
    /// When it was last used, to within an hour; nil where never.
    package var usedAt: Moment?

    /// Puts a token's record together.
    package init(
        digest: String,
        name: String,
        account: AccountName,
        role: Role,
        createdAt: Moment,
        expiresAt: Moment,
        usedAt: Moment? = nil
    ) {
        self.id = String(digest.prefix(16))
        self.digest = digest
        self.name = name
        self.account = account
        self.role = role
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.usedAt = usedAt
    }
}
