import Simulators
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

extension RunnerTests {
    static var first: ReleaseVersion { get throws { try version("2026.1.1") } }

    static func restore(of set: String = "20261123T101110Z-2026.1.1") throws -> RestorePlan {
        RestorePlan(
            set: try Samples.proof(of: set).set,
            release: try first,
            databases: SimulatedRestore.databases,
            extra: SimulatedRestore.extra
        )
    }

    /// A restore as a run of its own, of an installation that has gone on to a newer release.
    static func restoreRequest(_ run: RunID) throws -> RunRequest {
        let newer = try version("2026.3.1")
        return RunRequest(
            id: run,
            plan: RunPlan(restoring: try restore(), from: newer, highWaterMark: newer),
            startedBy: "root@vm",
            startedAt: start
        )
    }

    static func newerPort(failures: [Effect.Kind: any Error] = [:]) throws -> SimulatedPort {
        SimulatedPort(running: try version("2026.3.1"), services: [:], failures: failures)
    }

    private func expectRestored(_ world: SimulatedWorld, _ installation: Installation) throws {
        #expect(world.release == (try Self.first))
        #expect(world.healthy && world.writers == .running)
        #expect(!world.restore.isMixed && world.restore.copies.isEmpty)
        #expect(world.restore.present.values.allSatisfy { $0 == world.release })
        #expect(try installation.store.highWaterMark() == world.release)
    }

    @Test func `a restore goes through every effect once, and the mark is lowered`() async throws {
        try await withInstallation { installation in
            let port = try Self.newerPort()
            let runner = try installation.runner(over: port)
            try runner.create(Self.restoreRequest(installation.run))
            let machine = try await runner.run(installation.run)
            #expect(machine.phase == .restored && machine.hasEnded)
            try expectRestored(await port.world, installation)
            let performed = await port.performed
            #expect(Set(performed).count == performed.count)
            let entries = try installation.store.entries(of: installation.run, after: 0)
            let view = try RunView(of: installation.run, from: entries)
            #expect(view.steps.map(\.step) == Step.ofRestore)
            #expect(view.steps.allSatisfy { $0.state == .done })
            #expect(entries.map { EventView($0) }.allSatisfy { !$0.message.isEmpty })
        }
    }

    /// The commits of an undisturbed restore of two databases, reports of progress apart.
    static let restoreCommits = 24

    @Test(arguments: 1...restoreCommits, [false, true])
    func `a restore whose runner dies at any commit is taken over, and the end is the same`(
        at number: Int,
        afterCommit: Bool
    ) async throws {
        try await withInstallation { installation in
            let port = try Self.newerPort()
            let dying = DyingJournal(installation.store, at: number, afterCommit: afterCommit)
            let first = try installation.runner(over: port, journal: dying)
            await #expect(throws: Trouble.self) {
                try first.create(Self.restoreRequest(installation.run))
                try await first.run(installation.run)
            }
            let second = try installation.runner(over: port)
            if try installation.store.runs().isEmpty { try second.create(Self.restoreRequest(installation.run)) }
            #expect(try await second.run(installation.run).phase == .restored)
            try expectRestored(await port.world, installation)
        }
    }

    @Test func `a restore has as many commits as the deaths above go through`() async throws {
        try await withInstallation { installation in
            let counting = DyingJournal(installation.store, at: Self.restoreCommits, afterCommit: true)
            let runner = try installation.runner(over: Self.newerPort(), journal: counting)
            await #expect(throws: Trouble.self) {
                try runner.create(Self.restoreRequest(installation.run))
                try await runner.run(installation.run)
            }
            let entries = try installation.store.entries(of: installation.run, after: 0)
            #expect(try Replay(of: installation.run, from: entries).machine.phase == .restored)
        }
    }

    @Test(arguments: Set(RestoreCourse.kinds).sorted { $0.rawValue < $1.rawValue })
    func `a restore that fails before the first rename changes nothing, after it goes on by retry`(
        kind: Effect.Kind
    ) async throws {
        try await withInstallation { installation in
            let why = Trouble(.environment, "test", "It did not work.", remedy: "Try again.")
            let port = try Self.newerPort(failures: [kind: why])
            let runner = try installation.runner(over: port)
            try runner.create(Self.restoreRequest(installation.run))
            let machine = try await runner.run(installation.run)
            if machine.isPastPointOfNoReturn {
                #expect(machine.phase == .needsOperator)
                // Between the renames nothing else is possible; afterwards another set may be brought back.
                let isRenaming = [.setAside, .bringIn].contains(kind)
                #expect(machine.choices == (isRenaming ? [.retry] : [.retry, .restore]))
                #expect(try installation.store.highWaterMark() == (try Self.first))
                try installation.store.leave(.retry(by: "operator", target: nil), for: installation.run, at: Self.start)
                #expect(try await runner.run(installation.run).phase == .restored)
                try expectRestored(await port.world, installation)
            } else {
                #expect(machine.phase == .aborted && machine.reason == why)
                let world = await port.world
                #expect(world.writers == .running && !world.restartPolicyTaken && world.healthy)
                #expect(world.restore.aside.isEmpty && world.restore.copies.isEmpty && !world.restore.isClosed)
                #expect(try installation.store.highWaterMark() == nil)
            }
        }
    }

    @Test func `an upgrade that waits ends by a restore`() async throws {
        try await withInstallation { installation in
            let why = Trouble(.release, "migration-failed", "Exit 1.", changed: true, remedy: "Retry.")
            let port = try Self.port(failures: [.migrate: why])
            let runner = try installation.runner(over: port)
            try runner.create(installation.request())
            let waiting = try await runner.run(installation.run)
            #expect(waiting.choices == [.retry, .restore])
            let plan = try Self.restore(of: waiting.backup?.text ?? "")
            try installation.store.leave(.restore(by: "op", plan: plan), for: installation.run, at: Self.start)
            let machine = try await runner.run(installation.run)
            #expect(machine.phase == .restored)
            try expectRestored(await port.world, installation)
            let entries = try installation.store.entries(of: installation.run, after: 0)
            let view = try RunView(of: installation.run, from: entries)
            #expect(view.steps.filter { $0.step == .restore }.contains { $0.state == .done })
            #expect(view.steps.first { $0.step == .migrate }?.state == .failed)
        }
    }

    @Test func `a restore out of an upgrade that cannot be done leaves the upgrade waiting`() async throws {
        try await withInstallation { installation in
            let why = Trouble(.release, "migration-failed", "Exit 1.", changed: true, remedy: "Retry.")
            let damaged = Trouble(.environment, "damaged", "It is damaged.", remedy: "Use another.")
            let port = try Self.port(failures: [.migrate: why, .restoreDatabase: damaged])
            let runner = try installation.runner(over: port)
            try runner.create(installation.request())
            let waiting = try await runner.run(installation.run)
            let plan = try Self.restore(of: waiting.backup?.text ?? "")
            try installation.store.leave(.restore(by: "op", plan: plan), for: installation.run, at: Self.start)
            let machine = try await runner.run(installation.run)
            #expect(machine.phase == .needsOperator && machine.choices == [.retry, .restore])
            #expect(machine.reason?.code == why.code)
            #expect(machine.reason?.message == "Exit 1. A restore that was begun since was given up: It is damaged.")
            #expect(await port.world.restore.copies.isEmpty)
            #expect(try installation.store.highWaterMark()?.description == "2026.2.1")
            try installation.store.leave(.retry(by: "op", target: nil), for: installation.run, at: Self.start)
            #expect(try await runner.run(installation.run).phase == .succeeded)
        }
    }

    @Test func `a restore goes on under its own name after another one was asked for and refused`() async throws {
        try await withInstallation { installation in
            let why = Trouble(.environment, "engine", "It did not answer.", remedy: "Look.")
            let no = Trouble(.operator, "damaged", "It is damaged.", remedy: "Use another.")
            let port = try Self.port(failures: [.migrate: why, .start: why])
            let runner = try installation.runner(over: port)
            try runner.create(installation.request())
            let set = try #require(try await runner.run(installation.run).backup)
            func restore(_ set: String) async throws -> UpgradeMachine {
                let plan = try Self.restore(of: set)
                try installation.store.leave(.restore(by: "op", plan: plan), for: installation.run, at: Self.start)
                return try await runner.run(installation.run)
            }
            #expect(try await restore(set.text).phase == .needsOperator)
            await port.fail([.checkRestore: no])
            let waiting = try await restore("20260101T000000Z")
            #expect(
                waiting.reason?.message
                    == "It did not answer. A restore that was begun since was given up: It is damaged."
            )
            try installation.store.leave(.retry(by: "op", target: nil), for: installation.run, at: Self.start)
            #expect(try await runner.run(installation.run).phase == .restored)
            let entries = try installation.store.entries(of: installation.run, after: 0)
            let view = try RunView(of: installation.run, from: entries)
            #expect(view.restored == set)
            #expect(view.steps.first { $0.step == .settle }?.state == .waiting)
        }
    }

    @Test func `a restore that is given up puts nothing back that ran when an earlier hop was to be restored`()
        async throws
    {
        try await withInstallation { installation in
            let why = Trouble(.release, "unhealthy", "It does not serve.", changed: true, remedy: "Look.")
            let no = Trouble(.environment, "damaged", "It is damaged.", remedy: "Use another.")
            let port = try Self.port(failures: [.awaitHealth: why, .restoreDatabase: no])
            let runner = try installation.runner(over: port)
            func giveUpRestore(of waiting: UpgradeMachine) async throws -> UpgradeMachine {
                let plan = try Self.restore(of: waiting.backup?.text ?? "")
                try installation.store.leave(.restore(by: "op", plan: plan), for: installation.run, at: Self.start)
                return try await runner.run(installation.run)
            }
            try runner.create(installation.request())
            // The first hop's release runs; it is recorded, and runs again.
            var machine = try await giveUpRestore(of: try await runner.run(installation.run))
            #expect(machine.hop?.index == 0 && machine.reason?.message.hasSuffix(no.message) == true)
            #expect(await port.world.writers == .running)
            // The second hop's migration fails once nothing runs any more; its restore is given up in the same attempt.
            await port.fail([.migrate: why, .proveDatabase: no])
            try installation.store.leave(.retry(by: "op", target: nil), for: installation.run, at: Self.start)
            machine = try await giveUpRestore(of: try await runner.run(installation.run))
            #expect(machine.hop?.index == 1 && machine.reason?.message.hasSuffix(no.message) == true)
            #expect(await port.world.writers == .removed)
            #expect(Invariants.violations(of: machine, in: await port.world) == [])
        }
    }
}
