/// What others may ask of a machine without knowing how its states look inside.
extension UpgradeMachine {
    /// The state by the name that reports use.
    package var phase: Phase {
        switch state {
        case .planned: .planned
        case .preflight: .preflight
        case .quiescing: .quiescing
        case .backingUp: .backingUp
        case .verifying, .clearing: .verifying
        case .migrating: .migrating
        case .settling: .settling
        case .replacing: .migrating
        case .needsOperator, .stuck: .needsOperator
        case .puttingBack(_, let what, _, _): what.phase
        case .succeeded: .succeeded
        case .refused: .refused
        case .aborted: .aborted
        case .restoring(let course): course.waits == nil ? .restoring : .needsOperator
        case .restored: .restored
        }
    }

    /// The hop that the run is in, or ended in; nil before the start and after the end of the last one.
    package var hop: Hop? {
        switch state {
        case .planned, .succeeded: nil
        case .preflight(let hop, _), .quiescing(let hop, _), .backingUp(let hop, _, _), .verifying(let hop, _, _, _),
            .clearing(let hop, _), .migrating(let hop, _, _, _), .settling(let hop, _, _),
            .needsOperator(let hop, _, _, _), .puttingBack(let hop, _, _, _), .stuck(let hop, _, _, _, _),
            .refused(let hop, _), .aborted(let hop, _), .restored(let hop, _):
            hop
        case .restoring(let course): course.hop
        case .replacing(_, _, _, let instead, _, _): instead
        }
    }

    /// Whether the migrations of the current hop may have started.
    package var isPastPointOfNoReturn: Bool {
        switch state {
        case .migrating, .settling, .replacing, .needsOperator: true
        case .restoring(let course): course.origin != nil || course.isPastPointOfNoReturn
        case .planned, .preflight, .quiescing, .backingUp, .verifying, .clearing, .puttingBack, .stuck, .succeeded,
            .refused, .aborted, .restored:
            false
        }
    }

    /// Whether nothing will ever follow.
    package var hasEnded: Bool {
        switch state {
        case .succeeded, .refused, .aborted, .restored: true
        default: false
        }
    }

    /// What an operator may decide now.
    package var choices: [Choice] {
        switch state {
        case .needsOperator: [.retry, .restore]
        case .restoring(let course): course.choices
        case .preflight, .quiescing, .backingUp, .verifying, .clearing, .stuck: [.abort]
        case .planned, .migrating, .settling, .replacing, .puttingBack, .succeeded, .refused, .aborted, .restored: []
        }
    }

    /// A decision that is an operator's to take.
    package enum Choice: String, Sendable, Codable, Hashable, CaseIterable {
        case retry, restore, abort
    }

    /// Why the run was refused, aborted or waits; nil while it goes on and when it succeeded.
    package var reason: Trouble? {
        switch state {
        case .refused(_, let why), .aborted(_, let why), .puttingBack(_, _, _, let why): why
        case .needsOperator(_, _, _, let standstill): standstill.told
        case .stuck(_, _, _, let why, _): why
        case .restoring(let course): course.reason
        default: nil
        }
    }

    /// Whether the installation is not as it was when the run began: something was changed and not put back, be it that
    /// an earlier hop went well.
    package var hasChanged: Bool {
        switch state {
        case .planned: false
        case .preflight(let hop, _), .refused(let hop, _), .aborted(let hop, _): hop.index > 0
        case .restoring(let course): course.origin != nil || !course.isOnlyLooking
        case .quiescing, .backingUp, .verifying, .clearing, .migrating, .settling, .replacing, .needsOperator,
            .puttingBack, .stuck, .restored, .succeeded:
            true
        }
    }

    /// The release of the hop before, which was deployed by this run and stays whatever becomes of the current hop; nil in
    /// the first.
    package var deployedBefore: ReleaseVersion? {
        guard plan.restore == nil, let hop, hop.index > 0 else { return nil }
        return plan.hops[hop.index - 1]
    }

    /// Whether what was changed in the hop, or for a restore, is being put back as it was.
    package var isPuttingBack: Bool {
        switch state {
        case .puttingBack: true
        case .restoring(let course): course.isUndoing
        default: false
        }
    }

    /// The proof of the current hop's set, as soon as there is one.
    package var proof: Proof? {
        switch state {
        case .verifying(_, _, _, let proof): proof
        case .clearing(_, let proof), .migrating(_, let proof, _, _), .settling(_, let proof, _),
            .replacing(_, let proof, _, _, _, _), .needsOperator(_, let proof, _, _):
            proof
        case .planned, .preflight, .quiescing, .backingUp, .puttingBack, .stuck, .succeeded, .refused, .aborted,
            .restoring, .restored:
            nil
        }
    }

    /// The backup set of the current hop, as soon as there is one.
    package var backup: BackupSetID? {
        switch state {
        case .backingUp(_, _, let set): set
        case .verifying(_, _, let set, _): set
        case .clearing(_, let proof), .migrating(_, let proof, _, _), .settling(_, let proof, _),
            .replacing(_, let proof, _, _, _, _), .needsOperator(_, let proof, _, _):
            proof.set
        case .restoring(let course): course.plan.set
        case .planned, .preflight, .quiescing, .puttingBack, .stuck, .succeeded, .refused, .aborted, .restored: nil
        }
    }

    /// Every set that the run needs or may need again: the one of `backup`, and of a restore also those of what it came out
    /// of.
    package var sets: [BackupSetID] {
        if case .restoring(let course) = state { course.sets } else { [backup].compactMap(\.self) }
    }

    /// The restore that goes on or waits; nil where none does.
    package var restore: RestorePlan? {
        if case .restoring(let course) = state { course.plan } else { nil }
    }

    /// The restore that the run has ended with; nil where it has not ended so.
    package var restored: RestorePlan? {
        if case .restored(_, let plan) = state { plan } else { nil }
    }
}
