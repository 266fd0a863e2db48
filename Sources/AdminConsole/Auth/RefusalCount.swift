import Synchronization
import UpgradeEngine
import UpgradeModel

/// How much of what was refused to somebody, or tried on an account, is noted in the audit trail, which is kept for good:
/// so much an hour.
final class RefusalCount: Sendable {
    /// What is to be noted of a refusal.
    enum Note: Sendable, Hashable {
        case it
        /// That there may be more, which are not noted each.
        case more
        case nothing
    }

    private struct Hour {
        var began: Moment
        var count: Int
    }

    private let hours = Mutex(BoundedTable<String, Hour>(largest: 4096))
    private let now: @Sendable () -> Moment

    /// The most that are noted of one person, or account, in an hour.
    static let most = 60

    init(now: @escaping @Sendable () -> Moment) { self.now = now }

    /// Counts one that was refused to somebody.
    func note(for person: String) -> Note {
        let now = now()
        return hours.withLock { hours in
            hours.change(person, from: Hour(began: now, count: 0), at: now) { hour in
                // A clock that was set back begins another hour, too.
                if now < hour.began || hour.began.seconds(to: now) >= 3600 { hour = Hour(began: now, count: 0) }
                hour.count += 1
                return hour.count <= Self.most ? .it : hour.count == Self.most + 1 ? .more : .nothing
            }
        }
    }
}
