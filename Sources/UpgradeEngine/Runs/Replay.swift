package import UpgradeModel

/// A run as its journal tells it.
package struct Replay: Sendable {
    /// What was asked for.
    package let request: RunRequest
    /// Where it stands.
    package let machine: UpgradeMachine
    /// The effect that was begun and of which no outcome is known.
    package let openIntent: Effect?

    /// Replays the rows of one run, oldest first.
    ///
    /// - Parameters:
    ///   - id: the run.
    ///   - entries: its rows.
    ///   - each: is shown each row, and the machine after it.
    /// - Throws: code `unreadable-run` where the rows do not tell a legal story.
    package init(
        of id: RunID,
        from entries: [JournalEntry],
        each: (JournalEntry, UpgradeMachine) -> Void = { _, _ in }
    ) throws(Trouble) {
        guard case .created(let request)? = entries.first?.payload else {
            throw Trouble(
                .operator,
                "unknown-run",
                "There is no run \(id).",
                remedy: "List the runs with `pawl history`."
            )
        }
        self.request = request
        var machine = try UpgradeMachine(request.plan)
        var intent: Effect?
        for entry in entries {
            switch entry.payload {
            case .event(let event):
                do throws(IllegalEvent) {
                    _ = try machine.handle(event)
                } catch {
                    throw Trouble(
                        .internal,
                        "unreadable-run",
                        "Row \(entry.id) of the journal cannot follow the rows before it (state \(error.state)).",
                        remedy: "Keep the data folder as it is and send it to the makers of Pawl."
                    )
                }
                intent = nil
            case .intent(let effect): intent = effect
            case .created, .progress, .taken, .declined: break
            }
            each(entry, machine)
        }
        self.machine = machine
        openIntent = intent
    }
}
