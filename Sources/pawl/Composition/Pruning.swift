import Postgres
import Reports
import StateStore
import UpgradeModel

/// Removes the sets that retention lets go, and what interrupted runs have left.
struct Pruning: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Removes, or with `dryRun` only says what would be. `agree` is asked before anything is removed, and throws where it
    /// does not agree.
    ///
    /// - Throws: code `another-run` where somebody is at work.
    func prune(dryRun: Bool, agree: (PruneReport) throws -> Void) async throws -> PruneReport {
        // Without records that can be trusted nobody can say what may go.
        if !dryRun { try await workplace.requireWritable() }
        let shelf = BackupShelf(workplace)
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        let verdicts = try await shelf.retention()
        let scout = DebrisScout(workplace)
        let debris = try scout.find()
        let report = PruneReport(verdicts, debris, on: shelf, dryRun: dryRun)
        if !dryRun, !report.removed.isEmpty {
            try agree(report)
            for id in verdicts.filter({ $0.verdict == .remove }).map(\.candidate.id) {
                // Noted before, so that half a set that is left is known as ours.
                try shelf.noteBegun(id)
                try shelf.store.remove([id])
                shelf.forgetBegun(id)
            }
            try await scout.remove(debris)
        }
        _ = consume lock
        return report
    }

    /// What would be removed now, for somebody who only looks: while a run is at work what is in the making is left out.
    func preview() async throws -> PruneReport {
        let shelf = BackupShelf(workplace)
        return PruneReport(try await shelf.retention(), try DebrisScout(workplace).look(), on: shelf, dryRun: true)
    }
}
