import AdminConsole
import Reports
import StateStore
import Synchronization
import UpgradeEngine
import UpgradeModel

/// An installation that is only simulated, behind the console's own desk.
final class StageDesk: Desk {
    let title = "CARTO Self-Hosted"
    let scene: Scene
    let store: StateStore
    let clock: StageClock
    let catalog: Catalog
    let today: Day
    let support: SupportPolicy
    private let data: DataFolder
    private let port: StagePort
    private let work = Mutex<[RunID: Task<Void, any Error>]>([:])
    private let checkedAt = Mutex<Moment?>(nil)
    let made = Mutex<[JobReport]>([])
    private let salt = Mutex<UInt16>(0x1a00)

    init(scene: Scene, store: StateStore, data: DataFolder, clock: StageClock, pace: Double) throws {
        self.scene = scene
        self.store = store
        self.data = data
        self.clock = clock
        today = clock.now.day
        guard let policy = SupportPolicy(months: 12) else { throw Trouble(.internal, "support", "", remedy: "") }
        support = policy
        if scene != .fresh { checkedAt.withLock { $0 = Moment(microseconds: clock.now.microseconds - 7_000_000_000) } }
        catalog = Catalog.validating(scene.entries(today: today))
        port = StagePort(clock: clock, pace: pace)
    }

    // MARK: What the past has left

    /// Plays the scene's past, unless it was played before; then goes on with what is open.
    func prepare() async throws {
        if try store.runs().isEmpty, scene != .fresh { try await playPast() }
        for request in try store.runs() {
            let view = try view(of: request.id)
            if view.endedAt == nil, view.machine.phase != .needsOperator { carry(request.id) }
        }
    }

    private func playPast() async throws {
        let releases = Array(catalog.releases.filter { !$0.isPrerelease }.map(\.version).suffix(8))
        let installed = scene.installed
        clock.go(back: 190)
        try await play(from: releases[installed - 2], to: [releases[installed - 1]], by: "root@maps-01")
        clock.go(back: 96)
        await port.fail(.prove, with: Self.notProven)
        try await play(from: releases[installed - 1], to: [releases[installed]], by: "maria in the console")
        clock.go(back: 95.9)
        try await play(from: releases[installed - 1], to: [releases[installed]], by: "maria in the console")
        if scene == .warnings {
            clock.go(back: 40)
            await port.fail(.check, with: Refused(Self.diskFull))
            try await play(
                from: releases[installed],
                to: [releases[installed + 1]],
                by: "a.person.with.quite.a.long.name@subsidiary.example.org in the console"
            )
        }
        if scene == .failed {
            clock.go(back: 0.01)
            await port.fail(.migrate, with: Self.migrationFailed)
            try await play(from: releases[installed], to: [releases[5], releases[6]], by: "operator in the console")
        }
        clock.go(back: nil)
        if scene == .running {
            try begin(from: releases[4], to: [releases[5], releases[7]], by: "second in the console")
        }
    }

    private func play(from: ReleaseVersion, to hops: [ReleaseVersion], by person: String) async throws {
        let id = try create(from: from, to: hops, by: person)
        _ = try await runner().run(id)
    }

    private func begin(from: ReleaseVersion, to hops: [ReleaseVersion], by person: String) throws {
        carry(try create(from: from, to: hops, by: person))
    }

    private func create(from: ReleaseVersion, to hops: [ReleaseVersion], by person: String) throws -> RunID {
        try create(RunPlan(from: from, hops: hops, highWaterMark: try store.highWaterMark()), by: person)
    }

    func create(_ plan: RunPlan, by person: String) throws -> RunID {
        let number = salt.withLock { salt in
            salt += 1
            return salt
        }
        let id = RunID(startedAt: clock.now, salt: number)
        try runner().create(RunRequest(id: id, plan: plan, startedBy: person, startedAt: clock.now))
        return id
    }

    private func runner() throws -> Runner {
        Runner(
            journal: store,
            ports: EffectPorts(readiness: port, deployment: port, backups: port),
            lease: try store.takeLease(owner: "stage", at: clock.now),
            now: { [clock] in clock.now },
            folder: { [data] run throws(Trouble) in try data.folder(of: run) }
        )
    }

    func carry(_ id: RunID) {
        work.withLock { work in
            let before = work[id]
            work[id] = Task {
                _ = try? await before?.value
                _ = try await self.runner().run(id)
            }
        }
    }

    // MARK: What is shown

    func view(of id: RunID) throws -> RunView {
        let entries = try store.entries(of: id, after: 0)
        guard !entries.isEmpty else {
            throw Trouble(.operator, "unknown-run", "There is no run \(id).", remedy: "See the history.")
        }
        let others = try store.runs().filter { $0.id != id }.map {
            try RunView(of: $0.id, from: store.entries(of: $0.id, after: 0))
        }
        return try RunView(of: id, from: entries, expected: RunView.expectations(from: others))
    }

    func openRun() throws -> RunID? { try views().last { $0.endedAt == nil }?.request.id }

    private func views() throws -> [RunView] { try store.runs().map { try view(of: $0.id) } }

    /// What runs: the last thing that was deployed.
    func installed() throws -> ReleaseVersion? {
        let releases = Array(catalog.releases.filter { !$0.isPrerelease }.map(\.version).suffix(8))
        guard !releases.isEmpty else { return nil }
        var version = releases[scene.installed]
        for view in try views() {
            switch view.machine.phase {
            case .succeeded: version = view.machine.plan.hops.last ?? version
            case .restored: version = view.machine.hop?.target ?? version
            default: continue
            }
        }
        return version
    }

    func status() async throws -> StatusReport {
        let installed = try installed()
        let open = try views().last { $0.endedAt == nil }
        let listed = try sets().map(\.set)
        var facts = StatusReport.Facts(
            product: Product(
                name: "carto",
                title: title,
                supportWindow: support,
                support: SupportContact(contact: "support@carto.example", url: nil),
                databases: []
            ),
            deployment: .singleVM,
            installed: installed,
            drifted: scene == .warnings
                ? [DriftedService(name: "workspace-api", version: installed, isOtherImage: true)] : [],
            isRunning: scene != .warnings,
            catalog: scene == .fresh ? nil : catalog,
            plan: try installed.map { try plan(to: nil, from: $0) },
            today: today,
            sets: listed,
            highWaterMark: try store.highWaterMark(),
            run: open,
            troubles: scene == .fresh
                ? [
                    Trouble(
                        .environment,
                        "installation-missing",
                        "There is no installation at /opt/carto.",
                        remedy:
                            "Restore one from a backup set, or correct `deployment.singleVM.directory` in pawl.yaml."
                    )
                ] : []
        )
        facts.wayBack = WayBack(sets: listed.map { WayBack.Known($0.summary) }, restores: [])
        if scene == .warnings {
            facts.unshownRecipients = ["age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"]
            facts.replaced = ["carto_before_20260801T101500Z on db.internal.example.org:5432"]
        }
        return StatusReport(facts)
    }

    func services() async throws -> ServicesReport {
        guard scene != .fresh else {
            throw Trouble(
                .environment,
                "engine-unreachable",
                "The Docker Engine at unix:///var/run/docker.sock does not answer.",
                remedy: "Start it."
            )
        }
        let open = try views().last { $0.endedAt == nil }
        let version = try installed()?.description
        let names = ["gateway", "maps-api", "redis", "workspace-api", "workspace-postgres", "workspace-www"]
        return ServicesReport(
            names.map { name in
                let isData = ["redis", "workspace-postgres"].contains(name)
                var condition = ServicesReport.Condition.healthy
                if let open, !isData {
                    condition =
                        open.machine.phase == .settling
                        ? .starting : open.machine.phase == .preflight ? .healthy : .stopped
                }
                if scene == .warnings, name == "maps-api" { condition = .restarting }
                return ServicesReport.Service(
                    name: name,
                    version: isData ? nil : version,
                    containers: [
                        ServicesReport.Container(
                            name: "carto-\(name)-1",
                            condition: condition,
                            image: "registry.example.org/carto/\(name):\(version ?? "15")",
                            startedAt: Moment(microseconds: clock.now.microseconds - 3_600_000_000).description,
                            restarts: condition == .restarting ? 12 : 0,
                            exitCode: condition == .stopped ? 143 : nil
                        )
                    ]
                )
            },
            observedAt: clock.now
        )
    }

    private func plan(to target: ReleaseVersion?, from: ReleaseVersion) throws -> UpgradePlan {
        Planner.plan(
            PlanRequest(
                deployment: .singleVM,
                origin: .observed(.init(version: from)),
                highWaterMark: try store.highWaterMark(),
                target: target
            ),
            in: catalog
        )
    }

    func releases() async throws -> ReleasesReport {
        let installed = try installed()
        let reachable =
            try installed.map {
                Planner.reachable(
                    from: PlanRequest(
                        deployment: .singleVM,
                        origin: .observed(.init(version: $0)),
                        highWaterMark: try store.highWaterMark()
                    ),
                    in: catalog
                )
            } ?? []
        return ReleasesReport(catalog, support: support, today: today, installed: installed, reachable: reachable)
    }

    func release(_ version: ReleaseVersion) async throws -> ReleaseReport {
        guard let release = catalog.release(version),
            let row = try await releases().releases.first(where: { $0.version == release.version.description })
        else {
            throw Trouble(
                .operator,
                "unknown-release",
                "Release \(version) is not in the catalog.",
                remedy: "See the versions."
            )
        }
        return ReleaseReport(release, row: row)
    }

    func plan(to target: ReleaseVersion?) async throws -> PlanReport {
        guard let installed = try installed() else {
            throw Trouble(
                .environment,
                "installation-missing",
                "There is no installation at /opt/carto.",
                remedy: "Restore one from a backup set, or correct `deployment.singleVM.directory` in pawl.yaml."
            )
        }
        return PlanReport(try plan(to: target, from: installed), support: support)
    }

    func runs() async throws -> HistoryReport { HistoryReport(try views()) }

    func run(_ id: RunID) async throws -> RunReport { RunReport(try view(of: id)) }

    func decision(about id: RunID) async throws -> Decision? { try store.newestDecision(for: id) }

    func events(of id: RunID?, after event: Int64) async throws -> [EventReport] {
        try store.entries(of: id, after: event).map { EventReport(EventView($0)) }
    }

    func span(of id: RunID) async throws -> ClosedRange<Int64> {
        guard let span = try store.span(of: id) else {
            throw Trouble(.operator, "unknown-run", "There is no run \(id).", remedy: "See the history.")
        }
        return span
    }

    func events(of id: RunID, after event: Int64, through last: Int64) async throws -> [EventReport] {
        try store.entries(of: id, after: event, through: last).map { EventReport(EventView($0)) }
    }

    func newestEvents(of id: RunID, most: Int) async throws -> [EventReport] {
        try store.newestEntries(of: id, most: most).map { EventReport(EventView($0)) }
    }

    func story(of id: RunID, withProgress: Bool) async throws -> [EventReport] {
        try store.entries(of: id, after: 0).map { EventReport(EventView($0)) }
            .filter { withProgress || $0.kind != EventView.Kind.progress.rawValue }
    }

    func logs(of id: RunID) async throws -> [LogTail] {
        let view = try view(of: id)
        guard view.machine.backup != nil || view.passed != nil else { return [] }
        var logs = [
            LogTail(name: "0-dump-carto.log", text: "pg_dump: last built-in OID is 16383\npg_dump: reading schemas\n")
        ]
        if view.machine.isPastPointOfNoReturn {
            logs.append(
                LogTail(
                    name: "0-migrate-schema-migrations-1.log",
                    text: """
                        0412_layers_of_their_own: rewriting table "layers"
                        ERROR:  could not extend file "base/16401/2619": No space left on device
                        HINT:  Check free disk space.
                        """
                )
            )
        }
        return logs
    }

    func log(_ name: String, of id: RunID, bytes: Int) async throws -> LogTail {
        guard let tail = try await logs(of: id).first(where: { $0.name == name }) else {
            throw Trouble(.operator, "unknown-log", "The run has no log \(name).", remedy: "See its details.")
        }
        return tail
    }

    func pulse() async throws -> Pulse {
        Pulse(
            event: try store.entries(of: nil, after: 0).last?.id ?? 0,
            backups: 0,
            checkedAt: checkedAt.withLock { $0 },
            jobs: made.withLock { $0.map { "\($0.id) \($0.state)" }.joined(separator: " ") }
        )
    }

    func changes() -> AsyncStream<Void> { store.changes() }

    // MARK: What is asked for

    func check() async throws -> CheckReport {
        checkedAt.withLock { $0 = clock.now }
        return CheckReport(
            checkedAt: clock.now,
            source: "https://releases.carto.example/stable",
            new: [],
            catalog: catalog,
            support: support,
            today: today,
            installed: try installed(),
            reachable: []
        )
    }

    func preflight(to target: ReleaseVersion?) async throws -> PreflightDocument {
        PreflightDocument(PreflightReport(target: try await goal(target), findings: StageFindings.all(scene)))
    }

    func dryRun(to target: ReleaseVersion?, looking: @escaping @Sendable (LookProgress) -> Void) async throws
        -> DryRunReport
    {
        let plan = try await plan(to: target)
        let preflight = try await preflight(to: target)
        let findings = StageFindings.all(scene)
        for look in Look.allCases {
            looking(LookProgress(look, findings: Array(findings.prefix(2 * look.rawValue))))
            try await Task.sleep(for: .seconds(0.6))
        }
        let goal = try await goal(target)
        return DryRunReport(
            plan: plan,
            preflight: preflight,
            commands: [
                .init(step: .backup, hop: goal, argv: ["pg_dump", "--format=custom", "--snapshot=…", "carto"]),
                .init(step: .verify, hop: goal, argv: ["pg_restore", "--jobs=2", "--dbname=carto_scratch"]),
                .init(
                    step: .migrate,
                    hop: goal,
                    argv: ["docker", "compose", "run", "--no-deps", "--name", "pawl-RUN-HOP-schema-migrations-1"]
                ),
            ],
            duration: scene == .fresh ? nil : .init(low: 260, high: 560),
            downtime: .init(low: 190, high: 410),
            backup: .init(
                databases: [.init(name: "carto", bytes: 1_840_000_000), .init(name: "aiproxy", bytes: 96_000_000)],
                directory: "/var/lib/pawl/backups"
            ),
            disk: [.init(fileSystem: "/var/lib/pawl", neededBytes: 4_200_000_000, freeBytes: 61_000_000_000)]
        )
    }

    private func goal(_ target: ReleaseVersion?) async throws -> ReleaseVersion {
        if let target { return target }
        return try ReleaseVersion(try await plan(to: nil).to)
    }

    func upgrade(
        to target: ReleaseVersion?,
        rehearse: Bool,
        by person: String,
        whileAllowed requireAllowed: @escaping @Sendable () throws -> Void
    ) async throws -> RunReport {
        if let open = try views().last(where: { $0.endedAt == nil }) {
            throw Trouble(
                .operator,
                "another-run",
                "Run \(open.request.id) has not ended; \(open.request.startedBy) has started it.",
                remedy: "See its details."
            )
        }
        guard let installed = try installed() else {
            throw Trouble(
                .environment,
                "installation-missing",
                "Nothing is installed.",
                remedy: "Restore a backup set."
            )
        }
        let plan = try plan(to: target, from: installed)
        if let refusal = plan.refusal { throw refusal.trouble }
        let id = try create(from: plan.from, to: plan.hops.map(\.release.version), by: person)
        carry(id)
        return try await run(id)
    }

    func retry(_ id: RunID, to target: ReleaseVersion?, by person: String, restoredElsewhere: Bool) async throws
        -> RunReport
    {
        try store.leave(.retry(by: person, target: target), for: id, at: clock.now)
        carry(id)
        return try await run(id)
    }

    func replacements(for id: RunID) async throws -> [ReleaseVersion] {
        guard let failed = try await run(id).hop.map({ try ReleaseVersion($0) }) else { return [] }
        let request = PlanRequest(deployment: .singleVM, origin: .observed(.init(version: failed)))
        return Planner.replacements(for: request, in: catalog)
    }

    func abort(_ id: RunID, by person: String) async throws -> RunReport {
        try store.leave(.abort(by: person), for: id, at: clock.now)
        return try await run(id)
    }

    // MARK: Troubles of the past

    private static let notProven = Trouble(
        .environment,
        "backup-not-proven",
        "The restored copy of carto differs from its source: table public.sessions has 18,204 rows in place of 18,211.",
        remedy: "Find out what writes while writers are stopped, then try again."
    )
    private static let diskFull = Trouble(
        .environment,
        "preflight-failed",
        "Disk space: /var/lib/pawl needs 4.2 GB and has 1.1 GB.",
        remedy: "Make room, or set `backups.directory` to a larger disk."
    )
    private static let migrationFailed = Trouble(
        .release,
        "migration-failed",
        "The migration service schema-migrations ended with status 1: could not extend file "
            + "\"base/16401/2619\": No space left on device.",
        changed: true,
        remedy: "Make room for the database, then retry; or bring the backup from before this hop back."
    )
}
