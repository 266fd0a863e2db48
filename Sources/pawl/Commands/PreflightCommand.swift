import ArgumentParser
import Reports
import UpgradeModel

/// Runs the checks of the next hop, or of one release.
struct PreflightCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preflight",
        abstract: "Run the preflight checks of the next hop; changes nothing.",
        discussion: """
            pawl preflight                 before the next hop towards the newest release
            pawl preflight --to 2026.7.20  before the next hop towards one release
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The release to go to (default: the newest).") var to: VersionArgument?
    @Flag(help: "Consider prereleases too.") var prereleases = false

    func run() async throws {
        let workplace = try Workplace(options)
        let place = try await Standpoint(workplace)
        let plan = try place.plan(to: to?.version, prereleases: prereleases)
        guard let hop = plan.hops.first else {
            let report = PlanReport(plan, support: workplace.product.supportWindow)
            if plan.refusal != nil {
                Answer(options).give(report, text: report.text)
                throw Exit(status: .refused)
            }
            // Nothing to do, and nothing that keeps it from being done.
            Answer(options).give(PreflightDocument(PreflightReport(target: plan.to, findings: [])), text: report.text)
            return
        }
        let found = try await Interruption.looking {
            try await Sites.with(workplace) { try await Gatherer($0, place).report(for: hop.release) }
        }
        let report = PreflightDocument(found)
        Answer(options).give(report, text: report.text)
        if found.outcome == .fail { throw Exit(status: .refused) }
    }
}
