import ArgumentParser
import Reports
import StateStore
import UpgradeEngine

/// Lists every run.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "history", abstract: "List every run, newest first.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        let views = try workplace.store.runs().map { request in
            try RunView(of: request.id, from: workplace.store.entries(of: request.id, after: 0))
        }
        let report = HistoryReport(views)
        Answer(options).give(report, text: report.text)
    }
}
