import ArgumentParser
import Foundation
import Postgres
import Reports
import StateStore
import UpgradeModel

/// Removes the sets that retention lets go, and what interrupted runs have left.
struct BackupPruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove the sets that retention lets go; never the last proven one, nor one that a run needs.",
        discussion: "How many are kept, `backups.keep` of the configuration says."
    )

    @OptionGroup var options: GlobalOptions
    @Flag(help: "Only show what would go.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
        let workplace = try Workplace(options)
        let shelf = BackupShelf(workplace)
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        let retention = Retention(keep: workplace.installation.backups.keep)
        let inUse = try shelf.inUse()
        let report = try preview(shelf, retention, inUse)
        if !dryRun, !report.removed.isEmpty {
            try agree(report)
            _ = try shelf.store.prune(retention, inUse: inUse)
            _ = try shelf.store.removeDebris(inUse: inUse)
        }
        Answer(options).give(report, text: report.text)
        _ = consume lock
    }

    private func preview(
        _ shelf: BackupShelf,
        _ retention: Retention,
        _ inUse: Set<BackupSetID>
    ) throws -> PruneReport {
        let verdicts = try shelf.store.preview(retention, inUse: inUse)
        let going = verdicts.filter { $0.verdict == .remove }.map { verdict in
            PruneReport.Removed(
                id: verdict.candidate.id.description,
                bytes: DiskScout.size(shelf.store.root + "/\(verdict.candidate.id)")
            )
        }
        let debris = try shelf.store.debris().filter { name in !inUse.contains { name.hasSuffix($0.description) } }
        return PruneReport(
            kept: verdicts.filter { $0.verdict != .remove }.map {
                PruneReport.Kept(id: $0.candidate.id.description, reason: $0.verdict.rawValue)
            },
            removed: going
                + debris.map {
                    PruneReport.Removed(id: $0, bytes: DiskScout.size(shelf.store.root + "/" + $0))
                },
            dryRun: dryRun
        )
    }

    private func agree(_ report: PruneReport) throws {
        guard !yes else { return }
        guard Terminal.canAsk else {
            throw Trouble(
                .operator,
                "not-confirmed",
                "Nobody is there to agree to the removal.",
                remedy: "Run it on a terminal, or with --yes; --dry-run shows what would go."
            )
        }
        Output.remark(report.text)
        FileHandle.standardError.write(Data("Remove these? Type yes: ".utf8))
        guard readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes" else {
            throw Trouble(
                .operator,
                "not-confirmed",
                "You did not agree to the removal.",
                remedy: "Nothing was removed."
            )
        }
    }
}
