import AdminConsole
import Foundation
import Postgres
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// The console's desk over a real installation: what the commands do, for whoever sits in front of a browser.
///
/// Where looking leaves files behind while it looks, they are named after the process: one at a time may look.
struct InstallationDesk: Desk {
    let workplace: Workplace
    private let turns = Turns()
    /// Each job sees the one that was begun before it.
    private let beginning = Turns()
    private let ended = EndedRuns()
    private let passed = PassedChecks()
    private let seen = PassedLooks()
    private let probe = WriteProbe()
    /// What everybody looks at, and what takes long: who asks for the one does not wait for the other.
    private let looking = ReadingThread("looks")
    private let exporting = ReadingThread("exports")

    init(workplace: Workplace) { self.workplace = workplace }

    var title: String { workplace.product.title }

    func status() async throws -> StatusReport {
        StatusReport(
            try await StatusScout(workplace).facts(
                Task { try await Sites.observe(workplace) }
            )
        )
    }

    func services() async throws -> ServicesReport {
        ServicesReport(try await Sites.observe(workplace).services, observedAt: Workplace.now())
    }

    func releases() async throws -> ReleasesReport { try await Offers(workplace).report }

    func release(_ version: ReleaseVersion) async throws -> ReleaseReport {
        let offers = try await Offers(workplace)
        return try offers.catalog.report(
            on: version,
            support: workplace.product.supportWindow,
            installed: offers.installed,
            reachable: offers.reachable
        )
    }

    func plan(to target: ReleaseVersion?) async throws -> PlanReport {
        PlanReport(try await Standpoint(workplace).plan(to: target), support: workplace.product.supportWindow)
    }

    func backups() async throws -> BackupListReport { try BackupShelf(workplace).listing() }

    func backup(_ id: BackupSetID) async throws -> BackupReport {
        let shelf = BackupShelf(workplace)
        return try shelf.report(on: ListedSet(shelf.set(named: id.text)))
    }

    func retention() async throws -> PruneReport { try await Pruning(workplace).preview() }

    func jobs() async throws -> JobListReport { JobListReport(jobs: Jobs(workplace).all()) }

    func job(_ id: RunID) async throws -> JobReport { try Jobs(workplace).report(on: id) }

    func restoreOutlook(of id: BackupSetID, identity: String?) async throws -> RestoreOutlookReport {
        let set = try BackupShelf(workplace).set(named: id.text)
        let plan = try await Restoring(workplace).plan(of: set, identity: identity)
        return try await turns.take { [workplace, seen] in
            let (observation, installed) = try await Restoring(workplace).look(set, plan)
            seen.note(observation, installed: installed, at: try workplace.store.newest().event)
            return RestoreOutlookReport(observation)
        }
    }

    func runs() async throws -> HistoryReport {
        let views = self.views
        return try await looking.read { [workplace, ended] in
            var runs = try ended.views(of: workplace.store)
            // Only the newest can be open.
            if let newest = runs.last { runs[runs.count - 1].standing = try views.standing(of: newest) }
            var history = HistoryReport(runs)
            let redaction = Redaction(of: workplace)
            history.runs = history.runs.map { redaction.clean($0) }
            return history
        }
    }

    func run(_ id: RunID) async throws -> RunReport {
        try await looking.read { [workplace, views] in
            Redaction(of: workplace).clean(RunReport(try views.view(of: id)))
        }
    }

    func decision(about id: RunID) async throws -> Decision? {
        try await looking.read { [workplace] in try workplace.store.newestDecision(for: id) }
    }

    func span(of id: RunID) async throws -> ClosedRange<Int64> {
        try await looking.read { [workplace] in
            guard let span = try workplace.store.span(of: id) else { throw Self.unknown(id) }
            return span
        }
    }

    func events(of id: RunID?, after event: Int64) async throws -> [EventReport] {
        try await events(on: looking) { try $0.entries(of: id, after: event) }
    }

    func events(of id: RunID, after event: Int64, through last: Int64) async throws -> [EventReport] {
        try await events(on: looking) { try $0.entries(of: id, after: event, through: last) }
    }

    func newestEvents(of id: RunID, most: Int) async throws -> [EventReport] {
        try await events(on: looking) { try $0.newestEntries(of: id, most: most) }
    }

    func story(of id: RunID, withProgress: Bool) async throws -> [EventReport] {
        try await events(on: exporting) { store in
            guard !withProgress else { return try store.entries(of: id, after: 0) }
            return try store.outline(of: id).entries.filter { entry in
                if case .progress = entry.payload { false } else { true }
            }
        }
    }

    private func events(
        on thread: ReadingThread,
        _ entries: @escaping @Sendable (StateStore) throws -> [JournalEntry]
    ) async throws -> [EventReport] {
        try await thread.read { [workplace] in
            let redaction = Redaction(of: workplace)
            return try entries(workplace.store).map { redaction.clean(EventReport(EventView($0))) }
        }
    }

    func logs(of id: RunID) async throws -> [LogTail] {
        try await looking.read { [self] in
            let redaction = Redaction(of: workplace)
            try redaction.requireWhole()
            return try logFiles(of: id).ends(bytes: 16 << 10).map { tail($0, redaction) }
        }
    }

    func log(_ name: String, of id: RunID, bytes: Int) async throws -> LogTail {
        try await exporting.read { [self] in
            guard let log = try logFiles(of: id).end(named: name, bytes: UInt64(bytes)) else {
                throw Trouble(
                    .operator,
                    "unknown-log",
                    "Run \(id) has no log of this name.",
                    remedy: "Ask for the list of its logs."
                )
            }
            let redaction = Redaction(of: workplace)
            try redaction.requireWhole()
            return tail(log, redaction)
        }
    }

    private func tail(_ log: RunLogs.Log, _ redaction: Redaction) -> LogTail {
        LogTail(name: log.name, text: redaction.clean(log.text), omittedBytes: log.omitted)
    }

    private func logFiles(of id: RunID) throws -> RunLogs {
        // Naming the folder makes it, which nobody may do by asking.
        guard try workplace.store.span(of: id) != nil else { throw Self.unknown(id) }
        return RunLogs(folder: try workplace.data.folder(of: id))
    }

    func pulse() async throws -> Pulse {
        let newest = try workplace.store.newest()
        return Pulse(
            event: newest.event,
            backups: newest.backups,
            checkedAt: newest.checkedAt,
            jobs: Jobs(workplace).pulse
        )
    }

    func changes() -> AsyncStream<Void> { workplace.store.changes(every: .milliseconds(25)) }

    func check() async throws -> CheckReport { try await Offers.news(of: workplace) }

    func preflight(to target: ReleaseVersion?) async throws -> PreflightDocument {
        try await turns.take {
            let place = try await Standpoint(workplace)
            let plan = try place.plan(to: target)
            if let refusal = plan.refusal { throw refusal.trouble }
            guard let hop = plan.hops.first else {
                return PreflightDocument(PreflightReport(target: plan.to, findings: []))
            }
            return PreflightDocument(try await check(hop.release, place))
        }
    }

    private func check(_ release: Release, _ place: Standpoint) async throws -> PreflightReport {
        let report = try await Sites.with(workplace) { try await Gatherer($0, place).report(for: release) }
        passed.note(report, at: try workplace.store.newest().event)
        return report
    }

    func dryRun(to target: ReleaseVersion?, looking: @escaping @Sendable (LookProgress) -> Void) async throws
        -> DryRunReport
    {
        // Looks of one process share a folder, so this one takes its turn like the others.
        try await turns.take {
            let place = try await Standpoint(workplace)
            let plan = try place.plan(to: target)
            if let refusal = plan.refusal { throw refusal.trouble }
            guard let hop = plan.hops.first else { throw Self.upToDate(plan.from) }
            return try await Sites.with(workplace) { site in
                let observation = try await Gatherer(site, place).observation(for: hop.release, looking: looking)
                let preflight = PreflightReport(of: observation, checks: workplace.checks)
                passed.note(preflight, at: try workplace.store.newest().event)
                return try await DryRun(site: site, plan: plan, observation: observation).report()
            }
        }
    }

    func upgrade(
        to target: ReleaseVersion?,
        rehearse: Bool,
        by person: String,
        whileAllowed requireAllowed: @escaping @Sendable () throws -> Void
    ) async throws -> RunReport {
        try await workplace.requireWritable()
        try workplace.requireCurrent()
        guard try RunnerProcess.openRun(in: workplace) == nil else { throw try RunnerProcess.another(in: workplace) }
        try workplace.requireDirectory()
        let rehearses = rehearse || workplace.installation.rehearsal == .always
        let id = try await turns.take(isUrgent: true) {
            let place = try await Standpoint(workplace)
            let plan = try place.plan(to: target)
            if let refusal = plan.refusal { throw refusal.trouble }
            guard let hop = plan.hops.first else { throw Self.upToDate(plan.from) }
            // The run checks again, before it stops anything; that its first hop is refused is better told at once.
            if try !passed.holds(for: hop.release.version, at: workplace.store.newest().event) {
                let report = try await check(hop.release, place)
                if report.outcome == .fail { throw RefusedByChecks(PreflightDocument(report)) }
            }
            if rehearses, let obstacle = try await Sites.with(workplace, { try await $0.obstacleToRehearsals() }) {
                throw obstacle
            }
            // Looking takes its time.
            try requireAllowed()
            return try await RunnerProcess(workplace: workplace).start(
                RunPlan(
                    from: plan.from,
                    hops: plan.hops.map(\.release.version),
                    highWaterMark: place.highWaterMark,
                    rehearses: rehearses
                ),
                by: person
            )
        }
        return try await run(id)
    }

    private static func upToDate(_ installed: ReleaseVersion) -> Trouble {
        Trouble(.operator, "up-to-date", "\(installed) is installed already.", remedy: "There is nothing to do.")
    }

    func restore(_ id: BackupSetID, identity: String?, by person: String) async throws -> RunReport {
        try await workplace.requireWritable()
        try workplace.requireCurrent()
        let set = try BackupShelf(workplace).set(named: id.text)
        let restoring = Restoring(workplace)
        let plan = try await restoring.plan(of: set, identity: identity)
        try restoring.requireFree()
        let begun = try await turns.take(isUrgent: true) { [workplace, seen] in
            // The run looks again, before it stops anything.
            if let pass = seen.pass(for: plan, at: try workplace.store.newest().event) {
                return try await restoring.begin(plan, from: pass.installed, by: person)
            }
            let (observation, installed) = try await restoring.look(set, plan)
            let report = PreflightReport(of: observation)
            guard report.outcome != .fail else {
                throw RefusedByChecks(PreflightDocument(report, before: "restore"))
            }
            return try await restoring.begin(plan, from: installed, by: person)
        }
        return try await run(begun)
    }

    func backUp(by person: String) async throws -> JobReport {
        try workplace.requireCurrent()
        return try await begin(.backup, by: person)
    }

    private func begin(_ kind: Jobs.Kind, by person: String) async throws -> JobReport {
        let jobs = Jobs(workplace)
        let id = try await beginning.take(isUrgent: true) { try await jobs.start(kind, by: person) }
        return try jobs.report(on: id)
    }

    func prove(
        _ id: BackupSetID,
        identity: String?,
        acceptsChanged: Bool,
        by person: String
    ) async throws -> JobReport {
        try workplace.requireCurrent()
        return try await begin(.proof(of: id, identity: identity, acceptsChanged: acceptsChanged), by: person)
    }

    func prune(_ ids: Set<String>) async throws -> PruneReport {
        try workplace.requireCurrent()
        return try await Pruning(workplace).prune(dryRun: false) { report in
            guard Set(report.removed.map(\.id)) == ids else {
                throw Trouble(
                    .operator,
                    "preview-outdated",
                    "What would be removed now is not what was agreed to.",
                    remedy: "Look at the preview again, then agree to that."
                )
            }
        }
    }

    func requireReady() async throws {
        if let trouble = workplace.store.safeMode { throw trouble }
        _ = try workplace.store.newest()
        try probe.requireWritable(workplace.data.path)
    }

    func retry(_ id: RunID, to target: ReleaseVersion?, by person: String, restoredElsewhere: Bool) async throws
        -> RunReport
    {
        try await workplace.requireWritable()
        try await Decisions(workplace).retry(id, to: target, by: person, restoredElsewhere: restoredElsewhere)
        return try await run(id)
    }

    func replacements(for id: RunID) async throws -> [ReleaseVersion] {
        try await Decisions(workplace).replacements(for: id)
    }

    func abort(_ id: RunID, by person: String) async throws -> RunReport {
        try await workplace.requireWritable()
        try await Decisions(workplace).abort(id, by: person)
        return try await run(id)
    }

    /// The runs as the commands show them, with the times that steps may take.
    private var views: RunViews { RunViews(workplace, ended) }

    private static func unknown(_ id: RunID) -> Trouble {
        Trouble(.operator, "unknown-run", "There is no run \(id).", remedy: "See the history.")
    }
}
