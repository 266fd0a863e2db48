import ArgumentParser
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// An operator's decision to stop before the point of no return.
struct AbortCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "Stop a run before the point of no return and put everything back as it was."
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The run (default: the newest).") var run: String?

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        try await workplace.requireWritable()
        let watching = Watching(workplace: workplace, options: options)
        let id = try watching.run(named: run)
        try await Decisions(workplace).abort(id)
        let follower = Follower(workplace: workplace, form: options.output)
        guard let ended = try await follower.follow(id, expected: [:], until: { $0.declined != nil }) else {
            Output.remark("Run \(id) is asked to stop. Follow it with `pawl details --follow`.")
            return
        }
        if let declined = ended.declined, !ended.machine.hasEnded { throw declined }
        watching.answer(ended)
        switch ended.machine.phase {
        case .aborted: return
        case .needsOperator: throw Exit(status: .needsOperator)
        default: throw Exit(status: .refused)
        }
    }
}
