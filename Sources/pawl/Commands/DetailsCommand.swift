import ArgumentParser
import Foundation
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// The timeline and the logs of a run.
struct DetailsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "details",
        abstract: "Show a run: its steps, its events, the last words of its logs.",
        discussion: """
            pawl details                       the newest run
            pawl details --follow              live, until it ends or needs you
            pawl details --report run.txt      everything in one file, secrets removed, for whoever gives support
            """
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The run (default: the newest).") var run: String?
    @Flag(help: "Go on showing what happens.") var follow = false
    @Option(help: "Write everything to one file, without secrets.") var report: String?

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        let watching = Watching(workplace: workplace, options: options, streamsEvents: follow)
        let id = try watching.run(named: run)
        if let report {
            let view = try watching.view(of: id)
            await ClusterSite.learnSecrets(of: workplace)
            try RunFile(workplace, view).write(to: Workplace.absolute(report))
            if options.output == .json {
                Answer(options, isLine: follow).give(["report": Workplace.absolute(report)], text: "")
            }
            Output.remark("Written: \(report). Look through it before you send it.")
            return
        }
        if follow {
            let follower = Follower(workplace: workplace, form: options.output, streamsEvents: true)
            guard let view = try await follower.follow(id, expected: watching.expectations(without: id)) else {
                Output.remark("Run \(id) goes on by itself.")
                return
            }
            watching.answer(view)
            return
        }
        let view = try watching.view(of: id)
        guard options.output == .table else {
            watching.answer(view)
            return
        }
        let events = try workplace.store.entries(of: id, after: 0).map { EventView($0) }
        Output.text(events.filter { $0.kind != .progress }.map { LiveScreen.line($0) }.joined(separator: "\n"))
        let logs = RunLogs(folder: try workplace.data.folder(of: id)).tails(lines: 12)
        for log in logs { Output.text("\n── \(log.name) ──\n\(log.text)") }
        watching.answer(view)
    }
}
