package import UpgradeModel

/// Who may use the Admin Console, who is signed in, and what they did. What is written is on the disk when a call
/// returns; the audit trail is only ever added to, and chained like the journal.
package protocol AccessRecords: RequestRecords {
    /// Every account, by name.
    func accounts() throws(Trouble) -> [Account]
    /// One account; nil where there is none of that name.
    func account(_ name: AccountName) throws(Trouble) -> Account?
    /// Adds an account, or puts it in the place of the one of that name.
    func put(_ account: Account) throws(Trouble)
    /// Removes an account with its sessions and tokens.
    func removeAccount(_ name: AccountName) throws(Trouble)

    /// The session with this id; nil where there is none.
    func session(_ id: String) throws(Trouble) -> SessionRecord?
    /// The sessions of an account, newest first.
    func sessions(of name: AccountName) throws(Trouble) -> [SessionRecord]
    /// Adds a session, or puts it in the place of the one with that id.
    func put(_ session: SessionRecord) throws(Trouble)
    /// Ends a session.
    func removeSession(_ id: String) throws(Trouble)
    /// Ends the sessions of an account but for one.
    func removeSessions(of name: AccountName, except id: String?) throws(Trouble)

    /// Adds a line to the audit trail.
    func note(_ entry: AuditEntry) throws(Trouble)
    /// Lines of the audit trail, newest first: at most `limit`, older than `before` where that is given.
    func audit(before: Int64?, limit: Int) throws(Trouble) -> [AuditEntry]
}
