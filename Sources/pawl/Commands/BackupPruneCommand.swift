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
        abstract: "Remove the sets that retention lets go, and what dead runs have left.",
        discussion: """
            How many sets are kept, `backups.keep` of the configuration says. Never removed are the last one that is
            proven, those that a run needs, and the way back to the release before the newest.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Flag(help: "Only show what would go, and why the rest stays.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
        let workplace = try Workplace(options)
        let report = try await prune(workplace)
        Answer(options).give(report, text: report.text)
    }

    private func prune(_ workplace: Workplace) async throws -> PruneReport {
        let trail = CommandTrail(workplace)
        var asked: String?
        do {
            let report = try await Pruning(workplace).prune(dryRun: dryRun) { report in
                try agree(report)
                let subject = AuditEntry.sets(report.removed.map(\.id))
                trail.note(.prune, of: subject, .asked)
                asked = subject
            }
            if let asked {
                // One by one: they are gone for good.
                for set in report.removed { trail.note(.backupRemoved, of: set.id, .done) }
                trail.note(.prune, of: asked, .done)
            }
            return report
        } catch {
            if let asked { trail.note(.prune, of: asked, endedBy: error) }
            throw error
        }
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
        Output.remark(report.asking)
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
