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
        try workplace.requireWritable()
        let watching = Watching(workplace: workplace, options: options)
        let id = try watching.run(named: run)
        let view = try watching.view(of: id)
        guard view.machine.choices.contains(.abort) else { throw Self.tooLate(view) }
        try workplace.store.leave(.abort(by: Workplace.person), for: id, at: Workplace.now())
        try await RunnerProcess(workplace: workplace).carryOn(id)
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

    static func tooLate(_ view: RunView) -> Trouble {
        let isPast = view.machine.isPastPointOfNoReturn
        var ways: [String] = []
        if view.machine.choices.contains(.retry) { ways.append("go forward with `pawl retry`") }
        if view.machine.choices.contains(.restore), let set = view.backup {
            ways.append("go back with `pawl restore --backup \(set)`")
        }
        let way = ways.joined(separator: ", or ")
        return Trouble(
            .operator,
            "cannot-abort",
            isPast
                ? "Run \(view.request.id) is past the point of no return: migrations may have changed the databases."
                : "Run \(view.request.id) cannot be aborted: it \(view.machine.phase.clause).",
            remedy: way.isEmpty ? "See `pawl details`." : way.prefix(1).uppercased() + way.dropFirst() + "."
        )
    }
}
