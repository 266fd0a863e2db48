package import UpgradeModel

/// Who may use the Admin Console, who is signed in, and what they did. What is written is on the disk when a call
/// returns; the audit trail is only ever added to, and chained like the journal.
///
/// What lets somebody in is written together with a look whether the session that asks for it, `by`, goes on: whoever asks
/// may have been shut out since they were let in. It is nil where no session asks, such as on the command line.
package protocol AccessRecords: RequestRecords, SecondFactorRecords {
    /// Every account, by name.
    func accounts() throws(Trouble) -> [Account]
    /// One account; nil where there is none of that name.
    func account(_ name: AccountName) throws(Trouble) -> Account?
    /// Adds an account, or puts it in the place of the one of that name.
    ///
    /// - Throws: `last-admin` where no admin would be left.
    func put(_ account: Account) throws(Trouble)
    /// Adds an account; false, with nothing done, where the session has ended.
    ///
    /// - Throws: `account-exists` where there is one of that name.
    func add(_ account: Account, by session: String?) throws(Trouble) -> Bool
    /// Gives an account another role and ends its sessions, all at once; nothing where it has that role, or is gone.
    ///
    /// - Throws: `last-admin` where no admin would be left.
    func set(_ role: Role, of name: AccountName) throws(Trouble)
    /// Gives an account another password, ends its sessions but for the one that asks, and revokes its tokens where that is
    /// asked for, all at once; returns how many were revoked. Nil, with nothing done, where there is no such account, where
    /// the session has ended, or where the account is not any more as somebody has `shown` to be it: with another password,
    /// or with a second factor where there was none.
    func set(
        _ password: GivenPassword,
        of name: AccountName,
        shown: Account?,
        revokingTokens: Bool,
        by session: String?
    ) throws(Trouble) -> Int?
    /// Gives an account another password, takes its second factor away, ends its sessions and, unless they are kept, revokes
    /// its tokens, all at once. Nil where there was none of that name: it is made then, as an admin.
    func reset(_ name: AccountName, to password: GivenPassword, keepingTokens: Bool) throws(Trouble) -> LostAccess?
    /// Adds the very first account; false, with nothing done, where there is any.
    func putFirst(_ account: Account) throws(Trouble) -> Bool
    /// Removes an account with its sessions and tokens.
    ///
    /// - Throws: `last-admin` where no admin would be left.
    func removeAccount(_ name: AccountName) throws(Trouble)

    /// The session with this id; nil where there is none.
    func session(_ id: String) throws(Trouble) -> SessionRecord?
    /// The sessions of an account, newest first.
    func sessions(of name: AccountName) throws(Trouble) -> [SessionRecord]
    /// A session and whose it is, as they are at one instant; nil where there is none of that id.
    func signedIn(_ session: String) throws(Trouble) -> (session: SessionRecord, account: Account)?
    /// Begins a session in the place of another, which ends; nil where it takes none's. What began before `oldest`
    /// ends too, and of the same account all but the newest `most`. False, with nothing done, where the account is not
    /// any more as somebody has `shown` to be it: a password takes time to look at, and may be reset meanwhile.
    func begin(_ session: SessionRecord, shown: Account, insteadOf other: String?, oldest: Moment, most: Int)
        throws(Trouble) -> Bool
    /// Lets a session go on under the id that `session` has. False, with nothing done, where it has ended meanwhile, or
    /// where its account is not any more as somebody has `shown` to be it; nil where nobody had to.
    func renew(_ id: String, as session: SessionRecord, shown: Account?) throws(Trouble) -> Bool
    /// Keeps when a session was last seen and confirmed; one that has ended stays ended.
    func put(_ session: SessionRecord) throws(Trouble)
    /// Ends a session.
    func removeSession(_ id: String) throws(Trouble)
    /// Ends the sessions of an account but for one.
    func removeSessions(of name: AccountName, except id: String?) throws(Trouble)

    /// The tokens of an account, or everybody's, newest first.
    func tokens(of name: AccountName?) throws(Trouble) -> [TokenRecord]
    /// The token with this digest and whose it is; nil where there is none.
    func bearer(_ digest: String) throws(Trouble) -> (token: TokenRecord, account: Account)?
    /// Adds a token; false, with nothing done, where the session has ended, or is another account's.
    func put(_ token: TokenRecord, by session: String?) throws(Trouble) -> Bool
    /// Notes when a token was last used.
    func touch(_ token: TokenRecord, at moment: Moment) throws(Trouble)
    /// Revokes a token.
    func removeToken(_ id: String) throws(Trouble)

    /// Whether somebody has signed in to an account of that name from an address, or a browser, before.
    func isKnown(_ address: String, of name: String) throws(Trouble) -> Bool
    /// Whether somebody has signed in to any account from an address, or a browser, before.
    func isKnown(_ address: String) throws(Trouble) -> Bool
    /// Remembers that somebody signed in from an address, or a browser; of an account the newest 32 are kept.
    func remember(_ address: String, of name: AccountName, at moment: Moment) throws(Trouble)

    /// Adds a line to the audit trail.
    func note(_ entry: AuditEntry) throws(Trouble)
    /// Lines of the audit trail, newest first: at most `limit`, older than `before` where that is given.
    func audit(before: Int64?, limit: Int) throws(Trouble) -> [AuditEntry]
}
