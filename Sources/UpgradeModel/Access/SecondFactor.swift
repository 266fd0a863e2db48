/// The second factor of an account: a secret that its owner keeps in a program or device that makes codes of it.
package struct SecondFactor: Sendable, Hashable {
    /// Whose it is.
    package var account: AccountName
    /// What codes are made of, 20 bytes.
    package var secret: [UInt8]
    /// When it was set up.
    package var setAt: Moment
    /// The newest step of 30 seconds since 1970 whose code was used; neither it nor any before it counts again.
    package var newestStep: Int64
    /// How many recovery codes are left.
    package var recoveryCodes: Int

    /// Puts a second factor together.
    package init(account: AccountName, secret: [UInt8], setAt: Moment, newestStep: Int64, recoveryCodes: Int = 0) {
        self.account = account
        self.secret = secret
        self.setAt = setAt
        self.newestStep = newestStep
        self.recoveryCodes = recoveryCodes
    }
}

/// How an account stands with second factors.
package enum SecondFactorStanding: Sendable, Hashable {
    /// It has none, and need not have one.
    case none
    /// It has none, and everybody needs one.
    case missing
    /// It has one.
    case present
}
