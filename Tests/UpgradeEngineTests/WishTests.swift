import Simulators
import Testing
import UpgradeEngine
import UpgradeModel

/// Operators who wish for something while an effect is going on.
@Suite struct WishTests {
    /// Wishes for something in one kind of effect, and goes on when it is answered.
    private actor WishingPort: EffectPort {
        let port: SimulatedPort
        let journal: MemoryJournal
        let wish: Decision
        let kind: Effect.Kind

        init(over port: SimulatedPort, _ journal: MemoryJournal, _ wish: Decision, in kind: Effect.Kind) {
            self.port = port
            self.journal = journal
            self.wish = wish
            self.kind = kind
        }

        func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
            try await port.probe(effect, in: context)
        }

        func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
            if effect.kind == kind {
                let changes = journal.changes()
                try journal.leave(wish, for: context.run, at: RunnerTests.start)
                for await _ in changes where try journal.openDecision(for: context.run) == nil { break }
                try Task.checkCancellation()
            }
            return try await port.perform(effect, in: context)
        }
    }

    @Test(arguments: [
        (Effect.Kind.dump, Decision.retry(by: "operator", target: nil)),
        (Effect.Kind.migrate, Decision.abort(by: "operator")),
    ])
    func `one that cannot be granted is declined at once, and the effect is not disturbed`(
        kind: Effect.Kind,
        wish: Decision
    ) async throws {
        let journal = MemoryJournal()
        let port = try RunnerTests.port()
        let wishing = WishingPort(over: port, journal, wish, in: kind)
        let runner = Runner(
            journal: journal,
            ports: EffectPorts(readiness: wishing, deployment: wishing, backups: wishing),
            lease: journal.takeLease(owner: "test", at: RunnerTests.start),
            now: { RunnerTests.start },
            folder: { "/nowhere/\($0)" }
        )
        let run = RunID(startedAt: RunnerTests.start, salt: 1)
        let plan = RunPlan(
            from: try RunnerTests.version("2026.1.1"),
            hops: [try RunnerTests.version("2026.3.1")],
            highWaterMark: nil
        )
        try runner.create(RunRequest(id: run, plan: plan, startedBy: "test", startedAt: RunnerTests.start))
        #expect(try await runner.run(run).phase == .succeeded)
        #expect(await port.performed.count { $0.hasPrefix("0/\(kind.rawValue)") } == 1)
        let rows = try journal.entries(of: run, after: 0).map(\.payload)
        let declined = try #require(rows.firstIndex { if case .declined(wish, _) = $0 { true } else { false } })
        let done = try #require(
            rows.firstIndex { row in
                if case .event(.succeeded(let effect, _)) = row { effect.kind == kind } else { false }
            }
        )
        #expect(declined < done)
    }
}
