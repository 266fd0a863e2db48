import Simulators
import UpgradeEngine
import UpgradeModel

/// A journal upon a disk that fails, under a runner that dies, beside others that take over.
final class StormyJournal: JournalInFront {
    let journal: any Journal
    private let weather: Weather
    private let takeOver: @Sendable () throws -> Void

    /// Stands before `journal`; `takeOver` makes somebody else the owner.
    init(_ journal: any Journal, _ weather: Weather, takeOver: @escaping @Sendable () throws -> Void) {
        self.journal = journal
        self.weather = weather
        self.takeOver = takeOver
    }

    func append(
        _ payloads: [Payload],
        to run: RunID,
        at moment: Moment,
        under lease: Lease,
        highWaterMark: ReleaseVersion?,
        answering decision: Int64?
    ) throws(Trouble) -> [JournalEntry] {
        guard !weather.isDead else { throw Weather.death }
        func commit() throws(Trouble) -> [JournalEntry] {
            try journal.append(
                payloads,
                to: run,
                at: moment,
                under: lease,
                highWaterMark: highWaterMark,
                answering: decision
            )
        }
        switch payloads.first {
        case .progress?:
            if weather.losesProgress { throw Self.diskFull }
            return try commit()
        // Written beside an effect or between two, as it comes: no place to ask the weather.
        case .declined?: return try commit()
        default: break
        }
        // It will not succeed.
        guard weather.isOwner(lease.token) else { return try commit() }
        weather.tick()
        switch weather.commitFate() {
        case .good: return try commit()
        case .deathBefore:
            weather.kill()
            throw Weather.death
        case .deathAfter:
            _ = try commit()
            weather.kill()
            throw Weather.death
        case .diskFull: throw Self.diskFull
        case .ioError: throw Self.ioError
        case .ioErrorAfterCommit:
            _ = try commit()
            throw Self.ioError
        case .takenOver:
            do { try takeOver() } catch { throw Self.ioError }
            return try commit()
        }
    }

    func entries(of run: RunID?, after id: Int64) throws(Trouble) -> [JournalEntry] {
        if weather.readingFails() { throw Self.ioError }
        return try journal.entries(of: run, after: id)
    }

    func openDecision(for run: RunID) throws(Trouble) -> (id: Int64, decision: Decision)? {
        guard !weather.isDead else { throw Weather.death }
        return try journal.openDecision(for: run)
    }

    static let diskFull = Trouble(.environment, "disk-full", "ENOSPC", changed: true, remedy: "Make room.")
    static let ioError = Trouble(.environment, "io-error", "EIO", changed: true, remedy: "See to the disk.")
}
