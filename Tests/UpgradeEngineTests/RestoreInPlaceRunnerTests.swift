import Simulators
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

/// Restores that somebody has done outside of any run, over the real journal.
extension RunnerTests {
    static func inPlace(of set: String = "20261123T101110Z-2026.1.1") throws -> RestorePlan {
        let plan = try restore(of: set)
        return RestorePlan(set: plan.set, release: plan.release, databases: plan.databases, isInPlace: true)
    }

    private static func inPlaceRequest(_ run: RunID) throws -> RunRequest {
        RunRequest(
            id: run,
            plan: RunPlan(restoring: try inPlace(), from: try first, highWaterMark: try version("2026.3.1")),
            startedBy: "root@vm",
            startedAt: start
        )
    }

    private static func restoredPort() async throws -> SimulatedPort {
        let port = try newerPort()
        await port.restoreOutside(to: try first)
        return port
    }

    @Test func `a restore that was done outside is seen, and the mark is lowered with nothing changed`() async throws {
        try await withInstallation { installation in
            let port = try await Self.restoredPort()
            let before = await port.world
            let runner = try installation.runner(over: port)
            try runner.create(Self.inPlaceRequest(installation.run))
            #expect(try await runner.run(installation.run).phase == .restored)
            #expect(await port.performed == ["0/check-restore#1", "0/confirm-restored#1", "0/clean-up#1"])
            #expect(try installation.store.highWaterMark() == (try Self.first))
            var after = await port.world
            after.restore = before.restore
            #expect(after == before)
            let entries = try installation.store.entries(of: installation.run, after: 0)
            let view = try RunView(of: installation.run, from: entries)
            #expect(view.isInPlace)
            #expect(view.restored == (try Self.inPlace().set))
            #expect(view.steps.map(\.step) == Step.ofRestoreInPlace)
            #expect(view.steps.allSatisfy { $0.state == .done })
            #expect(EventView(entries[0]).message.contains("is restored already"))
        }
    }

    /// The commits of an undisturbed one, reports of progress apart.
    static let inPlaceCommits = 6

    @Test(arguments: 1...inPlaceCommits, [false, true])
    func `one whose runner dies at any commit is taken over, and the end is the same`(
        at number: Int,
        afterCommit: Bool
    ) async throws {
        try await withInstallation { installation in
            let port = try await Self.restoredPort()
            let dying = DyingJournal(installation.store, at: number, afterCommit: afterCommit)
            let first = try installation.runner(over: port, journal: dying)
            await #expect(throws: Trouble.self) {
                try first.create(Self.inPlaceRequest(installation.run))
                try await first.run(installation.run)
            }
            let second = try installation.runner(over: port)
            if try installation.store.runs().isEmpty { try second.create(Self.inPlaceRequest(installation.run)) }
            #expect(try await second.run(installation.run).phase == .restored)
            #expect(try installation.store.highWaterMark() == (try Self.first))
        }
    }

    @Test func `one that is not what is there is given up, and the mark stays`() async throws {
        try await withInstallation { installation in
            let runner = try installation.runner(over: Self.newerPort())
            try runner.create(Self.inPlaceRequest(installation.run))
            let machine = try await runner.run(installation.run)
            #expect(machine.phase == .aborted && machine.reason?.code == "not-restored")
            #expect(try installation.store.highWaterMark() == nil, "no run has moved it")
        }
    }

    @Test func `an upgrade that waits ends by a restore that was done outside, once it is done`() async throws {
        try await withInstallation { installation in
            let why = Trouble(.release, "migration-failed", "Exit 1.", changed: true, remedy: "Retry.")
            let port = try Self.port(failures: [.migrate: why])
            let runner = try installation.runner(over: port)
            try runner.create(installation.request())
            let waiting = try await runner.run(installation.run)
            let plan = try Self.inPlace(of: waiting.backup?.text ?? "")
            let wish = Decision.restore(by: "op", plan: plan)
            // It was said too early.
            try installation.store.leave(wish, for: installation.run, at: Self.start)
            var machine = try await runner.run(installation.run)
            #expect(machine.phase == .needsOperator && machine.choices == [.retry, .restore])
            #expect(machine.reason?.code == "migration-failed")
            #expect(machine.reason?.message.hasPrefix("Exit 1. A restore that was begun since was given up:") == true)
            #expect(try installation.store.highWaterMark()?.description == "2026.2.1")

            await port.restoreOutside(to: try Self.first)
            try installation.store.leave(wish, for: installation.run, at: Self.start)
            machine = try await runner.run(installation.run)
            #expect(machine.phase == .restored)
            #expect(try installation.store.highWaterMark() == (try Self.first))
            let entries = try installation.store.entries(of: installation.run, after: 0)
            let view = try RunView(of: installation.run, from: entries)
            #expect(view.isInPlace && view.steps.filter { $0.step == .restore }.contains { $0.state == .done })
        }
    }
}
