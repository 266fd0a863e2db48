import ArgumentParser
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

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
    @Flag(help: "Do not watch the run.") var detach = false

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        try workplace.requireWritable()
        let watching = Watching(workplace: workplace, options: options)
        let id = try watching.run(named: run)
        let view = try watching.view(of: id)
        guard view.machine.choices.contains(.retry), let hop = view.machine.hop else {
            throw Trouble(
                .operator,
                "cannot-retry",
                "Run \(id) does not wait for a retry: it \(view.machine.phase.clause).",
                remedy: view.machine.hasEnded ? "Start a new one with `pawl upgrade`." : "See `pawl details`."
            )
        }
        if view.machine.restore != nil, let target = to?.version, target != hop.target {
            throw Trouble(
                .operator,
                "cannot-retry",
                "Run \(id) restores \(hop.target); no other release belongs to the databases that it brings back.",
                remedy: "Go on with it: `pawl retry`. Upgrade afterwards."
            )
        }
        if let target = to?.version, target != hop.target { try await checkLegal(target, after: hop.target, workplace) }
        try workplace.store.leave(
            .retry(by: Workplace.person, target: to?.version),
            for: id,
            at: Workplace.now()
        )
        try await RunnerProcess(workplace: workplace).carryOn(id)
        try await watching.end(of: id, detach: detach)
    }

    /// A newer release may take the failed one's place if one hop leads from there to it.
    private func checkLegal(_ target: ReleaseVersion, after failed: ReleaseVersion, _ workplace: Workplace) async throws
    {
        let catalog = try CatalogBook(workplace).ask()
        let plan = Planner.plan(
            PlanRequest(
                deployment: Standpoint.deployment,
                origin: .observed(.init(version: failed)),
                highWaterMark: failed,
                target: target,
                packageVersion: Standpoint.packageVersion(of: workplace.product, in: try? workplace.environment()),
                consoleVersion: catalog.header.countsConsoleAsPawl ? PawlVersion.value : nil
            ),
            in: catalog
        )
        if let refusal = plan.refusal { throw refusal.trouble }
        guard plan.hops.count == 1 else {
            throw Trouble(
                .operator,
                "no-single-hop",
                "No single hop leads from \(failed) to \(target); \(plan.hops.first?.release.version.text ?? "another") comes first.",
                remedy: "Retry with that release, then upgrade further."
            )
        }
    }
}
