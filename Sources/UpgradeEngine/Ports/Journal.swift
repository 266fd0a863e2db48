package import UpgradeModel

/// What a row of the journal says.
package enum Payload: Sendable, Codable, Hashable {
    /// A run was asked for.
    case created(RunRequest)
    /// The machine was told this; the state follows from all of a run's events, in order.
    case event(Event)
    /// This is about to be performed.
    case intent(Effect)
    /// An effect has come this far.
    case progress(Effect, Progress)
    /// A runner took the run, at first or after another's death.
    case taken(by: String, token: Int64)
    /// An operator's wish that could not be granted, and why.
    case declined(Decision, Trouble)
}

/// What a run is, as it was asked for.
package struct RunRequest: Sendable, Codable, Hashable {
    /// The run's name.
    package var id: RunID
    /// What is to be done.
    package var plan: RunPlan
    /// Who asked, such as `root@host`.
    package var startedBy: String
    /// When.
    package var startedAt: Moment

    /// Makes a request.
    package init(id: RunID, plan: RunPlan, startedBy: String, startedAt: Moment) {
        self.id = id
        self.plan = plan
        self.startedBy = startedBy
        self.startedAt = startedAt
    }
}

/// An operator's wish about a run that exists.
package enum Decision: Sendable, Codable, Hashable {
    /// Stop before the point of no return and put everything back.
    case abort(by: String)
    /// Go on after a failure, with the same release or a newer one.
    case retry(by: String, target: ReleaseVersion?)
    /// Give the upgrade up and bring a backup set back.
    case restore(by: String, plan: RestorePlan)

    /// What is wished for, in a word.
    package var choice: UpgradeMachine.Choice {
        switch self {
        case .abort: .abort
        case .retry: .retry
        case .restore: .restore
        }
    }

    /// The event that grants it.
    package var event: Event {
        switch self {
        case .abort(let by): .abortRequested(by: by)
        case .retry(let by, let target): .retryRequested(by: by, target: target)
        case .restore(let by, let plan): .restoreRequested(by: by, plan: plan)
        }
    }
}

/// One row of the journal.
package struct JournalEntry: Sendable, Hashable {
    /// Grows by one from row to row, over all runs.
    package var id: Int64
    /// When it was written.
    package var at: Moment
    /// The run.
    package var run: RunID
    /// What it says.
    package var payload: Payload

    /// Makes a row; only a store does.
    package init(id: Int64, at: Moment, run: RunID, payload: Payload) {
        self.id = id
        self.at = at
        self.run = run
        self.payload = payload
    }
}

/// Who may act on the installation.
package struct Lease: Sendable, Codable, Hashable {
    /// Grows with every new owner.
    package var token: Int64
    /// Who, such as `root@host (process 4711)`.
    package var owner: String
    /// Since when.
    package var since: Moment

    /// Makes a lease; only a store does.
    package init(token: Int64, owner: String, since: Moment) {
        self.token = token
        self.owner = owner
        self.since = since
    }
}

/// The record of what was wanted, tried and seen. Every write is durable when the call returns.
package protocol Journal: Sendable {
    /// Writes rows, in one durable commit, if `lease` is still the newest one. `highWaterMark` is the new mark where
    /// these rows raise it, or lower it by a restore, and `decision` the number of the wish that they answer; both are
    /// committed together with them, so that no wish is granted twice.
    ///
    /// - Returns: the rows as they are written.
    /// - Throws: code `lease-lost` where somebody else owns the installation; `journal-broken` in safe mode.
    func append(
        _ payloads: [Payload],
        to run: RunID,
        at moment: Moment,
        under lease: Lease,
        highWaterMark: ReleaseVersion?,
        answering decision: Int64?
    ) throws(Trouble) -> [JournalEntry]

    /// The rows after `id`, oldest first; of one run, or of all.
    func entries(of run: RunID?, after id: Int64) throws(Trouble) -> [JournalEntry]

    /// The rows of a run, oldest first, of which those may be left out that say how far something has come.
    func milestones(of run: RunID) throws(Trouble) -> [JournalEntry]

    /// The runs that were ever asked for, oldest first.
    func runs() throws(Trouble) -> [RunRequest]

    /// The newest release whose migrations have started here, since the last restore if there was one.
    func highWaterMark() throws(Trouble) -> ReleaseVersion?

    /// Leaves a wish for the runner of `run`.
    func leave(_ decision: Decision, for run: RunID, at moment: Moment) throws(Trouble)

    /// The oldest wish for `run` that nobody has answered, with its number.
    func openDecision(for run: RunID) throws(Trouble) -> (id: Int64, decision: Decision)?

    /// Yields once at first, and then whenever any process has committed something; ends when the consumer stops.
    func changes() -> AsyncStream<Void>
}

extension Journal {
    package func milestones(of run: RunID) throws(Trouble) -> [JournalEntry] { try entries(of: run, after: 0) }

    /// Writes rows that answer no wish.
    package func append(
        _ payloads: [Payload],
        to run: RunID,
        at moment: Moment,
        under lease: Lease,
        highWaterMark: ReleaseVersion?
    ) throws(Trouble) -> [JournalEntry] {
        try append(payloads, to: run, at: moment, under: lease, highWaterMark: highWaterMark, answering: nil)
    }

    /// Answers the open wish for a run, if there is one, where nobody can carry the run now.
    ///
    /// - Parameters:
    ///   - run: the run.
    ///   - trouble: why not.
    ///   - lease: of the runner that gives up.
    ///   - moment: when.
    /// - Throws: as ``append(_:to:at:under:highWaterMark:answering:)``.
    package func declineDecision(
        for run: RunID,
        because trouble: Trouble,
        under lease: Lease,
        at moment: Moment
    ) throws(Trouble) {
        guard let (number, decision) = try openDecision(for: run) else { return }
        _ = try append(
            [.declined(decision, trouble)],
            to: run,
            at: moment,
            under: lease,
            highWaterMark: nil,
            answering: number
        )
    }
}
