import Foundation
import Simulators
import StateStore
import UpgradeEngine
import UpgradeModel

/// A whole run through one seed's weather: runners start, die, are taken over, and operators decide, until it has ended.
struct Storm: Sendable {
    let weather: Weather
    private let ground: Ground
    private let run: RunID
    private let plan: RunPlan

    /// The journal below all faults, and how to become its owner.
    struct Ground: Sendable {
        var journal: any Journal
        var takeLease: @Sendable () throws -> Lease
    }

    /// What was left when it was over.
    struct End: Sendable {
        var phase: UpgradeMachine.Phase
        var rows: [Payload]
        var violations: [String]
    }

    static let versions = ["2026.1.1", "2026.2.1", "2026.2.2", "2026.3.1"].compactMap { try? ReleaseVersion($0) }

    init(seed: UInt64, over ground: Ground) {
        let weather = Weather(seed: seed)
        self.weather = weather
        self.ground = Ground(
            journal: ground.journal,
            takeLease: {
                let lease = try ground.takeLease()
                weather.own(lease.token)
                return lease
            }
        )
        run = RunID(startedAt: weather.now(), salt: 1)
        plan = RunPlan(from: Self.versions[0], hops: [Self.versions[1], Self.versions[3]], highWaterMark: nil)
    }

    /// A storm over memory.
    static func overMemory(seed: UInt64) -> Storm {
        let journal = MemoryJournal()
        let moment = Moment(microseconds: 0)
        return Storm(
            seed: seed,
            over: Ground(journal: journal, takeLease: { journal.takeLease(owner: "test", at: moment) })
        )
    }

    private static let decisions: [Decision] = [
        .abort(by: "operator"), .abort(by: "operator"), .retry(by: "operator", target: nil),
        .retry(by: "operator", target: versions[2]), .retry(by: "operator", target: versions[0]),
    ]

    /// Goes through it.
    func rage() async throws -> End {
        let ground = ground
        let faulty = StormyJournal(ground.journal, weather) { _ = try ground.takeLease() }
        let port = StormyPort(
            running: plan.from,
            journal: ground.journal,
            weather: weather,
            decisions: Self.decisions,
            // A process of its own: what becomes of the one that it robs does not end it.
            rival: { port in await Task { try? await carry(faulty, port) }.value }
        )
        var before: [JournalEntry] = []
        var violations: [String] = []
        // Fifteen troubles need fewer runners than this, and fewer decisions.
        for _ in 0..<120 {
            weather.revive()
            try await carry(faulty, port)
            weather.revive()
            let rows = try ground.journal.entries(of: nil, after: 0)
            if !rows.starts(with: before) { violations.append("rows were changed or lost") }
            before = rows
            guard !rows.isEmpty else { continue }
            let replay = try Replay(of: run, from: rows)
            if replay.machine.restore == nil { await port.endRestore() }
            violations += Invariants.violations(of: replay.machine, in: await port.world)
            if replay.machine.hasEnded { return try await end(replay.machine, rows, port, violations) }
            if replay.machine.pending == nil { try decide(replay.machine) }
        }
        violations.append("it neither ended nor waited within 120 runners")
        return try await end(try Replay(of: run, from: before).machine, before, port, violations)
    }

    /// One runner's life.
    private func carry(_ journal: StormyJournal, _ port: StormyPort) async throws {
        let runner = Runner(
            journal: journal,
            ports: EffectPorts(readiness: port, deployment: port, backups: port, restores: port),
            lease: try ground.takeLease(),
            now: weather.now,
            folder: { "/nowhere/\($0)" }
        )
        do {
            if try ground.journal.runs().isEmpty {
                try runner.create(RunRequest(id: run, plan: plan, startedBy: "test", startedAt: weather.now()))
            }
            try await runner.run(run)
        } catch {
            // Dead, robbed of its lease, or left by its disk: the next one goes on.
        }
    }

    private func decide(_ machine: UpgradeMachine) throws {
        guard try ground.journal.openDecision(for: run) == nil else { return }
        let possible = machine.choices.flatMap { choice -> [Decision] in
            switch choice {
            case .retry:
                [.retry(by: "operator", target: nil), .retry(by: "operator", target: Self.versions[2])]
            case .abort: [.abort(by: "operator")]
            case .restore: restores(machine)
            }
        }
        // Now and then one that cannot be.
        guard let decision = weather.pick(possible + possible + Self.decisions) else { return }
        try ground.journal.leave(decision, for: run, at: weather.now())
    }

    /// Back to what was before the hop, by the set of that moment.
    private func restores(_ machine: UpgradeMachine) -> [Decision] {
        guard let set = machine.backup, let hop = machine.hop else { return [] }
        let plan = RestorePlan(
            set: set,
            release: hop.index > 0 ? machine.plan.hops[hop.index - 1] : machine.plan.from,
            databases: SimulatedRestore.databases,
            extra: SimulatedRestore.extra
        )
        return [.restore(by: "operator", plan: plan)]
    }

    private func end(
        _ machine: UpgradeMachine,
        _ rows: [JournalEntry],
        _ port: StormyPort,
        _ seen: [String]
    ) async throws -> End {
        var violations = seen + (await port.violations)
        for (migration, count) in await port.completed where count > 1 {
            violations.append("the migration \(migration) ended well \(count) times")
        }
        if try ground.journal.highWaterMark() != machine.plan.highWaterMark {
            violations.append("the mark in the journal is not the run's")
        }
        let view = try RunView(of: run, from: rows)
        if view.steps.contains(where: { ($0.seconds ?? 0) < 0 }) { violations.append("a step took less than no time") }
        let decisive = rows.map(\.payload).filter { if case .progress = $0 { false } else { true } }
        return End(phase: machine.phase, rows: decisive, violations: violations)
    }
}
