import Foundation
import Simulators
import StateStore
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

/// What the console does by itself, over the real store; the clock, the source and the receivers are simulated.
struct AutomationTests {
    /// A clock that is set by hand.
    final class Clock: Sendable {
        private let seconds: Mutex<Int>
        init(_ seconds: Int) { self.seconds = Mutex(seconds) }
        var now: Moment { Moment(wholeSeconds: seconds.withLock { $0 }) }
        func move(_ by: Int) { seconds.withLock { $0 += by } }
    }

    /// Receivers that note what they get, or refuse.
    final class Post: NoticeSender {
        private let state = Mutex<(sent: [String], words: [String], refuses: Bool)>(([], [], false))
        var sent: [String] { state.withLock(\.sent) }
        /// What the notices have said.
        var words: [String] { state.withLock(\.words) }
        func refuse(_ refuses: Bool) { state.withLock { $0.refuses = refuses } }

        func send(_ notice: Notice, to route: NoticeChannel.Route, allowsLocal: Bool) async -> SendResult {
            state.withLock { state in
                guard !state.refuses else { return SendResult(isSent: false, answer: "HTTP 503") }
                state.sent.append("\(notice.kind.rawValue) \(notice.id)")
                state.words.append("\(notice.title) \(notice.message)")
                return SendResult(isSent: true, answer: "HTTP 200")
            }
        }
    }

    /// A source that counts how often it is asked.
    final class Source: Sendable {
        private let state = Mutex<(count: Int, failure: String?)>((0, nil))
        var count: Int { state.withLock(\.count) }
        func fail(_ fails: Bool, saying message: String = "It is away.") {
            state.withLock { $0.failure = fails ? message : nil }
        }

        func ask() throws -> ReleaseNews {
            let failure = state.withLock { state in
                state.count += 1
                return state.failure
            }
            if let failure { throw Trouble(.environment, "source-unreachable", failure, remedy: "Wait.") }
            var news = try recall(on: AutomationTests.start.day)
            news.newer = try ReleaseVersion("2026.3.1")
            return news
        }

        /// What is on record of it.
        func recall(on day: Day) throws -> ReleaseNews {
            let released = try #require(Day("2025-12-01"))
            return ReleaseNews(
                newer: nil,
                installed: try ReleaseVersion("2026.1.1"),
                standing: SupportPolicy(months: 12)?.standing(releasedAt: released, on: day)
            )
        }
    }

    struct UTCOnly: ZoneBook {
        var names: [String] { ["UTC"] }
        func rules(of name: String, around moment: Moment) -> ZoneRules? { name == "UTC" ? .utc : nil }
    }

    /// 2026-11-18T11:06:40Z.
    static let start = Moment(wholeSeconds: 1_795_000_000)

    struct World {
        let folder: DataFolder
        let store: StateStore
        let clock = Clock(AutomationTests.start.wholeSeconds)
        let post = Post()
        let source = Source()
        var automation: Automation { get throws { try another() } }

        /// A console over the same data folder; with a lock of its own, as another process has.
        func another(over records: (any AutomationRecords)? = nil) throws -> Automation {
            let duty = DutyLock(in: folder)
            let (clock, source) = (clock, source)
            return Automation(
                Automation.Parts(
                    records: records ?? store,
                    journal: store,
                    sender: post,
                    zones: UTCOnly(),
                    installation: "shop",
                    ask: { try source.ask() },
                    recall: { try source.recall(on: clock.now.day) },
                    isOnDuty: { duty.isOurs() },
                    clean: { trouble in
                        var trouble = trouble
                        trouble.message.replace("hunter2", with: "***")
                        trouble.remedy.replace("hunter2", with: "***")
                        return trouble
                    },
                    now: { clock.now }
                )
            )
        }

        func subscribe(_ kinds: Set<NoticeKind> = Set(NoticeKind.choices)) throws {
            let target = try WebTarget("https://example.org/")
            try store.set(
                ConsoleSettings.Notifications(
                    channels: [
                        try NoticeChannel(id: "c1", name: "chat", isOn: true, kinds: kinds, route: .slack(target))
                    ]
                )
            )
        }
    }

    private func withWorld(_ body: (World) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/pawl-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = try DataFolder(path, create: true)
        try await body(World(folder: folder, store: try StateStore(in: folder)))
    }

    @Test func `the source is asked six times a day, and what is new is told once`() async throws {
        try await withWorld { world in
            try world.subscribe()
            let automation = try world.automation
            for _ in 0..<(2 * 1440) {
                try await automation.check()
                try await automation.deliver()
                world.clock.move(60)
            }
            #expect(world.source.count == 12)
            #expect(world.post.sent == ["new-version new-version/2026.3.1", "support-ends support/2026.1.1/30"])
            let facts = try automation.facts()
            #expect(facts.failures == 0 && facts.checkedAt != nil && facts.failing.isEmpty)
            #expect(try #require(facts.next).at > world.clock.now)
        }
    }

    @Test func `that support ends is told whatever the schedule, and where the source is away`() async throws {
        for schedule in ["@never", "@daily"] {
            try await withWorld { world in
                try world.subscribe([.newVersion, .supportEnds])
                try world.store.set(ConsoleSettings.Checks(schedule: try CronSchedule(schedule), zone: "UTC"))
                world.source.fail(true)
                let automation = try world.automation
                for _ in 0..<(30 * 24) {
                    try await automation.check()
                    try automation.collect()
                    try await automation.recall()
                    try await automation.deliver()
                    world.clock.move(3600)
                }
                let support = ["30", "7", "0"].map { "support-ends support/2026.1.1/\($0)" }
                #expect(world.post.sent == support)
                // Who is told of a new version is not changed by it.
                world.source.fail(false)
                try world.store.set(ConsoleSettings.Checks(schedule: try CronSchedule("@hourly"), zone: "UTC"))
                for _ in 0..<8 {
                    try await automation.check()
                    try await automation.deliver()
                    world.clock.move(1800)
                }
                #expect(world.post.sent.filter { $0.hasPrefix("new-version") } == ["new-version new-version/2026.3.1"])
            }
        }
    }

    @Test func `a channel that is added later hears of a new version at the next check all the same`() async throws {
        try await withWorld { world in
            let automation = try world.automation
            try world.store.changeCheckRecord { $0.settled = Moment(wholeSeconds: Self.start.wholeSeconds - 86_400) }
            try await automation.check()
            try automation.collect()
            try world.subscribe([.newVersion])
            try await automation.recall()
            world.clock.move(86_400)
            try await automation.check()
            try await automation.deliver()
            #expect(world.post.sent == ["new-version new-version/2026.3.1"])
        }
    }

    @Test func `a clock that jumps a year ahead and back again costs two checks and stops none`() async throws {
        try await withWorld { world in
            let automation = try world.automation
            for jump in [0, 365 * 86_400, -2 * 365 * 86_400] {
                world.clock.move(jump)
                for _ in 0..<1440 {
                    try await automation.check()
                    world.clock.move(60)
                }
            }
            #expect((17...20).contains(world.source.count))
        }
    }

    @Test func `of two consoles over one data folder only one is on duty, and the other one follows it`() async throws {
        try await withWorld { world in
            var first: DutyLock? = DutyLock(in: world.folder)
            let second = DutyLock(in: world.folder)
            #expect(first?.isOurs() == true && !second.isOurs() && first?.isOurs() == true)
            first = nil
            #expect(second.isOurs())
        }
    }

    @Test func `two consoles that run at once check once`() async throws {
        try await withWorld { world in
            try world.store.changeCheckRecord { $0.settled = Moment(wholeSeconds: Self.start.wholeSeconds - 86_400) }
            let consoles = [try world.another(), try world.another(), try world.another()]
            await withTaskGroup { group in
                for console in consoles { group.addTask { await console.run() } }
                group.addTask {
                    let deadline = ContinuousClock.now + .seconds(30)
                    while world.source.count == 0, ContinuousClock.now < deadline { await Task.yield() }
                }
                // The consoles end only when they are told to.
                _ = await group.next()
                group.cancelAll()
            }
            #expect(world.source.count == 1)
        }
    }

    @Test func `a source that fails again and again is told of once, after three times`() async throws {
        try await withWorld { world in
            try world.subscribe()
            let automation = try world.automation
            world.source.fail(true)
            for _ in 0..<(24 * 60) {
                try await automation.check()
                try await automation.deliver()
                world.clock.move(60)
            }
            #expect(world.source.count > 3)
            #expect(world.post.sent.count == 1 && world.post.sent[0].hasPrefix("check-failing"))
            #expect(try automation.facts().trouble?.code == "source-unreachable")
            world.source.fail(false)
            world.clock.move(86_400)
            try await automation.check()
            #expect(try automation.facts().failures == 0)
        }
    }

    /// A run of the real runner in the world's journal.
    private func run(
        _ world: World,
        failing: Effect.Kind? = nil,
        saying message: String = "The disk is full.",
        salt: UInt16 = 1
    ) async throws {
        let trouble = Trouble(.environment, "disk-full", message, remedy: "Free some.")
        var failures: [Effect.Kind: any Error] = [:]
        if let failing { failures[failing] = trouble }
        let port = try RunnerTests.port(failures: failures)
        let id = RunID(startedAt: world.clock.now, salt: salt)
        let lease = try world.store.takeLease(owner: "test", at: world.clock.now)
        let runner = Runner(
            journal: world.store,
            ports: EffectPorts(readiness: port, deployment: port, backups: port),
            lease: lease,
            now: { world.clock.now },
            folder: { run throws(Trouble) in try world.folder.folder(of: run) }
        )
        try runner.create(
            RunRequest(
                id: id,
                plan: RunPlan(
                    from: try ReleaseVersion("2026.1.1"),
                    hops: [try ReleaseVersion("2026.2.1")],
                    highWaterMark: nil,
                    rehearses: false
                ),
                startedBy: "root@vm",
                startedAt: world.clock.now
            )
        )
        _ = try await runner.run(id)
    }

    private func kinds(_ world: World) -> [String] { world.post.sent.map { String($0.prefix { $0 != " " }) } }

    @Test func `a run is told of when it starts and when it has succeeded, once each`() async throws {
        try await withWorld { world in
            try world.subscribe()
            let automation = try world.automation
            try automation.collect()
            try await run(world)
            for _ in 0..<3 {
                try automation.collect()
                try await automation.deliver()
            }
            #expect(kinds(world) == ["run-started", "run-succeeded"])
            // Another process, which knows only what is on the disk.
            let next = try world.another()
            try next.collect()
            try await next.deliver()
            #expect(world.post.sent.count == 2)
        }
    }

    @Test func `a run is told of as it goes, in whatever pieces the journal is read`() async throws {
        try await withWorld { world in
            try world.subscribe()
            try await run(world)
            let entries = try world.store.entries(of: nil, after: 0)
            let whole = try RunNotices.of(entries, after: 0, installation: "shop", clean: { $0 })
            #expect(whole.map(\.kind) == [.runStarted, .runSucceeded])
            for cut in 0...entries.count {
                let id = cut == 0 ? 0 : entries[cut - 1].id
                let first = try RunNotices.of(Array(entries.prefix(cut)), after: 0, installation: "shop", clean: { $0 })
                let second = try RunNotices.of(entries, after: id, installation: "shop", clean: { $0 })
                #expect(first + second == whole)
            }
        }
    }

    @Test(arguments: [
        (["dump"], "Everything was put back."),
        (["migrate"], "It waits for a decision: retry or restore, see its details."),
        (["stop-writers", "put-back"], "Putting back has failed, and services may stand still. Abort tries it again"),
    ])
    func `whoever is told of a run that went wrong hears what can be done`(_ failing: [String], _ words: String) throws
    {
        let story = try Self.story(hops: 1, failing: failing)
        let notice = try #require(RunNotices.of(story, after: 0, installation: "shop", clean: { $0 }).last)
        #expect(notice.message.hasPrefix(words), "\(notice.message)")
    }

    @Test(arguments: [
        (["check"], "Nothing of 2026.2.2 was tried."), (["dump"], "Everything of 2026.2.2 was put back."),
    ])
    func `whoever is told of a later hop hears that the one before stays`(_ failing: [String], _ words: String) throws {
        let story = try Self.story(hops: 2, failing: failing)
        let notice = try #require(RunNotices.of(story, after: 0, installation: "shop", clean: { $0 }).last)
        #expect(notice.message.hasPrefix("2026.2.1 is deployed and stays. \(words)"), "\(notice.message)")
    }

    /// The rows of a run in whose last hop these effects fail.
    private static func story(hops: Int, failing: [String]) throws -> [JournalEntry] {
        let plan = RunPlan(from: Story.releases[0], hops: Array(Story.releases[1...hops]), highWaterMark: nil)
        let id = try #require(RunID("20261123-103045-7f3a"))
        var payloads: [Payload] = [
            .created(RunRequest(id: id, plan: plan, startedBy: "root@vm", startedAt: start)), .event(.started),
        ]
        var machine = try UpgradeMachine(plan)
        _ = try machine.handle(.started)
        let trouble = Trouble(.environment, "no-luck", "It did not work.", remedy: "Try again.")
        while let effect = machine.pending {
            let fails = effect.hop == hops - 1 && failing.contains(effect.kind.rawValue)
            let event: Event =
                fails
                ? effect.kind == .check ? .refused(effect, trouble) : .failed(effect, trouble)
                : .succeeded(effect, try Story.outcome(of: effect))
            _ = try machine.handle(event)
            payloads.append(.event(event))
        }
        return payloads.enumerated().map { index, payload in
            JournalEntry(id: Int64(index + 1), at: start, run: id, payload: payload)
        }
    }

    @Test(arguments: [(Effect.Kind.dump, "run-aborted"), (.migrate, "run-needs-operator")])
    func `how a run went wrong is told`(failing: Effect.Kind, kind: String) async throws {
        try await withWorld { world in
            try world.subscribe()
            let automation = try world.automation
            try automation.collect()
            try await run(world, failing: failing)
            try automation.collect()
            try await automation.deliver()
            #expect(kinds(world) == ["run-started", kind])
        }
    }

    @Test(arguments: [Effect.Kind.dump, .migrate])
    func `what a tool has said of secrets is told to nobody`(failing: Effect.Kind) async throws {
        try await withWorld { world in
            try world.subscribe()
            let automation = try world.automation
            try automation.collect()
            try await run(world, failing: failing, saying: "It ended with 1:\nno way to postgres://carto:hunter2@db")
            try automation.collect()
            #expect(try world.store.waitingDeliveries().allSatisfy { !"\($0)".contains("hunter2") })
            try await automation.deliver()
            #expect(world.post.words.contains { $0.contains("postgres://carto:***@db") })
            #expect(!world.post.words.contains { $0.contains("hunter2") })
        }
    }

    @Test func `what a source has said of secrets is neither kept nor told`() async throws {
        try await withWorld { world in
            try world.subscribe()
            let automation = try world.automation
            world.source.fail(true, saying: "hunter2 is refused.")
            for _ in 0..<(24 * 60) {
                try await automation.check()
                try await automation.deliver()
                world.clock.move(60)
            }
            #expect(world.post.words.map { $0.contains("*** is refused.") } == [true])
            #expect(try automation.facts().trouble?.message == "*** is refused.")
        }
    }

    @Test func `what was there before the console is old news`() async throws {
        try await withWorld { world in
            try world.subscribe()
            try await run(world)
            let automation = try world.automation
            try automation.collect()
            try await automation.deliver()
            #expect(world.post.sent.isEmpty)
        }
    }

    @Test(arguments: [(3600, 2), (2 * 86_400, 0)])
    func `what happened while no console ran is told if it is not older than a day`(later: Int, told: Int) async throws
    {
        try await withWorld { world in
            try world.subscribe()
            try world.automation.collect()
            try await run(world)
            world.clock.move(later)
            let automation = try world.automation
            try automation.collect()
            try await automation.deliver()
            #expect(world.post.sent.count == told)
        }
    }

    @Test func `a receiver that is away gets everything later, in order, and nothing twice`() async throws {
        try await withWorld { world in
            try world.subscribe()
            let automation = try world.automation
            try automation.collect()
            try await run(world)
            world.post.refuse(true)
            for _ in 0..<60 {
                try automation.collect()
                try await automation.deliver()
                world.clock.move(60)
            }
            #expect(world.post.sent.isEmpty)
            #expect(try automation.facts().failing.map(\.name) == ["chat"])
            world.post.refuse(false)
            for _ in 0..<(5 * 60) {
                try await automation.deliver()
                world.clock.move(60)
            }
            #expect(kinds(world) == ["run-started", "run-succeeded"])
            #expect(try automation.facts().failing.isEmpty)
        }
    }

    @Test func `a receiver that never comes back is given up`() async throws {
        try await withWorld { world in
            try world.subscribe([.runStarted])
            let automation = try world.automation
            try automation.collect()
            try await run(world)
            world.post.refuse(true)
            for _ in 0..<(24 * 60) {
                try automation.collect()
                try await automation.deliver()
                world.clock.move(60)
            }
            #expect(try world.store.waitingDeliveries().isEmpty)
            #expect(try world.store.lastDeliveries()["c1"]?.attempts == 7)
        }
    }

    @Test func `where it cannot be noted that something is sent, it is not sent`() async throws {
        try await withWorld { world in
            try world.subscribe()
            try world.store.changeCheckRecord { $0.settled = Moment(wholeSeconds: Self.start.wholeSeconds - 86_400) }
            try await world.automation.check()
            let full = FullDisk(records: world.store)
            let automation = try world.another(over: full)
            full.isFull.withLock { $0 = true }
            for _ in 0..<5 { try? await automation.deliver() }
            #expect(world.post.sent.isEmpty)
            full.isFull.withLock { $0 = false }
            try await automation.deliver()
            #expect(world.post.sent.count == 2)
        }
    }

    @Test func `where it cannot be noted that something was sent, it waits for its next time`() async throws {
        try await withWorld { world in
            try world.subscribe()
            try world.store.changeCheckRecord { $0.settled = Moment(wholeSeconds: Self.start.wholeSeconds - 86_400) }
            try await world.automation.check()
            let full = FullDisk(records: world.store)
            let automation = try world.another(over: full)
            // There is room for the first line, and none for the second.
            full.fillsAfter.withLock { $0 = 1 }
            for _ in 0..<5 { try? await automation.deliver() }
            #expect(world.post.sent.count == 1)
        }
    }

    @Test func `a channel that is made later is told what still holds, once`() async throws {
        try await withWorld { world in
            try world.subscribe()
            let automation = try world.automation
            func day() async throws {
                for _ in 0..<1440 {
                    try await automation.check()
                    try await automation.deliver()
                    world.clock.move(60)
                }
            }
            try await day()
            #expect(world.post.sent.count == 2)
            let target = try WebTarget("https://example.org/")
            let old = try world.store.settings().notifications.channels
            let late = try NoticeChannel(
                id: "c2",
                name: "chat",
                isOn: true,
                kinds: [.newVersion],
                route: .slack(target)
            )
            try world.store.set(ConsoleSettings.Notifications(channels: old + [late]))
            try await day()
            #expect(world.post.sent.dropFirst(2) == ["new-version new-version/2026.3.1"])
            // Long after the delivery itself is forgotten.
            world.clock.move(40 * 86_400)
            try await day()
            #expect(world.post.sent.count(where: { $0.hasPrefix("new-version") }) == 2)
        }
    }

    @Test func `outside every window an upgrade is meant deliberately or not begun`() async throws {
        try await withWorld { world in
            let automation = try world.automation
            try automation.requireWindow(deliberately: false)
            let window = try MaintenanceWindows.Window(days: ["sat"], from: "22:00", to: "02:00")
            try automation.set(ConsoleSettings.Windows(windows: MaintenanceWindows([window]), zone: "UTC"))
            let trouble = #expect(throws: Trouble.self) { try automation.requireWindow(deliberately: false) }
            #expect(trouble?.code == "outside-window")
            #expect(trouble?.message.contains("2026-11-21T22:00:00Z") == true)
            try automation.requireWindow(deliberately: true)
            world.clock.move(Moment("2026-11-22T01:00:00Z").map { $0.wholeSeconds - Self.start.wholeSeconds } ?? 0)
            try automation.requireWindow(deliberately: false)
        }
    }

    @Test func `a zone that nobody knows is refused, and nothing changes`() async throws {
        try await withWorld { world in
            let automation = try world.automation
            #expect(throws: Trouble.self) { try automation.set(ConsoleSettings.Checks(zone: "Mars/Base")) }
            #expect(throws: Trouble.self) { try automation.set(ConsoleSettings.Windows(zone: "Mars/Base")) }
            #expect(try automation.settings() == ConsoleSettings())
        }
    }
}

/// Records on a disk that may be full.
final class FullDisk: AutomationRecords {
    let records: any AutomationRecords
    let isFull = Mutex(false)
    /// How many lines fit before it is.
    let fillsAfter = Mutex(Int.max)

    init(records: any AutomationRecords) { self.records = records }

    func note(_ delivery: Delivery) throws(Trouble) {
        let fits = fillsAfter.withLock { left in
            left -= left == .max ? 0 : 1
            return left >= 0
        }
        guard fits, !isFull.withLock({ $0 }) else {
            throw Trouble(.environment, "state-unusable", "The disk is full.", remedy: "Make room.")
        }
        try records.note(delivery)
    }

    func settings() throws(Trouble) -> ConsoleSettings { try records.settings() }
    func edition(of part: ConsoleSettings.Part) throws(Trouble) -> String { try records.edition(of: part) }
    func set(_ checks: ConsoleSettings.Checks, over edition: String?) throws(Trouble) {
        try records.set(checks, over: edition)
    }
    func set(_ windows: ConsoleSettings.Windows, over edition: String?) throws(Trouble) {
        try records.set(windows, over: edition)
    }
    func set(_ notifications: ConsoleSettings.Notifications, over edition: String?) throws(Trouble) {
        try records.set(notifications, over: edition)
    }
    func seed() throws(Trouble) -> String { try records.seed() }
    func checkRecord() throws(Trouble) -> CheckTimetable.Record { try records.checkRecord() }
    func changeCheckRecord(_ change: (inout CheckTimetable.Record) -> Void) throws(Trouble) {
        try records.changeCheckRecord(change)
    }
    func noticeCursor() throws(Trouble) -> Int64? { try records.noticeCursor() }
    func newestEntry() throws(Trouble) -> Int64 { try records.newestEntry() }
    func keep(_ notices: [Notice], for channels: [NoticeChannel], upTo cursor: Int64?) throws(Trouble) {
        try records.keep(notices, for: channels, upTo: cursor)
    }
    func waitingDeliveries() throws(Trouble) -> [Delivery] { try records.waitingDeliveries() }
    func lastDeliveries() throws(Trouble) -> [String: Delivery] { try records.lastDeliveries() }
    func forgetDeliveries(before moment: Moment) throws(Trouble) { try records.forgetDeliveries(before: moment) }
}
