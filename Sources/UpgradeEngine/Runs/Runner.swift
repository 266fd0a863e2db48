package import UpgradeModel

/// Carries one run from where its journal stands to its end, or to where an operator must decide.
///
/// Observe, decide, act: the machine decides, the ports look and act, and the journal is written around each act.
/// A runner may die at any instant; the next one replays the journal, probes the one open effect, and goes on.
package struct Runner: Sendable {
    private let journal: any Journal
    private let ports: EffectPorts
    private let lease: Lease
    private let now: @Sendable () -> Moment
    private let folder: @Sendable (RunID) throws -> String
    private let patience: Patience

    /// How a runner waits for an Engine or a database server that does not answer, such as one that has been started
    /// again: after a reboot Pawl may be there before them.
    package struct Patience: Sendable {
        /// The longest that it waits for one answer.
        package var longest: Duration
        /// How long it waits before it asks again.
        package var pause: Duration
        /// How often one effect is gone on with after the Engine failed or went away in the middle of it: after 4 pauses
        /// at first, then after twice as many each time.
        package var returns: Int

        package init(longest: Duration, pause: Duration, returns: Int) {
            self.longest = longest
            self.pause = pause
            self.returns = returns
        }

        package static let none = Patience(longest: .zero, pause: .zero, returns: 0)
        package static let standard = Patience(longest: .seconds(180), pause: .milliseconds(500), returns: 5)
    }

    /// Makes a runner. The caller owns the installation, by the lease, as long as the runner works; `now` tells the time
    /// and `folder` makes and names a run's own folder.
    package init(
        journal: any Journal,
        ports: EffectPorts,
        lease: Lease,
        now: @escaping @Sendable () -> Moment,
        patience: Patience = .none,
        folder: @escaping @Sendable (RunID) throws -> String
    ) {
        self.patience = patience
        self.journal = journal
        self.ports = ports
        self.lease = lease
        self.now = now
        self.folder = folder
    }

    /// Writes a new run down. It begins when ``run(_:)`` is called.
    package func create(_ request: RunRequest) throws {
        _ = try UpgradeMachine(request.plan)
        try write([.created(request)], to: request.id)
    }

    /// Goes on with a run until it has ended or waits for an operator; returns the machine as it then stands.
    @discardableResult
    package func run(_ id: RunID) async throws -> UpgradeMachine {
        let replayed = try Replay(of: id, from: journal.entries(of: id, after: 0))
        var machine = replayed.machine
        try write([.taken(by: lease.owner, token: lease.token)], to: id)
        if case .planned = machine.state { try tell(&machine, .started, of: id) }
        var isFresh = replayed.openIntent == nil
        while true {
            if try grantDecision(&machine, of: id) { isFresh = true }
            guard let effect = machine.pending else { return machine }
            let event = try await settle(
                effect,
                of: id,
                asked: replayed.request.plan,
                machine: machine,
                isFresh: isFresh
            )
            isFresh = true
            if let event { try tell(&machine, event, of: id) }
        }
    }

    /// Gets an event out of an effect; nil where an operator's decision came in between.
    private func settle(
        _ effect: Effect,
        of id: RunID,
        asked: RunPlan,
        machine: UpgradeMachine,
        isFresh: Bool
    ) async throws -> Event? {
        let (progress, reports) = AsyncStream.makeStream(of: Progress.self, bufferingPolicy: .bufferingNewest(1))
        let context = EffectContext(
            run: id,
            token: lease.token,
            from: machine.releaseBeforeHop(asked),
            highWaterMark: machine.plan.highWaterMark,
            migrations: machine.hop?.migrations ?? [],
            backup: machine.backup,
            proof: machine.proof,
            restore: machine.restore,
            folder: try folder(id),
            report: { reports.yield($0) }
        )
        defer { reports.finish() }
        return try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask { .effect(await attempt(effect, in: context, isFresh: isFresh)) }
            group.addTask {
                for await report in progress {
                    try mention(.progress(effect, report), of: id)
                    // Whoever watches wants the newest word, not every word.
                    try? await Task.sleep(for: .seconds(1))
                }
                return .bystander
            }
            group.addTask {
                for await _ in journal.changes() {
                    // What cannot be read now is read at the next change, or before the next effect.
                    guard let (number, decision) = try? journal.openDecision(for: id) else { continue }
                    if machine.takes(decision) { return .decision }
                    try mention(.declined(decision, .declined(decision, in: machine)), of: id, answering: number)
                }
                return .bystander
            }
            defer { group.cancelAll() }
            while let ending = try await group.next() {
                switch ending {
                case .effect(let event): return event
                case .decision:
                    // An effect that ended well in spite of the cancellation has still happened: its event is kept.
                    group.cancelAll()
                    while let late = try await group.next() {
                        if case .effect(let event) = late { return event.isSuccess ? event : nil }
                    }
                    return nil
                case .bystander: continue
                }
            }
            return nil
        }
    }

    private enum Ending: Sendable {
        case effect(Event)
        case decision
        case bystander
    }

    /// What only looks. Where that fails there is nothing to finish or to put back, and whoever asked is told at once.
    private static let looking: Set<Effect.Kind> = [.check, .checkReplacement, .checkRestore, .confirmRestored]

    /// Performs an effect; where it is not fresh, only what a look at it leaves to be done. An Engine that goes away in
    /// the middle, as one that is started anew, is waited for, and then it goes on as after a death of the runner.
    private func attempt(_ effect: Effect, in context: EffectContext, isFresh: Bool) async -> Event {
        var isFresh = isFresh
        var returns = patience.returns
        while true {
            if !isFresh {
                let seen = await probe(effect, in: context)
                if case .conclude(let event) = Recovery(of: effect, seeing: seen) { return event }
            }
            let event = await perform(effect, in: context)
            guard case .failed(_, let trouble) = event, trouble.isOfEngine, !Self.looking.contains(effect.kind),
                returns > 0, !Task.isCancelled
            else { return event }
            context.report(Progress("Waiting: \(trouble.message)"))
            // An Engine that shuts down still answers for a while, each time with another fault.
            try? await Task.sleep(for: patience.pause * (4 << (patience.returns - returns)))
            // An operator does not want to wait for it.
            if Task.isCancelled { return event }
            returns -= 1
            isFresh = false
        }
    }

    /// Looks at what became of an effect; waits, within its patience, for whoever can tell it.
    private func probe(_ effect: Effect, in context: EffectContext) async -> Probe {
        let end = ContinuousClock.now + patience.longest
        while true {
            do {
                return try await ports[effect.kind].probe(effect, in: context)
            } catch let trouble as Trouble {
                guard trouble.mayPass, ContinuousClock.now < end, !Task.isCancelled else {
                    return .unknown(evidence: trouble.message)
                }
                context.report(Progress("Waiting: \(trouble.message)"))
                try? await Task.sleep(for: patience.pause)
            } catch {
                return .unknown(evidence: "\(error)")
            }
        }
    }

    private func perform(_ effect: Effect, in context: EffectContext) async -> Event {
        do {
            return .succeeded(effect, try await ports[effect.kind].perform(effect, in: context))
        } catch let refusal as Refused {
            return .refused(effect, refusal.trouble)
        } catch let trouble as Trouble {
            return .failed(effect, trouble)
        } catch is CancellationError {
            return .failed(effect, .interrupted(effect))
        } catch {
            return .failed(effect, .unforeseen(error, during: effect))
        }
    }

    /// Answers a waiting decision, if there is one; returns whether the machine took it.
    private func grantDecision(_ machine: inout UpgradeMachine, of id: RunID) throws -> Bool {
        guard let (number, decision) = try journal.openDecision(for: id) else { return false }
        do {
            try tell(&machine, decision.event, of: id, answering: number)
            return true
        } catch is IllegalEvent {
            try write([.declined(decision, .declined(decision, in: machine))], to: id, answering: number)
            return false
        }
    }

    /// The machine's answer is an intent; both are one commit, so that no event is ever without what follows from it.
    private func tell(
        _ machine: inout UpgradeMachine,
        _ event: Event,
        of id: RunID,
        answering decision: Int64? = nil
    ) throws {
        var next = machine
        let effects = try next.handle(event)
        let mark = next.plan.highWaterMark
        // A restore lowers it: the last mark on record is the one that counts.
        let moved = mark == machine.plan.highWaterMark ? nil : mark
        let payloads: [Payload] = [.event(event)] + effects.map { .intent($0) }
        try write(payloads, to: id, highWaterMark: moved, answering: decision)
        machine = next
    }

    /// Writes what nothing follows from. That it cannot be written is no reason to disturb the effect at work, except
    /// where another runner owns the installation.
    private func mention(_ payload: Payload, of id: RunID, answering decision: Int64? = nil) throws {
        do {
            try write([payload], to: id, answering: decision)
        } catch let trouble as Trouble where trouble.code != "lease-lost" {}
    }

    private func write(
        _ payloads: [Payload],
        to id: RunID,
        highWaterMark: ReleaseVersion? = nil,
        answering decision: Int64? = nil
    ) throws {
        _ = try journal.append(
            payloads,
            to: id,
            at: now(),
            under: lease,
            highWaterMark: highWaterMark,
            answering: decision
        )
    }
}

extension UpgradeMachine {
    /// Whether the decision can be granted as things stand.
    fileprivate func takes(_ decision: Decision) -> Bool {
        var copy = self
        return (try? copy.handle(decision.event)) != nil
    }

    /// The release that the databases belong to before the current hop: the one that ran, or the mark as it was when the
    /// run was asked for, where something older was started behind Pawl's back.
    fileprivate func releaseBeforeHop(_ asked: RunPlan) -> ReleaseVersion {
        guard let hop, hop.index > 0 else { return max(asked.from, asked.highWaterMark ?? asked.from) }
        return plan.hops[hop.index - 1]
    }
}

extension Event {
    fileprivate var isSuccess: Bool { if case .succeeded = self { true } else { false } }
}

extension Trouble {
    fileprivate static func interrupted(_ effect: Effect) -> Trouble {
        Trouble(
            .environment,
            "interrupted",
            "\(effect.identity) was stopped before it was done.",
            remedy: "Start it again when you are ready."
        )
    }

    fileprivate static func unforeseen(_ error: any Error, during effect: Effect) -> Trouble {
        Trouble(
            .internal,
            "unforeseen",
            "\(effect.identity) failed in a way that Pawl does not know: \(error)",
            changed: true,
            remedy: "Write a report with `pawl details --report FILE` and send it to the makers of Pawl."
        )
    }

    fileprivate static func declined(_ decision: Decision, in machine: UpgradeMachine) -> Trouble {
        switch decision {
        case .abort:
            Trouble(
                .operator,
                "cannot-abort",
                machine.isPastPointOfNoReturn
                    ? "The point of no return is passed: migrations may have changed the databases."
                    : "There is nothing to abort: the run \(machine.phase.clause).",
                remedy: "See `pawl details` for what can be done now."
            )
        case .retry(_, let target):
            Trouble(
                .operator,
                "cannot-retry",
                target.map { "The run cannot go on with \($0) now; it \(machine.phase.clause)." }
                    ?? "The run does not wait for a retry; it \(machine.phase.clause).",
                remedy: "See `pawl details` for what can be done now."
            )
        case .restore(_, let plan):
            Trouble(
                .operator,
                "cannot-restore",
                "The run cannot restore \(plan.set) now; it \(machine.phase.clause).",
                remedy: "See `pawl details` for what can be done now."
            )
        }
    }
}
