/// Decides what a run does next. A pure value: no I/O, no clock, no randomness.
///
/// ```
/// planned → preflight → quiescing → backingUp → verifying ‖ migrating → settling → (next hop | succeeded)
///              │            └──────────┴────────────┘           │           │
///           refused         puttingBack → aborted           needsOperator ──┘ retry
///                                                                └ restoring → restored
/// ```
///
/// `‖` is the point of no return: ``State/migrating(_:_:next:)`` needs a ``Proof``, which only a comparison makes.
/// At any time at most one effect is pending; ``pending`` names it.
package struct UpgradeMachine: Sendable, Codable, Hashable {
    /// Where a hop stands: which of the plan's hops, to which release, and the attempt of its effects.
    package struct Hop: Sendable, Codable, Hashable {
        /// Which hop, counted from 0.
        package var index: Int
        /// The release that it goes to. A retry may put a newer one in its place.
        package var target: ReleaseVersion
        /// 1, and one more for every retry.
        package var attempt: Int = 1
        /// The migration services of the target, in order, once it is staged.
        package var migrations: [String] = []
    }

    /// What is left to undo when a hop is given up before the point of no return.
    package struct PutBack: Sendable, Codable, Hashable {
        /// The state that was given up, for the timeline.
        package var phase: Phase
        /// Whether an unfinished set may lie about.
        package var backup: Bool
    }

    /// The names that `contracts.md` gives to the states of a run.
    package enum Phase: String, Sendable, Codable, Hashable, CaseIterable {
        case planned, preflight, quiescing
        case backingUp = "backing-up"
        case verifying, migrating, settling
        case needsOperator = "needs-operator"
        case restoring
        case succeeded, refused, aborted, restored

        /// What a run in this phase does, as the rest of a sentence about it, such as "is migrating".
        package var clause: String {
            switch self {
            case .planned: "is planned"
            case .preflight: "is in preflight"
            case .quiescing: "is stopping services"
            case .backingUp: "is backing up"
            case .verifying: "is verifying its backup"
            case .migrating: "is migrating"
            case .settling: "is starting services"
            case .needsOperator: "waits for an operator's decision"
            case .restoring: "is restoring a backup"
            case .succeeded: "has succeeded"
            case .refused: "was refused"
            case .aborted: "was aborted"
            case .restored: "has ended with a restore"
            }
        }
    }

    /// Where a hop that waits for an operator goes on.
    package enum Resume: Sendable, Codable, Hashable {
        /// At the migration with this number; switching to the release comes before the first.
        case migrating(next: Int, switched: Bool)
        /// At starting the services.
        case settling
    }

    /// The states. Each carries what the work in it needs, so that a state without it cannot be written.
    package enum State: Sendable, Codable, Hashable {
        case planned
        case preflight(Hop, Effect.Kind)
        case quiescing(Hop, Effect.Kind)
        case backingUp(Hop, Effect.Kind, BackupSetID?)
        case verifying(Hop, Effect.Kind, BackupSetID, Proof?)
        /// Everything is proven; the old writers are removed, which an abort can still undo.
        case clearing(Hop, Proof)
        case migrating(Hop, Proof, next: Int, switched: Bool)
        case settling(Hop, Proof, Effect.Kind)
        /// A newer release takes the failed one's place; the proof stays the one from before the hop.
        case replacing(Hop, Proof, Effect.Kind, instead: Hop, Resume, Trouble)
        case needsOperator(Hop, Proof, Resume, Standstill)
        case puttingBack(Hop, PutBack, Effect.Kind, Trouble)
        /// Putting back failed: it can be tried again, nothing else.
        case stuck(Hop, PutBack, Effect.Kind, why: Trouble, gaveUp: Trouble)
        /// A backup set is brought back, or what that has changed is undone, or either waits for an operator.
        case restoring(RestoreCourse)
        case restored(Hop, RestorePlan)
        case succeeded
        case refused(Hop, Trouble)
        case aborted(Hop, Trouble)
    }

    /// What the run is to do; a retry with a newer release changes the hops.
    package internal(set) var plan: RunPlan
    /// Where it stands.
    package internal(set) var state: State = .planned

    /// Takes a plan, or says why it cannot be one: no hop, a hop that does not go forward, or one below the mark.
    package init(_ plan: RunPlan) throws(Trouble) {
        guard plan.restore == nil else {
            // A restore is the one way that leads back; it does so on record.
            self.plan = plan
            return
        }
        guard let first = plan.hops.first else {
            throw Trouble(
                .operator,
                "no-hops",
                "There is nothing to do: the plan has no hop.",
                remedy: "Ask `pawl plan` for the way to the release you want."
            )
        }
        guard plan.from < first, zip(plan.hops, plan.hops.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw Trouble(
                .operator,
                "downgrade",
                "A run goes forward only, and \(plan.from) → \(first) does not.",
                remedy: "Choose a release newer than \(plan.from)."
            )
        }
        // The mark itself may be deployed again when something older runs behind Pawl's back.
        if let mark = plan.highWaterMark, first < mark {
            throw Trouble(
                .operator,
                "below-high-water-mark",
                "Migrations of \(mark) have started here, so \(first) can never be deployed over them.",
                remedy: "Deploy \(mark) or a newer release, or restore a backup."
            )
        }
        self.plan = plan
    }

    /// The one effect that is to be performed now, or nil when the run has ended or waits.
    package var pending: Effect? {
        switch state {
        case .planned, .needsOperator, .stuck, .succeeded, .refused, .aborted, .restored: nil
        case .restoring(let course): course.pending
        case .preflight(let hop, let kind), .quiescing(let hop, let kind), .backingUp(let hop, let kind, _),
            .verifying(let hop, let kind, _, _), .settling(let hop, _, let kind), .puttingBack(let hop, _, let kind, _):
            effect(kind, hop)
        case .clearing(let hop, _): effect(.removeWriters, hop)
        case .replacing(_, _, let kind, let instead, _, _): effect(kind, instead)
        case .migrating(let hop, _, let next, let switched):
            if !switched {
                effect(.switchRelease, hop)
            } else {
                effect(.migrate, hop, hop.migrations[next])
            }
        }
    }

    /// Tells the machine what happened; the answer is what to do next, at most one effect.
    package mutating func handle(_ event: Event) throws(IllegalEvent) -> [Effect] {
        switch event {
        case .started: try start(event)
        case .succeeded(let effect, let outcome):
            guard effect == pending else { throw illegal(event) }
            try succeed(outcome, event)
        case .refused(let effect, let trouble), .failed(let effect, let trouble):
            guard effect == pending else { throw illegal(event) }
            fail(trouble, isRefusal: { if case .refused = event { true } else { false } }())
        case .abortRequested(let by): try abort(by, event)
        case .retryRequested(_, let target): try retry(target, event)
        case .restoreRequested(_, let restore): try requestRestore(restore, event)
        }
        return pending.map { [$0] } ?? []
    }

    private func effect(_ kind: Effect.Kind, _ hop: Hop, _ subject: String? = nil) -> Effect {
        Effect(kind, hop: hop.index, target: hop.target, subject: subject, attempt: hop.attempt)
    }

    func illegal(_ event: Event) -> IllegalEvent { IllegalEvent(event: event, state: phase.rawValue) }

    private mutating func start(_ event: Event) throws(IllegalEvent) {
        guard case .planned = state else { throw illegal(event) }
        if let restore = plan.restore {
            state = .restoring(RestoreCourse(restore, hop: Hop(index: 0, target: restore.release)))
            return
        }
        state = .preflight(Hop(index: 0, target: plan.hops[0]), .check)
    }

    // MARK: Success

    private mutating func succeed(_ outcome: Outcome, _ event: Event) throws(IllegalEvent) {
        switch (state, outcome) {
        case (.restoring(let course), _): try advance(course, outcome, event)
        case (.preflight(let hop, .check), .done): state = .preflight(hop, .keepInstalled)
        case (.preflight(let hop, .keepInstalled), .done): state = .preflight(hop, .stage)
        case (.preflight(var hop, .stage), .staged(let migrations)):
            hop.migrations = migrations
            state = plan.rehearses ? .preflight(hop, .rehearse) : .quiescing(hop, .recordWriters)
        case (.preflight(let hop, .rehearse), .done): state = .quiescing(hop, .recordWriters)
        case (.quiescing(let hop, .recordWriters), .done): state = .quiescing(hop, .stopWriters)
        case (.quiescing(let hop, .stopWriters), .done): state = .backingUp(hop, .dump, nil)
        case (.backingUp(let hop, .dump, _), .dumped(let set)): state = .backingUp(hop, .confirmUnchanged, set)
        case (.backingUp(let hop, .confirmUnchanged, let set?), .done): state = .verifying(hop, .prove, set, nil)
        case (.verifying(let hop, .prove, let set, _), .proven(let proof)) where proof.set == set:
            state = .verifying(hop, .publish, set, proof)
        case (.verifying(let hop, .publish, _, let proof?), .done): state = .clearing(hop, proof)
        case (.clearing(let hop, let proof), .done): passPointOfNoReturn(hop, proof)
        case (.migrating(let hop, let proof, let next, let switched), .done):
            advance(hop, proof, next: switched ? next + 1 : 0)
        case (.settling(let hop, let proof, .start), .done): state = .settling(hop, proof, .awaitHealth)
        case (.settling(let hop, let proof, .awaitHealth), .done): state = .settling(hop, proof, .cleanUp)
        case (.settling(let hop, _, .cleanUp), .done): finish(hop)
        case (.replacing(let hop, let proof, .checkReplacement, let instead, let resume, let why), .done):
            state = .replacing(hop, proof, .stage, instead: instead, resume, why)
        case (.replacing(let hop, let proof, .stage, var instead, let resume, let why), .staged(let migrations)):
            instead.migrations = migrations
            state = .replacing(hop, proof, .removeFailed, instead: instead, resume, why)
        case (.replacing(_, let proof, .removeFailed, let instead, _, _), .done):
            plan.hops[instead.index] = instead.target
            plan.hops = plan.hops.enumerated().filter { $0.offset <= instead.index || $0.element > instead.target }
                .map(\.element)
            passPointOfNoReturn(instead, proof)
        case (.puttingBack(let hop, let what, let kind, let why), .done): putBack(hop, what, after: kind, why)
        default: throw illegal(event)
        }
    }

    private mutating func passPointOfNoReturn(_ hop: Hop, _ proof: Proof) {
        plan.highWaterMark = hop.target
        state = .migrating(hop, proof, next: 0, switched: false)
    }

    private mutating func advance(_ hop: Hop, _ proof: Proof, next: Int) {
        state =
            next < hop.migrations.count
            ? .migrating(hop, proof, next: next, switched: true) : .settling(hop, proof, .start)
    }

    private mutating func finish(_ hop: Hop) {
        let next = hop.index + 1
        state = next < plan.hops.count ? .preflight(Hop(index: next, target: plan.hops[next]), .check) : .succeeded
    }

    // MARK: Failure

    /// The pending effect has failed, or said no; where none is pending, nothing happens.
    mutating func fail(_ trouble: Trouble, isRefusal: Bool) {
        switch state {
        case .preflight(let hop, .check) where isRefusal, .preflight(let hop, .rehearse) where isRefusal:
            state = .refused(hop, trouble)
        case .preflight(let hop, _): state = .aborted(hop, trouble)
        case .quiescing(let hop, _): giveUp(hop, PutBack(phase: .quiescing, backup: false), trouble)
        case .backingUp(let hop, _, _): giveUp(hop, PutBack(phase: .backingUp, backup: true), trouble)
        case .verifying(let hop, _, _, _):
            giveUp(hop, PutBack(phase: .verifying, backup: true), trouble)
        case .clearing(let hop, _): giveUp(hop, PutBack(phase: .verifying, backup: false), trouble)
        case .migrating(let hop, let proof, let next, let switched):
            state = .needsOperator(hop, proof, .migrating(next: next, switched: switched), Standstill(trouble))
        case .settling(let hop, let proof, _): state = .needsOperator(hop, proof, .settling, Standstill(trouble))
        case .replacing(var hop, let proof, _, let instead, let resume, _):
            // The failed release keeps its place; starting it again makes good whatever of it was removed.
            hop.attempt = instead.attempt
            state = .needsOperator(hop, proof, resume, Standstill(trouble))
        case .puttingBack(let hop, let what, let kind, let gaveUp):
            state = .stuck(hop, what, kind, why: trouble, gaveUp: gaveUp)
        case .restoring(let course): fail(course, trouble, isRefusal: isRefusal)
        case .planned, .needsOperator, .stuck, .succeeded, .refused, .aborted, .restored: break
        }
    }

    private mutating func giveUp(_ hop: Hop, _ what: PutBack, _ why: Trouble) {
        state = .puttingBack(hop, what, .putBack, why)
    }

    private mutating func putBack(_ hop: Hop, _ what: PutBack, after kind: Effect.Kind, _ why: Trouble) {
        state =
            kind == .putBack && what.backup ? .puttingBack(hop, what, .discardBackup, why) : .aborted(hop, why)
    }

    // MARK: The operator's decisions

    /// The code of a run, or a restore, that somebody has asked to abort.
    static let abortedByOperator = "aborted-by-operator"

    private mutating func abort(_ by: String, _ event: Event) throws(IllegalEvent) {
        let again = restore.map { "Restore again when you are ready: `pawl restore --backup \($0.set)`." }
        let why = Trouble(
            .operator,
            Self.abortedByOperator,
            "\(by) asked to abort.",
            remedy: again ?? "Start the upgrade again when you are ready: `pawl upgrade`."
        )
        switch state {
        case .preflight, .quiescing, .backingUp, .verifying, .clearing: fail(why, isRefusal: false)
        case .stuck(let hop, let what, let kind, _, let gaveUp): state = .puttingBack(hop, what, kind, gaveUp)
        case .restoring(let course): try abort(course, why, event)
        case .planned, .migrating, .settling, .replacing, .needsOperator, .puttingBack, .succeeded, .refused, .aborted,
            .restored:
            throw illegal(event)
        }
    }

    private mutating func retry(_ target: ReleaseVersion?, _ event: Event) throws(IllegalEvent) {
        if case .restoring(let course) = state { return try retry(course, target, event) }
        guard case .needsOperator(var hop, let proof, let resume, let standstill) = state else { throw illegal(event) }
        guard target.map({ $0 >= hop.target }) ?? true else { throw illegal(event) }
        if let target, target > hop.target {
            let instead = Hop(index: hop.index, target: target, attempt: hop.attempt + 1)
            state = .replacing(hop, proof, .checkReplacement, instead: instead, resume, standstill.why)
            return
        }
        hop.attempt += 1
        switch resume {
        case .migrating(let next, let switched):
            if switched {
                advance(hop, proof, next: next)
            } else {
                state = .migrating(hop, proof, next: 0, switched: false)
            }
        case .settling: state = .settling(hop, proof, .start)
        }
    }
}
