import ArgumentParser
import Foundation
import Postgres
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Tries the migrations of the next hop on scratch copies of the databases. The application goes on meanwhile.
struct RehearseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse",
        abstract: "Try the migrations of the next hop on scratch copies of the databases; changes nothing.",
        discussion: """
            pawl rehearse                 the next hop towards the newest release
            pawl rehearse --to 2026.7.20  the next hop towards one release

            Services go on running. The copies, the containers and their network are removed at the end.
            A run that rehearses by itself: pawl upgrade --rehearse
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The release to go to (default: the newest).") var to: VersionArgument?
    @Flag(help: "Consider prereleases too.") var prereleases = false

    func run() async throws {
        let workplace = try Workplace(options)
        try await workplace.requireWritable()
        if try RunnerProcess.openRun(in: workplace) != nil { throw try RunnerProcess.another(in: workplace) }
        guard let lock = try RunnerLock(in: workplace.data) else { throw try RunnerProcess.another(in: workplace) }
        _ = try workplace.store.takeLease(owner: RunnerProcess.owner, at: Workplace.now())
        let place = try await Standpoint(workplace)
        let plan = try place.plan(to: to?.version, prereleases: prereleases)
        guard plan.refusal == nil, let hop = plan.hops.first else {
            let report = PlanReport(plan, support: workplace.product.supportWindow)
            Answer(options).give(report, text: report.text)
            if plan.refusal != nil { throw Exit(status: .refused) }
            return
        }
        // What dead processes have left goes before another copy is made.
        try await ScratchCluster.sweep(under: workplace.data.scratch)
        let from = try place.matchingRelease
        let ticker = Ticker(options)
        let rehearsal = try await Interruption.cancelling {
            try await Sites.with(workplace) { site in
                if let obstacle = try await site.obstacleToRehearsals() { throw obstacle }
                try await site.removeAbandonedRehearsals()
                return try await site.rehearse(
                    hop.release,
                    from: from,
                    id: RunID(startedAt: Workplace.now(), salt: .random(in: .min ... .max)),
                    run: nil,
                    report: { ticker.show($0) }
                )
            }
        }
        ticker.clear()
        _ = consume lock
        let report = RehearsalReport(rehearsal)
        Answer(options).give(report, text: report.text)
        if rehearsal.failure != nil { throw Exit(status: .refused) }
    }
}
