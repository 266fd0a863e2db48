import Foundation
import Reports
import Simulators
import StateStore
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

/// A desk over a real journal and an installation that is only told of: runs are written down, and carried by the test.
final class SimulatedDesk: Desk {
    struct State {
        /// What the source offers.
        var catalog = Catalog.validating([
            CatalogEntry(version: "2026.1.1", releasedAt: "2026-01-01"),
            CatalogEntry(version: "2026.2.1", releasedAt: "2026-02-01"),
        ])
        var installed = Story.releases.first
        /// How often the installation was looked at, and how many looks went on at a time at most.
        var looks = 0
        var looksNow = 0
        var looksAtOnce = 0
        /// How often events were read, those that come and pieces of those that were before.
        var reads = 0
        var pieces = 0
        /// What a tool has written, instead of a few words.
        var log = "dumping"
        var findings: [Finding] = []
        var services: [ServicesReport.Service] = [
            .init(
                name: "api",
                version: "2026.1.1",
                containers: [
                    .init(
                        name: "demo-api-1",
                        condition: .healthy,
                        image: "demo/api:2026.1.1",
                        startedAt: "2026-11-18T00:00:00Z",
                        restarts: 0,
                        exitCode: nil
                    )
                ]
            )
        ]
        /// Whether the Engine hangs.
        var isHung = false
        /// Why the Engine cannot be asked.
        var engine: Trouble?
        var jobs: [JobReport] = []
        /// Whether somebody carries runs that have not ended.
        var isCarried: Bool? = true
        /// Why the records cannot be used.
        var safeMode: Trouble?
        /// Whether a run or a job that is open keeps others from beginning.
        var holdsOneRun = false
        /// The backup sets that there are.
        var sets: [BackupReport] = []
        /// Whether the checks of a restore stumble over a run that is at work.
        var looksBeforeRestore = false
        /// Why a retry is refused, but where what was restored is said to be used elsewhere.
        var restoredOutside: Trouble?
        /// What may take the place of a release that failed.
        var replacements: [ReleaseVersion] = []
        /// What each release has published with it.
        var notes: String?
        /// Why events cannot be read.
        var unreadable: Trouble?
    }

    let store: StateStore
    let state = Mutex(State())
    let title = "Demo"

    private var catalog: Catalog { state.withLock { $0.catalog } }
    private let support: SupportPolicy
    static let now = Moment(microseconds: 1_795_000_000_000_000)

    init(_ store: StateStore) throws {
        self.store = store
        support = try #require(SupportPolicy(months: 12))
    }

    private var installed: ReleaseVersion? { state.withLock { $0.installed } }

    private func plan(_ target: ReleaseVersion?) throws -> UpgradePlan {
        guard let installed else {
            throw Trouble(.operator, "nothing-installed", "Nothing runs.", remedy: "Start it.")
        }
        return Planner.plan(
            PlanRequest(deployment: .singleVM, origin: .observed(.init(version: installed)), target: target),
            in: catalog
        )
    }

    // MARK: Shown

    func status() async throws -> StatusReport {
        state.withLock { state in
            state.looks += 1
            state.looksNow += 1
            state.looksAtOnce = max(state.looksAtOnce, state.looksNow)
        }
        defer { state.withLock { $0.looksNow -= 1 } }
        await Task.yield()
        while state.withLock({ $0.isHung }) { try await Task.sleep(for: .milliseconds(5)) }
        return StatusReport(
            StatusReport.Facts(
                product: Product(name: "demo", title: title, supportWindow: support, databases: []),
                deployment: .singleVM,
                installed: installed,
                drifted: [],
                isRunning: true,
                catalog: catalog,
                plan: try? plan(nil),
                today: Self.now.day,
                sets: [],
                highWaterMark: try store.highWaterMark(),
                run: nil,
                troubles: []
            )
        )
    }

    func services() async throws -> ServicesReport {
        if let trouble = state.withLock({ $0.engine }) { throw trouble }
        while state.withLock({ $0.isHung }) { try await Task.sleep(for: .milliseconds(5)) }
        return ServicesReport(state.withLock { $0.services }, observedAt: Self.now)
    }

    func releases() async throws -> ReleasesReport {
        ReleasesReport(catalog, support: support, today: Self.now.day, installed: installed, reachable: [])
    }

    func release(_ version: ReleaseVersion) async throws -> ReleaseReport {
        guard let release = catalog.release(version) else {
            throw Trouble(.operator, "unknown-release", "There is no \(version).", remedy: "See the list.")
        }
        let row = ReleaseRow(release, support: support, today: Self.now.day, installed: false, reachable: true)
        var report = ReleaseReport(release, row: row)
        report.notes = state.withLock { $0.notes }
        return report
    }

    func plan(to target: ReleaseVersion?) async throws -> PlanReport {
        PlanReport(try plan(target), support: support)
    }

    func backups() async throws -> BackupListReport { BackupListReport([], debris: []) }

    func backup(_ id: BackupSetID) async throws -> BackupReport {
        guard let set = state.withLock({ $0.sets.first { $0.id == id.description } }) else { throw Self.unknown(id) }
        return set
    }

    func retention() async throws -> PruneReport { PruneReport(kept: [], removed: [], dryRun: true) }

    func runs() async throws -> HistoryReport {
        HistoryReport(try store.runs().map { try view(of: $0.id) })
    }

    func run(_ id: RunID) async throws -> RunReport { RunReport(try view(of: id)) }

    private func view(of id: RunID) throws -> RunView {
        var view = try RunView(of: id, from: store.entries(of: id, after: 0))
        view.standing.decision = try store.openDecision(for: id)?.decision
        view.standing.isCarried = view.machine.hasEnded ? nil : state.withLock { $0.isCarried }
        return view
    }

    func decision(about id: RunID) async throws -> Decision? { try store.newestDecision(for: id) }

    func events(of id: RunID?, after event: Int64) async throws -> [EventReport] {
        state.withLock { $0.reads += 1 }
        if let trouble = state.withLock({ $0.unreadable }) { throw trouble }
        return try store.entries(of: id, after: event).map { EventReport(EventView($0)) }
    }

    func span(of id: RunID) async throws -> ClosedRange<Int64> {
        guard let span = try store.span(of: id) else {
            throw Trouble(.operator, "unknown-run", "There is no run \(id).", remedy: "See the history.")
        }
        return span
    }

    func events(of id: RunID, after event: Int64, through last: Int64) async throws -> [EventReport] {
        state.withLock { $0.pieces += 1 }
        return try store.entries(of: id, after: event, through: last).map { EventReport(EventView($0)) }
    }

    func newestEvents(of id: RunID, most: Int) async throws -> [EventReport] {
        try store.newestEntries(of: id, most: most).map { EventReport(EventView($0)) }
    }

    func story(of id: RunID, withProgress: Bool) async throws -> [EventReport] {
        try store.entries(of: id, after: 0).map { EventReport(EventView($0)) }
            .filter { withProgress || $0.kind != EventView.Kind.progress.rawValue }
    }

    func logs(of id: RunID) async throws -> [LogTail] {
        _ = try await run(id)
        return [tail(64)]
    }

    private func tail(_ bytes: Int) -> LogTail {
        let log = state.withLock { $0.log }
        return LogTail(
            name: "dump.log",
            text: String(log.suffix(bytes)),
            omittedBytes: UInt64(max(0, log.utf8.count - bytes))
        )
    }

    func log(_ name: String, of id: RunID, bytes: Int) async throws -> LogTail {
        guard try await logs(of: id).contains(where: { $0.name == name }) else {
            throw Trouble(.operator, "unknown-log", "There is no such log.", remedy: "See the list.")
        }
        return tail(bytes)
    }

    func jobs() async throws -> JobListReport { JobListReport(jobs: state.withLock { $0.jobs }) }

    func job(_ id: RunID) async throws -> JobReport {
        guard let job = state.withLock({ $0.jobs.first { $0.id == id.description } }) else {
            throw Trouble(.operator, "unknown-job", "There is no job \(id).", remedy: "See the list.")
        }
        return job
    }

    func restoreOutlook(of id: BackupSetID, identity: String?) async throws -> RestoreOutlookReport {
        throw Self.unknown(id)
    }

    func pulse() async throws -> Pulse {
        let newest = try store.newest()
        let jobs = state.withLock { $0.jobs.map(\.state).joined(separator: " ") }
        return Pulse(event: newest.event, backups: newest.backups, checkedAt: newest.checkedAt, jobs: jobs)
    }

    func changes() -> AsyncStream<Void> { store.changes(every: .milliseconds(10)) }

    // MARK: Asked for

    func check() async throws -> CheckReport {
        CheckReport(
            checkedAt: Self.now,
            source: "file:///srv/releases",
            new: [],
            catalog: catalog,
            support: support,
            today: Self.now.day,
            installed: installed,
            reachable: []
        )
    }

    func preflight(to target: ReleaseVersion?) async throws -> PreflightDocument {
        let plan = try plan(target)
        if let refusal = plan.refusal { throw refusal.trouble }
        return PreflightDocument(PreflightReport(target: plan.to, findings: state.withLock { $0.findings }))
    }

    func dryRun(to target: ReleaseVersion?, looking: @escaping @Sendable (LookProgress) -> Void) async throws
        -> DryRunReport
    {
        DryRunReport(
            plan: try await plan(to: target),
            preflight: try await preflight(to: target),
            commands: [],
            downtime: nil,
            disk: []
        )
    }

    func upgrade(
        to target: ReleaseVersion?,
        rehearse: Bool,
        by person: String,
        whileAllowed requireAllowed: @escaping @Sendable () throws -> Void
    ) async throws -> RunReport {
        if state.withLock(\.holdsOneRun), try await runs().runs.contains(where: { $0.endedAt == nil }) {
            throw Self.another
        }
        let plan = try plan(target)
        if let refusal = plan.refusal { throw refusal.trouble }
        let checks = try await preflight(to: target)
        if checks.outcome == "fail" { throw RefusedByChecks(checks) }
        try requireAllowed()
        return try await run(
            begin(RunPlan(from: plan.from, hops: plan.hops.map(\.release.version), highWaterMark: nil), by: person)
        )
    }

    func restore(_ id: BackupSetID, identity: String?, by person: String) async throws -> RunReport {
        let release = try ReleaseVersion(try await backup(id).release)
        let plan = RestorePlan(set: id, release: release, databases: ["demo"], identity: identity)
        guard let open = try await runs().runs.first(where: { $0.endedAt == nil }), let run = RunID(open.id) else {
            return try await self.run(
                begin(RunPlan(restoring: plan, from: release, highWaterMark: nil), by: person)
            )
        }
        if state.withLock(\.looksBeforeRestore), !open.isWaiting {
            let finding = Finding(check: "x", title: "At work", outcome: .fail, message: "A run is.", remedy: "Wait.")
            throw RefusedByChecks(PreflightDocument(PreflightReport(target: release, findings: [finding])))
        }
        guard open.choices.contains("restore") else { throw Self.another }
        try store.leave(.restore(by: person, plan: plan), for: run, at: Self.now)
        return try await self.run(run)
    }

    func retry(_ id: RunID, to target: ReleaseVersion?, by person: String, restoredElsewhere: Bool) async throws
        -> RunReport
    {
        let run = try await run(id)
        guard run.choices.contains("retry") else {
            throw Trouble(.operator, "cannot-retry", "Run \(id) does not wait for a retry.", remedy: "See it.")
        }
        if !restoredElsewhere, let trouble = state.withLock({ $0.restoredOutside }) { throw trouble }
        try store.leave(.retry(by: person, target: target), for: id, at: Self.now)
        return run
    }

    func replacements(for id: RunID) async throws -> [ReleaseVersion] {
        let run = try await run(id)
        return run.choices.contains("retry") ? state.withLock { $0.replacements } : []
    }

    func abort(_ id: RunID, by person: String) async throws -> RunReport {
        let run = try await run(id)
        guard run.choices.contains("abort") else {
            throw Trouble(.operator, "cannot-abort", "Run \(id) cannot be aborted.", remedy: "See it.")
        }
        try store.leave(.abort(by: person), for: id, at: Self.now)
        return run
    }

    func backUp(by person: String) async throws -> JobReport { try begin("backup", nil, by: person) }

    func prove(_ id: BackupSetID, identity: String?, acceptsChanged: Bool, by person: String) async throws -> JobReport
    {
        _ = try await backup(id)
        return try begin("proof", id, by: person)
    }

    private func begin(_ kind: String, _ set: BackupSetID?, by person: String) throws -> JobReport {
        try state.withLock { state in
            if state.holdsOneRun, state.jobs.contains(where: { $0.state == "running" }) { throw Self.another }
            let job = JobReport(
                id: "20261118-000000-000\(state.jobs.count + 1)",
                kind: kind,
                state: .running,
                startedAt: Self.now,
                startedBy: person,
                endedAt: nil,
                seconds: 0,
                backup: set,
                progress: nil,
                result: nil,
                error: nil
            )
            state.jobs.append(job)
            return job
        }
    }

    func prune(_ ids: Set<String>) async throws -> PruneReport {
        guard ids.isEmpty else {
            throw Trouble(.operator, "preview-outdated", "It is not what would be removed.", remedy: "Look again.")
        }
        return PruneReport(kept: [], removed: [], dryRun: false)
    }

    func requireReady() async throws {
        if let trouble = state.withLock({ $0.safeMode }) { throw trouble }
    }

    private static var another: Trouble {
        Trouble(.operator, "another-run", "A run holds the installation.", remedy: "See it.")
    }

    private static func unknown(_ id: BackupSetID) -> Trouble {
        Trouble(.operator, "unknown-backup", "There is no backup set \(id).", remedy: "See the list.")
    }

    // MARK: Carrying runs

    /// Writes a run down.
    @discardableResult
    func begin(_ plan: RunPlan, by person: String = "root@test") throws -> RunID {
        let id = RunID(startedAt: Self.now, salt: UInt16(try store.runs().count))
        let lease = try store.takeLease(owner: "test", at: Self.now)
        let request = RunRequest(id: id, plan: plan, startedBy: person, startedAt: Self.now)
        _ = try store.append([.created(request)], to: id, at: Self.now, under: lease, highWaterMark: nil)
        return id
    }

    /// Writes a run down that has yet to be carried.
    func begin() throws -> RunID {
        try begin(RunPlan(from: Story.releases[0], hops: [Story.releases[1]], highWaterMark: nil))
    }

    /// Carries a run until it ends or waits, or until an effect of the last kind, which is at work for good; effects of
    /// the failing kinds fail, in that hop.
    func carry(
        _ id: RunID,
        failing kinds: Effect.Kind...,
        inHop hop: Int = 0,
        until last: Effect.Kind? = nil
    ) throws {
        let replay = try Replay(of: id, from: store.entries(of: id, after: 0))
        var machine = replay.machine
        let lease = try store.takeLease(owner: "test", at: Self.now)
        func write(_ rows: [Payload]) throws {
            _ = try store.append(rows, to: id, at: Self.now, under: lease, highWaterMark: nil)
        }
        if machine.phase == .planned {
            _ = try machine.handle(.started)
            try write([.event(.started)] + (machine.pending.map { [.intent($0)] } ?? []))
        }
        while let effect = machine.pending, effect.kind != last {
            let isFailing = kinds.contains(effect.kind) && effect.hop == hop
            let trouble = Trouble(.release, "migration-failed", "It failed.", changed: true, remedy: "Retry.")
            let event: Event =
                isFailing ? .failed(effect, trouble) : .succeeded(effect, try Story.outcome(of: effect))
            _ = try machine.handle(event)
            try write([.event(event)] + (machine.pending.map { [.intent($0)] } ?? []))
        }
    }

    /// Takes up what was decided about a run, as its runner does, and goes no further.
    func takeUp(_ id: RunID) throws {
        let (number, decision) = try #require(try store.openDecision(for: id))
        var machine = try Replay(of: id, from: store.entries(of: id, after: 0)).machine
        let effects = try machine.handle(decision.event)
        let lease = try store.takeLease(owner: "test", at: Self.now)
        _ = try store.append(
            [.event(decision.event)] + effects.map { .intent($0) },
            to: id,
            at: Self.now,
            under: lease,
            highWaterMark: nil,
            answering: number
        )
    }

    /// Declines what somebody wishes of a run, as a runner does past the point of no return.
    func decline(_ id: RunID) throws {
        let (number, decision) = try #require(try store.openDecision(for: id))
        let why = Trouble(.operator, "too-late", "The point of no return is passed.", remedy: "Wait.")
        let lease = try store.takeLease(owner: "test", at: Self.now)
        _ = try store.append(
            [.declined(decision, why)],
            to: id,
            at: Self.now,
            under: lease,
            highWaterMark: nil,
            answering: number
        )
    }

    /// A set of the release that runs at first.
    static func set(_ name: String) throws -> BackupReport {
        let digest = String(repeating: "9f86d081884c7d65", count: 4)
        let manifest = BackupManifest(
            id: try #require(BackupSetID(name)),
            createdAt: now,
            release: Story.releases[0].description,
            origin: BackupOrigin(product: "demo", installation: "demo", deployment: "single-vm", pawl: "0.3.0"),
            databases: [],
            files: [StoredFile(path: "configuration.tar.zst", bytes: 18, sha256: digest)],
            proof: ProofRecord()
        )
        let set = ListedSet(summary: manifest.summary, path: "/srv/sets/\(name)", manifestDigest: digest)
        return BackupReport(set, standing: .recorded)
    }

    /// Writes a line of progress.
    func progress(_ id: RunID, _ words: String) throws { try progress(id, [words]) }

    /// Writes lines of progress, all at once.
    func progress(_ id: RunID, _ lines: [String]) throws {
        let lease = try store.takeLease(owner: "test", at: Self.now)
        let effect = Effect(.dump, hop: 0, target: Story.releases[1])
        _ = try store.append(
            lines.map { .progress(effect, Progress($0)) },
            to: id,
            at: Self.now,
            under: lease,
            highWaterMark: nil
        )
    }
}
