import ArgumentParser
import Reports

/// Says where the installation stands. Changes nothing, not even a run that nobody carries.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the installed release, its support, updates, the last backup, and a run in progress.",
        discussion: "pawl status -o json | jq .support.daysLeft"
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let premises = try Premises(options)
        // The Engine, or the cluster, is asked while Pawl's own records are opened and read.
        let data = Workplace.dataPath(options)
        let observed = Task { try await Sites.observe(premises, data: data) }
        let workplace = try Workplace(premises, options)
        let report = StatusReport(try await StatusScout(workplace).facts(observed))
        Answer(options).give(report, text: report.text)
    }
}
