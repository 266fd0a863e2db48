import ArgumentParser

/// An operator's decision to go on after a failure.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Go on after a failure, with the same release or a newer, corrected one.",
        discussion: """
            pawl retry                    the same release again, from where it failed
            pawl retry --to 2026.11.20    a newer release in its place; the backup stays the one from before

            It never goes back: an older release is refused.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The run (default: the newest).") var run: String?
    @Option(help: "A newer release to put in the failed one's place.") var to: VersionArgument?
    @Flag(help: "What `restore --into` has brought back meanwhile is not used by the installation.")
    var restoredElsewhere = false
    @Flag(help: "Do not watch the run.") var detach = false

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        try await workplace.requireWritable()
        let watching = Watching(workplace: workplace, options: options)
        let id = try watching.run(named: run)
        try await Decisions(workplace).retry(id, to: to?.version, restoredElsewhere: restoredElsewhere)
        try await watching.end(of: id, detach: detach)
    }
}
