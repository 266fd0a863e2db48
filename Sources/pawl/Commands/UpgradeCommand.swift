import ArgumentParser
import Foundation
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Runs the plan, or goes on with a run that nobody carries.
struct UpgradeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade",
        abstract: "Take the installation forward, hop by hop, each with a backup proven to restore.",
        discussion: """
            pawl upgrade                       to the newest release; asks once before anything stops
            pawl upgrade --to 2026.7.20 --yes  to one release, without asking
            pawl upgrade --rehearse            try each hop's migrations on a scratch copy first
            pawl upgrade --dry-run             only show what would be done

            A run that was interrupted is continued. Ctrl-C only ends the watching, never the run.
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The release to go to (default: the newest).") var to: VersionArgument?
    @Flag(help: "Do not ask.") var yes = false
    @Flag(help: "Start the run and do not watch it.") var detach = false
    @Flag(help: "Show the commands, the downtime and the disk needed; change nothing.") var dryRun = false
    @Flag(help: "Try each hop's migrations on a scratch copy before anything stops.") var rehearse = false
    @Flag(help: "With -o json: print every event, one a line, before the run.") var follow = false
    @Flag(help: "Consider prereleases too.") var prereleases = false

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        try await workplace.requireWritable()
        let runner = RunnerProcess(workplace: workplace)
        if let open = try RunnerProcess.openRun(in: workplace) {
            try await goOn(with: open, runner)
            return
        }
        try workplace.requireDirectory()
        let place = try await Standpoint(workplace)
        let plan = try place.plan(to: to?.version, prereleases: prereleases)
        guard plan.refusal == nil, !plan.hops.isEmpty else {
            let report = PlanReport(plan, support: workplace.product.supportWindow)
            Answer(options, isLine: follow).give(report, text: report.text)
            if plan.refusal != nil { throw Exit(status: .refused) }
            return
        }
        let observation = try await Interruption.looking {
            try await Sites.with(workplace) { try await Gatherer($0, place).observation(for: plan.hops[0].release) }
        }
        let preflight = PreflightReport(of: observation, checks: workplace.checks)
        if dryRun {
            let report = try await Sites.with(workplace) { site in
                try await DryRun(site: site, plan: plan, observation: observation).report()
            }
            Answer(options, isLine: follow).give(report, text: report.text)
            if preflight.outcome == .fail { throw Exit(status: .refused) }
            return
        }
        // One that somebody began while we looked is no fault of the installation.
        if try RunnerProcess.openRun(in: workplace) != nil { throw try RunnerProcess.another(in: workplace) }
        guard preflight.outcome != .fail else {
            let report = PreflightDocument(preflight)
            Answer(options, isLine: follow).give(report, text: report.text)
            throw Exit(status: .refused)
        }
        if options.output == .table {
            Output.text(PlanReport(plan, support: workplace.product.supportWindow).text)
            Output.text("")
            Output.text(PreflightDocument(preflight).summary)
            Output.text("")
        }
        let rehearses = rehearse || workplace.installation.rehearsal == .always
        if rehearses { try await checkRehearsal(workplace) }
        // Whoever types the command means it; they may not know of the windows.
        if let remark = Automation(workplace).remarkOutsideWindow { Output.remark(remark) }
        try Agreement.ask(
            "Services that write will be stopped. Upgrade now? Type yes: ",
            of: "the upgrade",
            yes: yes
        )
        let id = try await runner.start(
            RunPlan(
                from: plan.from,
                hops: plan.hops.map(\.release.version),
                highWaterMark: place.highWaterMark,
                rehearses: rehearses
            )
        )
        try await Watching(workplace: workplace, options: options, streamsEvents: follow).end(of: id, detach: detach)
    }

    /// Refuses at once what would be refused by the run.
    private func checkRehearsal(_ workplace: Workplace) async throws {
        let obstacle = try await Sites.with(workplace) { try await $0.obstacleToRehearsals() }
        if let obstacle { throw obstacle }
    }

    /// A run that has not ended stands before everything else.
    private func goOn(with open: RunView, _ runner: RunnerProcess) async throws {
        let id = open.request.id
        if let target = to?.version, let mark = open.machine.plan.highWaterMark, target < mark {
            // There is no way back, whatever becomes of the run: waiting for its end would not help.
            throw Trouble(
                .operator,
                "below-high-water-mark",
                "Migrations of \(mark) have started here, so \(target) can never be deployed over them.",
                remedy: "Go on with run \(id), or restore a backup: see `pawl details`."
            )
        }
        if let target = to?.version, let last = open.machine.plan.hops.last, target != last {
            throw Trouble(
                .operator,
                "another-target",
                "Run \(id), on the way to \(last), \(open.machine.phase.clause); \(target) cannot be begun.",
                remedy: "See `pawl details`. A newer release can take a failed one's place: `pawl retry --to RELEASE`."
            )
        }
        if dryRun {
            throw Trouble(
                .operator,
                "run-open",
                "Run \(id) has not ended, so nothing else can be planned.",
                remedy: "See `pawl details`."
            )
        }
        let waits =
            try open.machine.phase == .needsOperator
            && runner.workplace.store.openDecision(for: id) == nil
        if !waits { try await runner.carryOn(id) }
        Output.remark(waits ? "Run \(id) waits for an operator." : "Going on with run \(id).")
        try await Watching(workplace: runner.workplace, options: options, streamsEvents: follow)
            .end(of: id, detach: detach && !waits)
    }
}
