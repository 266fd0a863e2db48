import UpgradeEngine
import UpgradeModel

/// Whether somebody who was let in may stay: streams outlive the request that opened them.
struct Presence: Sendable {
    let records: any AccessRecords
    let sessions: Sessions
    let now: @Sendable () -> Moment

    /// Looking on is no sign of life: it does not keep a session from ending.
    func lasts(_ visitor: Visitor) -> Bool {
        switch visitor.proof {
        case .session(let id, _, _):
            guard let (session, account) = try? records.signedIn(id) else { return false }
            return sessions.isAlive(session, at: now()) && account.role >= visitor.role
                && account.secondFactor != .missing && !account.mustChangePassword
        case .token(let name):
            let tokens = (try? records.tokens(of: visitor.name)) ?? []
            return tokens.contains { $0.name == name && now() < $0.expiresAt }
        }
    }
}
