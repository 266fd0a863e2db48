import Postgres
import Reports
import UpgradeModel

extension PruneReport {
    /// What retention and tidying would do, or do.
    init(
        _ verdicts: [(candidate: Retention.Candidate, verdict: Retention.Verdict)],
        _ debris: [DebrisScout.Item],
        on shelf: BackupShelf,
        dryRun: Bool
    ) {
        let going = verdicts.filter { $0.verdict == .remove }.map { verdict in
            PruneReport.Removed(
                id: verdict.candidate.id.description,
                reason: "older",
                bytes: DiskScout.size(shelf.store.root + "/\(verdict.candidate.id)")
            )
        }
        let left = debris.filter { $0.kind != .foreign }.map {
            PruneReport.Removed(id: $0.name, reason: $0.kind.rawValue, bytes: DiskScout.size($0.path))
        }
        self.init(
            kept: verdicts.filter { $0.verdict != .remove }.map {
                PruneReport.Kept(id: $0.candidate.id.description, reason: $0.verdict.rawValue)
            },
            removed: going + left,
            dryRun: dryRun
        )
    }
}
