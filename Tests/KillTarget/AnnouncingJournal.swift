import Simulators
import Synchronization
import UpgradeEngine
import UpgradeModel

/// The real journal, and a word after every commit that decides something.
final class AnnouncingJournal: JournalInFront {
    let journal: any Journal
    private let checkpoints: Checkpoints
    private let newest = Mutex<Int64>(0)

    init(_ journal: any Journal, _ checkpoints: Checkpoints) {
        self.journal = journal
        self.checkpoints = checkpoints
    }

    /// The number of the newest row that this runner has written.
    var newestRow: Int64 { newest.withLock { $0 } }

    func append(
        _ payloads: [Payload],
        to run: RunID,
        at moment: Moment,
        under lease: Lease,
        highWaterMark: ReleaseVersion?,
        answering decision: Int64?
    ) throws(Trouble) -> [JournalEntry] {
        let entries = try journal.append(
            payloads,
            to: run,
            at: moment,
            under: lease,
            highWaterMark: highWaterMark,
            answering: decision
        )
        if let last = entries.last?.id { newest.withLock { $0 = last } }
        for payload in payloads {
            switch payload {
            case .taken: checkpoints.reach(.taken)
            case .event(.succeeded(let effect, _)), .event(.failed(let effect, _)), .event(.refused(let effect, _)):
                checkpoints.reach(.written(effect.identity))
            case .event: if let decision { checkpoints.reach(.granted(Int(decision))) }
            case .created, .intent, .progress, .declined: break
            }
        }
        return entries
    }
}
