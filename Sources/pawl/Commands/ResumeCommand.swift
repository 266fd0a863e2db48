import ArgumentParser

/// Goes on with a run whose runner has died: what a timer calls.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a run whose runner has died, where nobody has to decide first.",
        discussion: """
            Starts a runner where a run has none, and does nothing otherwise: for a timer, after a reboot for one.
            `pawl upgrade` and the Admin Console do it too.
            """
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        if let id = try await Resuming(workplace).resume() { Output.remark("Going on with run \(id).") }
    }
}
