import UpgradeEngine
import UpgradeModel

/// Whether somebody who was let in may stay: streams outlive the request that opened them.
struct Presence: Sendable {
    let records: any AccessRecords
    let now: @Sendable () -> Moment

    /// Looking on is no sign of life: it does not keep a session from ending.
    func lasts(_ visitor: Visitor) -> Bool {
        do {
            guard let account = try records.account(visitor.name), account.role.allows(.look) else { return false }
            guard case .session(let id, _, _) = visitor.proof else { return true }
            guard let session = try records.session(id) else { return false }
            let moment = now()
            return session.createdAt.seconds(to: moment) < Sessions.longest
                && session.seenAt.seconds(to: moment) < Sessions.idle
        } catch {
            return false
        }
    }
}
