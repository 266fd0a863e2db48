package import UpgradeModel

/// The second factors of accounts. What is written is on the disk when a call returns; of several calls at once, from
/// whatever process, one is the first.
package protocol SecondFactorRecords: Sendable {
    /// The second factor of an account; nil where it has none.
    func secondFactor(of name: AccountName) throws(Trouble) -> SecondFactor?
    /// Gives an account a second factor, and recovery codes by their digests, in the place of what it had. False, with
    /// nothing done, where the session that asks for it has ended, or is another account's; nil where none asks.
    func put(_ factor: SecondFactor, recoveryCodes digests: [String], by session: String?) throws(Trouble) -> Bool
    /// Gives an account other recovery codes, by their digests; nothing happens where it has no second factor. False, with
    /// nothing done, where the session that asks for it has ended, or is another account's; nil where none asks.
    func setRecoveryCodes(_ digests: [String], of name: AccountName, by session: String?) throws(Trouble) -> Bool
    /// Uses a step up, and all before it; false, with nothing done, where it is used up, or the factor is another one.
    func use(step: Int64, of factor: SecondFactor) throws(Trouble) -> Bool
    /// Uses a recovery code up; false where the account has none of this digest.
    func use(recoveryCode digest: String, of name: AccountName) throws(Trouble) -> Bool
    /// Takes an account's second factor and recovery codes away; false where it has none.
    func removeSecondFactor(of name: AccountName) throws(Trouble) -> Bool
    /// Whether everybody who signs in needs a second factor.
    func needsSecondFactor() throws(Trouble) -> Bool
    /// Says whether everybody who signs in needs a second factor.
    func setNeedsSecondFactor(_ isNeeded: Bool) throws(Trouble)
}
