import Simulators
import UpgradeEngine
import UpgradeModel

/// The world in a storm. It changes only in here, and every change is held against the journal.
actor StormyPort: EffectPort {
    private(set) var world: SimulatedWorld
    /// What must never be and was.
    private(set) var violations: [String] = []
    /// How often a migration of a release ended well.
    private(set) var completed: [String: Int] = [:]
    private let journal: any Journal
    private let weather: Weather
    private let decisions: [Decision]
    private let rival: @Sendable (StormyPort) async -> Void
    private var newestToken: Int64 = 0
    private var hop = 0
    private var orphan: Effect?

    /// Makes a world in which `release` runs. `journal` is the one below all faults, `decisions` are what operators may
    /// come up with at any time, and `rival` lets another runner work until it ends or dies.
    init(
        running release: ReleaseVersion,
        journal: any Journal,
        weather: Weather,
        decisions: [Decision],
        rival: @escaping @Sendable (StormyPort) async -> Void
    ) {
        world = SimulatedWorld(running: release)
        self.journal = journal
        self.weather = weather
        self.decisions = decisions
        self.rival = rival
    }

    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        try take(context)
        begin(effect.hop)
        endOrphan()
        return world.probe(
            effect,
            backup: context.backup,
            proof: try Story.proof(of: effect)
        )
    }

    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        try take(context)
        begin(effect.hop)
        endOrphan()
        context.report(Progress(effect.identity))
        switch weather.effectFate() {
        case .good: return try finish(effect, context)
        case .deathAtOnce: throw die()
        case .deathHalfway:
            change(effect, context) { $0.begin(effect) }
            // The tool may outlive its runner and go on.
            if effect.kind == .migrate { orphan = effect }
            throw die()
        case .deathAtEnd:
            _ = try finish(effect, context)
            throw die()
        case .diskFull: throw StormyJournal.diskFull
        case .diskFullHalfway:
            change(effect, context) { $0.fail(effect) }
            throw StormyJournal.diskFull
        case .refusal where effect.kind == .check || effect.kind == .checkReplacement:
            throw Refused(StormyJournal.diskFull)
        case .refusal: throw StormyJournal.ioError
        case .decisionInterrupts:
            if try await decide(context.run) { change(effect, context) { $0.begin(effect) } }
            try Task.checkCancellation()
            return try finish(effect, context)
        case .decisionComesTooLate:
            _ = try await decide(context.run)
            return try finish(effect, context)
        case .rival:
            await rival(self)
            try take(context)
            return try finish(effect, context)
        }
    }

    /// An operator decides while the effect is going on; returns, once it is answered, whether the effect is to stop.
    private func decide(_ run: RunID) async throws -> Bool {
        guard let decision = weather.pick(decisions), try journal.openDecision(for: run) == nil else { return false }
        let changes = journal.changes()
        try journal.leave(decision, for: run, at: weather.now())
        // Ends when the task is cancelled, or when the wish is declined.
        for await _ in changes where try journal.openDecision(for: run) == nil { return false }
        return true
    }

    private func finish(_ effect: Effect, _ context: EffectContext) throws -> Outcome {
        change(effect, context) { world in
            let wasDone = world.migrations[effect.identity] == .succeeded
            world.finish(effect, from: context.from, migrations: context.migrations)
            if effect.kind == .migrate, !wasDone, world.migrations[effect.identity] == .succeeded { complete(effect) }
        }
        if effect.kind == .migrate, world.migrations[effect.identity] == .failed { throw Story.trouble(of: effect) }
        if effect.kind == .proveDatabase, let set = context.restore?.set {
            return .proven(try Samples.proof(of: set.text, database: effect.subject ?? ""))
        }
        return try Story.outcome(of: effect)
    }

    /// No restore is under way any more: one was given up, or is over.
    func endRestore() { world.restore.end() }

    private func die() -> Trouble {
        weather.kill()
        return Weather.death
    }

    /// Stands for the lock that lets nobody act beside the newest owner.
    private func take(_ context: EffectContext) throws {
        guard context.token >= newestToken, !weather.isDead else { throw Weather.death }
        newestToken = context.token
    }

    /// A migration that outlived its runner comes to its end.
    private func endOrphan() {
        guard let effect = orphan else { return }
        orphan = nil
        guard world.migrations[effect.identity] == .running else { return }
        world.migrations[effect.identity] = .succeeded
        complete(effect)
    }

    private func complete(_ effect: Effect) {
        completed["\(effect.target) \(effect.subject ?? "")", default: 0] += 1
    }

    /// The only place where an effect changes the world: under its own intent, while that is open.
    private func change(_ effect: Effect, _ context: EffectContext, _ body: (inout SimulatedWorld) -> Void) {
        do {
            let replay = try Replay(of: context.run, from: journal.entries(of: context.run, after: 0))
            if replay.openIntent != effect {
                violations.append("\(effect.identity) changed the world, and the journal does not know of it")
            }
            violations += Invariants.violations(of: replay.machine, in: world)
        } catch {
            violations.append("the journal cannot be replayed: \(error)")
        }
        body(&world)
    }

    /// A new hop has a set of its own, and its own record of writers.
    private func begin(_ hop: Int) {
        guard hop != self.hop else { return }
        self.hop = hop
        world.set = .none
        world.recorded = false
        world.kept = false
    }
}
