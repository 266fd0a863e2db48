/// The way of one restore through its effects, as a pure value: what comes when, how far it is, and what to undo.
///
/// ```
/// check, unpack, stop writers, restore and prove beside, close ═║═ rename all, configuration, release, start, healthy
///        └───────────── failure: discard, put back ─────────┘  ║   └──── failure: wait for an operator, go on ────┘
/// ```
///
/// `║` is this restore's own point of no return: the mark is lowered in the same commit, before the first rename. One that
/// waits after the last rename can give way to the restore of another set.
///
/// Of a set that somebody has restored outside of any run, only the way to that point and the end are left:
///
/// ```
/// check, confirm ═║═ clean up
///        └─ failure: nothing is to be undone
/// ```
package struct RestoreCourse: Sendable, Codable, Hashable {
    /// One thing to do.
    package struct Stop: Sendable, Codable, Hashable {
        /// What.
        package var kind: Effect.Kind
        /// To which database, where it is done to one.
        package var database: String?
    }

    /// How far it is: numbers count ``stops`` or ``undoing``.
    package enum Stage: Sendable, Codable, Hashable {
        /// The stop that is to be performed now.
        case going(Int)
        /// A stop past the point of no return that failed.
        case waiting(Int, Standstill)
        /// The undoing of a restore that was given up.
        case undoing(Int, gaveUp: Trouble)
        /// The undoing failed; it can only be tried again.
        case stuck(Int, why: Trouble, gaveUp: Trouble)
    }

    /// Where a run waited that the restore came out of, and waits again, for the same, where the restore is given up.
    package indirect enum Origin: Sendable, Codable, Hashable {
        /// An upgrade: the hop that failed, the proof of the set from before it, where it would go on, and why it waited.
        case upgrade(UpgradeMachine.Hop, Proof, UpgradeMachine.Resume, Standstill)
        /// A restore that had renamed every database, and that could not be finished.
        case restore(RestoreCourse)

        /// The sets that it needs when it waits again.
        var sets: [BackupSetID] {
            switch self {
            case .upgrade(_, let proof, _, _): [proof.set]
            case .restore(let course): course.sets
            }
        }
    }

    /// What is brought back.
    package let plan: RestorePlan
    /// The hop that its effects count as; the target is the set's release.
    package var hop: UpgradeMachine.Hop
    /// What it came out of; nil for a run of its own.
    package let origin: Origin?
    /// How far it is.
    package var stage: Stage = .going(0)
    /// The proofs of the databases that were restored.
    package var proofs: [Proof] = []

    /// Begins a restore.
    package init(_ plan: RestorePlan, hop: UpgradeMachine.Hop, origin: Origin? = nil) {
        self.plan = plan
        self.hop = hop
        self.origin = origin
    }

    /// The sets that are needed for as long as it is not over: its own, and those of what it came out of, which waits again
    /// where it is given up.
    package var sets: [BackupSetID] { [plan.set] + (origin?.sets ?? []) }

    /// Everything that a restore does, in order.
    package var stops: [Stop] { beforeReturn + renames + afterwards }

    private var beforeReturn: [Stop] {
        guard !plan.isInPlace else { return Self.inPlace }
        return [
            Stop(kind: .checkRestore), Stop(kind: .unpackSet), Stop(kind: .recordWriters), Stop(kind: .stopWriters),
        ]
            + [Stop(kind: .provideDatabases)]
            + plan.databases.flatMap {
                [Stop(kind: .restoreDatabase, database: $0), Stop(kind: .proveDatabase, database: $0)]
            }
            + [Stop(kind: .closeDatabases)]
    }

    private var renames: [Stop] {
        guard !plan.isInPlace else { return [] }
        return (plan.databases + plan.extra).map { Stop(kind: .setAside, database: $0) }
            + plan.databases.map { Stop(kind: .bringIn, database: $0) }
    }

    private var afterwards: [Stop] {
        guard !plan.isInPlace else { return [Stop(kind: .cleanUp)] }
        return [.removeFailed, .replaceConfiguration, .switchRelease, .start, .awaitHealth, .cleanUp].map {
            Stop(kind: $0)
        }
    }

    /// What comes before the point of no return where the set was restored already.
    private static let inPlace: [Stop] = [Stop(kind: .checkRestore), Stop(kind: .confirmRestored)]

    /// The kinds of effects that every restore has on its way that brings a set back itself.
    package static let kinds: [Effect.Kind] = [
        .checkRestore, .unpackSet, .recordWriters, .stopWriters, .provideDatabases, .restoreDatabase, .proveDatabase,
        .closeDatabases, .setAside, .bringIn, .removeFailed, .replaceConfiguration, .switchRelease, .start,
        .awaitHealth, .cleanUp,
    ]

    /// What undoes a restore that is given up, in order.
    package static let undoing: [Stop] = [Stop(kind: .discardRestored), Stop(kind: .putBack)]

    /// The number of the first rename.
    package var pointOfNoReturn: Int { beforeReturn.count }

    /// Whether renames may have begun.
    package var isPastPointOfNoReturn: Bool {
        switch stage {
        case .going(let number), .waiting(let number, _): number >= pointOfNoReturn
        case .undoing, .stuck: false
        }
    }

    /// Whether what was restored is being discarded, and writers put back.
    package var isUndoing: Bool {
        if case .undoing = stage { true } else { false }
    }

    /// Whether every database of the set has been proven.
    package var isProven: Bool { Set(proofs.flatMap(\.databases)) == Set(plan.databases) }

    /// Whether its point of no return may be passed. Where nothing is replaced, there is nothing to prove.
    package var mayPassPointOfNoReturn: Bool { plan.isInPlace || isProven }

    /// Whether nothing is to be undone where the stop that is to be performed now fails: only the run's own folder was
    /// touched.
    package var isOnlyLooking: Bool {
        switch pending?.kind {
        case .checkRestore, .unpackSet, .confirmRestored: true
        default: false
        }
    }

    /// The one effect that is to be performed now; nil where it waits.
    package var pending: Effect? {
        switch stage {
        case .going(let number): effect(stops[number])
        case .undoing(let number, _): effect(Self.undoing[number])
        case .waiting, .stuck: nil
        }
    }

    /// Why it waits; nil where it goes on.
    package var waits: Trouble? {
        switch stage {
        case .waiting(_, let standstill): standstill.told
        case .stuck(_, let why, _): why
        case .going, .undoing: nil
        }
    }

    /// Why it waits or was given up; nil while it goes on.
    package var reason: Trouble? {
        if case .undoing(_, let gaveUp) = stage { return gaveUp }
        return waits
    }

    /// What an operator may decide now.
    package var choices: [UpgradeMachine.Choice] {
        switch stage {
        case .going: isPastPointOfNoReturn ? [] : [.abort]
        // Between the renames there is nothing that another set could take the place of.
        case .waiting(let number, _): number < pointOfNoReturn + renames.count ? [.retry] : [.retry, .restore]
        case .undoing: []
        case .stuck: [.abort]
        }
    }

    private func effect(_ stop: Stop) -> Effect {
        Effect(stop.kind, hop: hop.index, target: plan.release, subject: stop.database, attempt: hop.attempt)
    }
}
