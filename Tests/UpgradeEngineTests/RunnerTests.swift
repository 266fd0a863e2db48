import Foundation
import Simulators
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

/// The real runner over the real SQLite file; only the world is simulated.
@Suite struct RunnerTests {
    static func version(_ text: String) throws -> ReleaseVersion { try ReleaseVersion(text) }

    static func port(failures: [Effect.Kind: any Error] = [:]) throws -> SimulatedPort {
        SimulatedPort(
            running: try version("2026.1.1"),
            services: [
                try version("2026.2.1"): ["schema", "data"], try version("2026.2.2"): ["schema"],
                try version("2026.3.1"): ["schema"],
            ],
            failures: failures
        )
    }

    static let start = Moment(microseconds: 1_795_000_000_000_000)

    struct Installation {
        let folder: DataFolder
        let store: StateStore
        let run: RunID

        init(at path: String) throws {
            folder = try DataFolder(path, create: true)
            store = try StateStore(in: folder)
            run = RunID(startedAt: RunnerTests.start, salt: 1)
        }

        func request() throws -> RunRequest {
            let plan = RunPlan(
                from: try version("2026.1.1"),
                hops: [try version("2026.2.1"), try version("2026.3.1")],
                highWaterMark: nil,
                rehearses: true
            )
            return RunRequest(id: run, plan: plan, startedBy: "root@vm", startedAt: RunnerTests.start)
        }

        /// A new runner, as a process that has just taken the lock.
        func runner(over port: SimulatedPort, journal: (any Journal)? = nil) throws -> Runner {
            let lease = try store.takeLease(owner: "test", at: RunnerTests.start)
            let folder = folder
            return Runner(
                journal: journal ?? store,
                ports: EffectPorts(readiness: port, deployment: port, backups: port),
                lease: lease,
                now: { RunnerTests.start },
                folder: { run throws(Trouble) in try folder.folder(of: run) }
            )
        }
    }

    func withInstallation<Value>(_ body: (Installation) async throws -> Value) async throws -> Value {
        let path = FileManager.default.temporaryDirectory.path + "/pawl-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(Installation(at: path))
    }

    @Test func `an undisturbed run goes through every effect once and ends`() async throws {
        try await withInstallation { installation in
            let port = try Self.port()
            let runner = try installation.runner(over: port)
            try runner.create(installation.request())
            let machine = try await runner.run(installation.run)
            #expect(machine.phase == .succeeded)
            let performed = await port.performed
            #expect(Set(performed).count == performed.count)
            #expect(await port.world.release.description == "2026.3.1")
            #expect(try installation.store.highWaterMark()?.description == "2026.3.1")
        }
    }

    /// The commits of an undisturbed run, reports of progress apart.
    static let commits = 36

    @Test(arguments: 1...commits, [false, true])
    func `a runner that dies at any commit is taken over, and the end is the same`(
        at number: Int,
        afterCommit: Bool
    ) async throws {
        try await withInstallation { installation in
            let port = try Self.port()
            let dying = DyingJournal(installation.store, at: number, afterCommit: afterCommit)
            let first = try installation.runner(over: port, journal: dying)
            await #expect(throws: Trouble.self) {
                try first.create(installation.request())
                try await first.run(installation.run)
            }
            let second = try installation.runner(over: port)
            if try installation.store.runs().isEmpty { try second.create(installation.request()) }
            let machine = try await second.run(installation.run)
            #expect(machine.phase == .succeeded)
            let world = await port.world
            #expect(world.release.description == "2026.3.1")
            #expect(world.starts.count == 3)
            #expect(world.starts.values.allSatisfy { $0 == 1 })
            #expect(try StateStore(in: installation.folder).safeMode == nil)
        }
    }

    @Test func `the run has as many commits as the deaths above go through`() async throws {
        try await withInstallation { installation in
            let port = try Self.port()
            let counting = DyingJournal(installation.store, at: Self.commits, afterCommit: true)
            let runner = try installation.runner(over: port, journal: counting)
            await #expect(throws: Trouble.self) {
                try runner.create(installation.request())
                try await runner.run(installation.run)
            }
            let entries = try installation.store.entries(of: installation.run, after: 0)
            #expect(try Replay(of: installation.run, from: entries).machine.phase == .succeeded)
        }
    }

    /// The kinds of effects that no good upgrade does without.
    static let ofEveryUpgrade: Set<Effect.Kind> = [
        .check, .keepInstalled, .stage, .recordWriters, .stopWriters, .dump, .confirmUnchanged, .prove, .publish,
        .removeWriters, .switchRelease, .migrate, .start, .awaitHealth, .cleanUp,
    ]

    @Test(arguments: Effect.Kind.allCases)
    func `a failure of any effect before the point of no return puts everything back, after it an operator decides`(
        kind: Effect.Kind
    ) async throws {
        try await withInstallation { installation in
            let why = Trouble(.environment, "test", "It did not work.", remedy: "Try again.")
            let port = try Self.port(failures: [kind: why])
            let runner = try installation.runner(over: port)
            try runner.create(installation.request())
            let machine = try await runner.run(installation.run)
            let world = await port.world
            if machine.phase == .succeeded {
                #expect(!Self.ofEveryUpgrade.contains(kind))
            } else if machine.isPastPointOfNoReturn {
                #expect(machine.choices == [.retry, .restore])
                #expect(machine.backup != nil)
                try installation.store.leave(.retry(by: "operator", target: nil), for: installation.run, at: Self.start)
                #expect(try await runner.run(installation.run).phase == .succeeded)
            } else {
                #expect(machine.phase == .aborted)
                #expect(machine.reason == why)
                #expect(world.writers == .running)
                #expect(world.starts.isEmpty)
            }
        }
    }

    @Test func `a refusal is a refusal and nothing was touched`() async throws {
        try await withInstallation { installation in
            let why = Trouble(.environment, "preflight", "No room.", remedy: "Make room.")
            let port = try Self.port(failures: [.check: Refused(why)])
            let runner = try installation.runner(over: port)
            try runner.create(installation.request())
            #expect(try await runner.run(installation.run).phase == .refused)
            #expect(await port.performed == ["0/check#1"])
        }
    }

    @Test func `a failed migration goes on with a newer release and keeps the proof`() async throws {
        try await withInstallation { installation in
            let why = Trouble(.release, "migration-failed", "Exit 1.", changed: true, remedy: "Retry.")
            let port = try Self.port(failures: [.migrate: why])
            let runner = try installation.runner(over: port)
            try runner.create(installation.request())
            let failed = try await runner.run(installation.run)
            #expect(failed.phase == .needsOperator)
            #expect(try installation.store.highWaterMark()?.description == "2026.2.1")
            let target = try Self.version("2026.2.2")
            try installation.store.leave(.retry(by: "op", target: target), for: installation.run, at: Self.start)
            let machine = try await runner.run(installation.run)
            #expect(machine.phase == .succeeded)
            #expect(machine.plan.hops.map(\.description) == ["2026.2.2", "2026.3.1"])
            #expect(await port.performed.filter { $0.hasPrefix("0/dump") }.count == 1)
        }
    }

    @Test func `an abort while an effect is going on stops it and puts everything back`() async throws {
        try await withInstallation { installation in
            let port = try Self.port()
            let blocking = BlockingPort(over: port, blockingAt: .dump)
            let lease = try installation.store.takeLease(owner: "test", at: Self.start)
            let folder = installation.folder
            let runner = Runner(
                journal: installation.store,
                ports: EffectPorts(readiness: port, deployment: port, backups: blocking),
                lease: lease,
                now: { Self.start },
                folder: { run throws(Trouble) in try folder.folder(of: run) }
            )
            try runner.create(installation.request())
            async let ended = runner.run(installation.run)
            await blocking.waitUntilBlocked()
            try installation.store.leave(.abort(by: "operator"), for: installation.run, at: Self.start)
            let machine = try await ended
            #expect(machine.phase == .aborted)
            #expect(machine.reason?.code == "aborted-by-operator")
            #expect(await port.world.writers == .running)
        }
    }

    @Test func `an abort that comes too late is declined, on record, and changes nothing`() async throws {
        try await withInstallation { installation in
            let why = Trouble(.release, "migration-failed", "Exit 1.", changed: true, remedy: "Retry.")
            let port = try Self.port(failures: [.migrate: why])
            let runner = try installation.runner(over: port)
            try runner.create(installation.request())
            let before = try await runner.run(installation.run)
            try installation.store.leave(.abort(by: "operator"), for: installation.run, at: Self.start)
            let after = try await runner.run(installation.run)
            #expect(after == before)
            let view = try RunView(
                of: installation.run,
                from: installation.store.entries(of: installation.run, after: 0)
            )
            #expect(view.declined?.code == "cannot-abort")
        }
    }

    @Test func `the timeline tells every step of every hop`() async throws {
        try await withInstallation { installation in
            let runner = try installation.runner(over: Self.port())
            try runner.create(installation.request())
            try await runner.run(installation.run)
            let entries = try installation.store.entries(of: installation.run, after: 0)
            let view = try RunView(of: installation.run, from: entries)
            #expect(view.steps.count == 2 * Step.ofHop.count)
            #expect(view.steps.allSatisfy { $0.state == .done })
            #expect(view.endedAt != nil)
            #expect(entries.map { EventView($0) }.allSatisfy { !$0.message.isEmpty })
            #expect(RunView.expectations(from: [view]).count == Step.ofHop.count)
        }
    }
}
