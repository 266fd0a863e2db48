import Synchronization
package import UpgradeEngine
package import UpgradeModel

/// A journal in front of a real one, at one of whose commits the runner dies: nothing is written from then on.
package final class DyingJournal: JournalInFront {
    package let journal: any Journal
    private let deathAt: Int
    private let afterCommit: Bool
    private let commits = Mutex(0)

    /// Dies at commit `number`, counted from 1: just before it is made, or just after.
    package init(_ journal: any Journal, at number: Int, afterCommit: Bool) {
        self.journal = journal
        deathAt = number
        self.afterCommit = afterCommit
    }

    /// What the dead throw.
    package static let death = Trouble(.internal, "death", "The runner died.", remedy: "Start another one.")

    package func append(
        _ payloads: [Payload],
        to run: RunID,
        at moment: Moment,
        under lease: Lease,
        highWaterMark: ReleaseVersion?,
        answering decision: Int64?
    ) throws(Trouble) -> [JournalEntry] {
        // Reports of progress come when they like; only what decides is counted, so that every number means one place.
        if case .progress? = payloads.first { return [] }
        let number = commits.withLock { count in
            count += 1
            return count
        }
        guard number < deathAt || (number == deathAt && afterCommit) else { throw Self.death }
        let entries = try journal.append(
            payloads,
            to: run,
            at: moment,
            under: lease,
            highWaterMark: highWaterMark,
            answering: decision
        )
        if number == deathAt { throw Self.death }
        return entries
    }
}
