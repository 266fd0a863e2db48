import Simulators
import Testing
import UpgradeEngine
import UpgradeModel

/// An Engine or a database server that goes away, and comes back while Pawl waits.
@Suite struct PatienceTests {
    /// Goes away once in the midst of an effect, and answers again when it was asked often enough.
    private actor FadingPort: EffectPort {
        let port: SimulatedPort
        /// What it says instead of an answer, from the first time that an effect of this kind is performed.
        let absence: Trouble
        let kind: Effect.Kind
        /// Whether the effect is done when it goes.
        let afterwards: Bool
        private var questionsLeft: Int
        private var hasGone: Bool

        init(
            over port: SimulatedPort,
            _ absence: Trouble,
            in kind: Effect.Kind,
            afterwards: Bool = false,
            isAway: Bool = false,
            forQuestions questions: Int
        ) {
            self.port = port
            self.absence = absence
            self.kind = kind
            self.afterwards = afterwards
            hasGone = isAway
            questionsLeft = questions
        }

        func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
            if hasGone, questionsLeft > 0 {
                questionsLeft -= 1
                throw absence
            }
            return try await port.probe(effect, in: context)
        }

        func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
            if effect.kind == kind, !hasGone {
                hasGone = true
                if afterwards { _ = try await port.perform(effect, in: context) }
                throw absence
            }
            // Whoever is away does nothing either.
            if hasGone, questionsLeft > 0 { throw absence }
            return try await port.perform(effect, in: context)
        }
    }

    private static func away(_ code: String) -> Trouble {
        Trouble(.environment, code, "Nobody answers.", remedy: "Wait.")
    }

    private static let patient = Runner.Patience(longest: .seconds(60), pause: .milliseconds(1), returns: 3)

    private func runner(
        over port: some EffectPort,
        _ journal: any Journal,
        _ lease: Lease,
        _ patience: Runner.Patience
    ) -> Runner {
        Runner(
            journal: journal,
            ports: EffectPorts(readiness: port, deployment: port, backups: port),
            lease: lease,
            now: { RunnerTests.start },
            patience: patience,
            folder: { "/nowhere/\($0)" }
        )
    }

    private func request() throws -> RunRequest {
        let plan = RunPlan(
            from: try RunnerTests.version("2026.1.1"),
            hops: [try RunnerTests.version("2026.2.1")],
            highWaterMark: nil
        )
        return RunRequest(
            id: RunID(startedAt: RunnerTests.start, salt: 1),
            plan: plan,
            startedBy: "test",
            startedAt: RunnerTests.start
        )
    }

    /// The kinds of effects that a hop which goes well goes through, the checks apart.
    private static let kinds: [Effect.Kind] = [
        .keepInstalled, .stage, .recordWriters, .stopWriters, .dump, .confirmUnchanged, .prove, .publish,
        .removeWriters, .switchRelease, .migrate, .start, .awaitHealth, .cleanUp,
    ]

    @Test(arguments: kinds, [false, true])
    func `an Engine that is started anew in the midst of an effect delays the run, and ends nothing`(
        kind: Effect.Kind,
        afterwards: Bool
    ) async throws {
        let journal = MemoryJournal()
        let port = try RunnerTests.port()
        let fading = FadingPort(
            over: port,
            Self.away("engine-unreachable"),
            in: kind,
            afterwards: afterwards,
            forQuestions: 3
        )
        let lease = journal.takeLease(owner: "test", at: RunnerTests.start)
        let runner = runner(over: fading, journal, lease, Self.patient)
        let request = try request()
        try runner.create(request)
        #expect(try await runner.run(request.id).phase == .succeeded)
        let world = await port.world
        #expect(world.release.description == "2026.2.1")
        #expect(world.starts.values.allSatisfy { $0 == 1 }, "no migration was started twice")
        let rows = try journal.entries(of: request.id, after: 0).map(\.payload)
        #expect(!rows.contains { if case .event(.failed) = $0 { true } else { false } })
    }

    @Test func `checks that cannot ask the Engine end the run at once`() async throws {
        let journal = MemoryJournal()
        let port = try RunnerTests.port()
        let fading = FadingPort(over: port, Self.away("engine-unreachable"), in: .check, forQuestions: 1)
        let lease = journal.takeLease(owner: "test", at: RunnerTests.start)
        let patient = Runner.Patience(longest: .seconds(3600), pause: .seconds(3600), returns: 3)
        let runner = runner(over: fading, journal, lease, patient)
        let request = try request()
        try runner.create(request)
        #expect(try await runner.run(request.id).hasEnded)
        #expect(await port.performed.isEmpty)
    }

    @Test func `an Engine that stays away ends the run as any failure does`() async throws {
        let journal = MemoryJournal()
        let port = try RunnerTests.port()
        let fading = FadingPort(over: port, Self.away("engine-unreachable"), in: .stage, forQuestions: .max)
        let impatient = Runner.Patience(longest: .milliseconds(20), pause: .milliseconds(1), returns: 3)
        let runner = runner(over: fading, journal, journal.takeLease(owner: "test", at: RunnerTests.start), impatient)
        let request = try request()
        try runner.create(request)
        let machine = try await runner.run(request.id)
        #expect(machine.phase == .needsOperator || machine.phase == .aborted)
        #expect(await port.world.release.description == "2026.1.1")
    }

    @Test(arguments: ["engine-unreachable", "cluster-unreachable", "database-unreachable", "database-busy"])
    func `whoever takes a run over after a reboot waits for what is still starting`(code: String) async throws {
        let journal = MemoryJournal()
        let port = try RunnerTests.port()
        let request = try request()
        // The runner dies with its machine right after it has begun to dump.
        let dying = DyingJournal(journal, at: try await commits(until: .dump), afterCommit: true)
        let first = runner(over: port, dying, journal.takeLease(owner: "one", at: RunnerTests.start), .none)
        await #expect(throws: Trouble.self) {
            try first.create(request)
            try await first.run(request.id)
        }
        let starting = FadingPort(over: port, Self.away(code), in: .dump, isAway: true, forQuestions: 5)
        let lease = journal.takeLease(owner: "two", at: RunnerTests.start)
        #expect(try await runner(over: starting, journal, lease, Self.patient).run(request.id).phase == .succeeded)
        #expect(await port.world.release.description == "2026.2.1")
    }

    /// The number of the commit with the intent of the first effect of a kind, reports of progress apart.
    private func commits(until kind: Effect.Kind) async throws -> Int {
        let journal = MemoryJournal()
        let request = try request()
        let port = try RunnerTests.port()
        let runner = runner(over: port, journal, journal.takeLease(owner: "test", at: RunnerTests.start), .none)
        try runner.create(request)
        try await runner.run(request.id)
        let rows = try journal.entries(of: request.id, after: 0).map(\.payload)
        let intent = try #require(
            rows.firstIndex { if case .intent(let effect) = $0 { effect.kind == kind } else { false } }
        )
        return rows[..<intent].count { row in
            switch row {
            case .created, .taken, .event: true
            default: false
            }
        }
    }
}
