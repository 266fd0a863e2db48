package import UpgradeModel

/// A row of the journal as the event stream and the log show it.
package struct EventView: Sendable, Hashable {
    /// What kind of thing happened.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case created, started, taken, declined, progress
        case effectStarted = "effect-started"
        case effectDone = "effect-done"
        case effectFailed = "effect-failed"
        case effectRefused = "effect-refused"
        case abortRequested = "abort-requested"
        case retryRequested = "retry-requested"
        case restoreRequested = "restore-requested"
    }

    /// The row.
    package var id: Int64
    /// When it was written.
    package var at: Moment
    /// The run.
    package var run: RunID
    /// The release that the hop goes to.
    package var hop: ReleaseVersion?
    /// The step.
    package var step: Step?
    /// What kind of thing happened.
    package var kind: Kind
    /// The effect's identity, where it is about one.
    package var effect: String?
    /// One line in words.
    package var message: String
    /// What went wrong, where something did.
    package var trouble: Trouble?
    /// The part that is done, 0 to 1, where it is progress and can be known.
    package var fraction: Double?

    /// Reads a row.
    package init(_ entry: JournalEntry) {
        id = entry.id
        at = entry.at
        run = entry.run
        switch entry.payload {
        case .created(let request):
            kind = .created
            let hops = request.plan.hops.map(\.description).joined(separator: " → ")
            message =
                request.plan.restore.map { $0.request(by: request.startedBy) }
                ?? "\(request.startedBy) asked for \(request.plan.from) → \(hops)"
        case .taken(let owner, _):
            kind = .taken
            message = "\(owner) carries the run"
        case .declined(_, let why):
            kind = .declined
            message = why.message
            trouble = why
        case .progress(let effect, let progress):
            kind = .progress
            message = progress.message
            fraction = progress.fraction
            set(effect)
        case .intent(let effect):
            kind = .effectStarted
            message = effect.title
            set(effect)
        case .event(.started):
            kind = .started
            message = "The run begins"
        case .event(.succeeded(let effect, _)):
            kind = .effectDone
            message = effect.title + ": done"
            set(effect)
        case .event(.failed(let effect, let why)):
            kind = .effectFailed
            message = effect.title + ": " + why.message
            trouble = why
            set(effect)
        case .event(.refused(let effect, let why)):
            kind = .effectRefused
            message = why.message
            trouble = why
            set(effect)
        case .event(.abortRequested(let by)):
            kind = .abortRequested
            message = "\(by) asked to abort"
        case .event(.retryRequested(let by, let target)):
            kind = .retryRequested
            message = "\(by) asked to go on" + (target.map { " with \($0)" } ?? "")
        case .event(.restoreRequested(let by, let plan)):
            kind = .restoreRequested
            message = plan.request(by: by)
        }
    }

    private mutating func set(_ effect: Effect) {
        hop = effect.target
        step = effect.step
        self.effect = effect.identity
    }
}

extension RestorePlan {
    /// What was asked for, in words.
    fileprivate func request(by person: String) -> String {
        isInPlace
            ? "\(person) says that \(set) is restored already, and asked to record it"
            : "\(person) asked to restore \(set)"
    }
}

extension Effect {
    /// What is being done, in words.
    package var title: String {
        switch kind {
        case .check: "Preflight checks for \(target)"
        case .checkReplacement: "Checks of \(target), which takes the failed release's place"
        case .keepInstalled: "Keep the files of the installed release"
        case .stage: "Stage release \(target)"
        case .rehearse: "Rehearse the migrations of \(target)"
        case .recordWriters: "Note which services write"
        case .stopWriters: "Stop the services that write"
        case .dump: "Back up the databases"
        case .confirmUnchanged: "Make sure that nothing wrote meanwhile"
        case .prove: "Restore the backup and compare"
        case .publish: "Store the proven backup"
        case .removeWriters: "Remove the old services"
        case .removeFailed: "Remove the services of the release that is replaced"
        case .switchRelease: "Make \(target) the current release"
        case .migrate: "Migrate with \(subject ?? "the migration service")"
        case .start: "Start release \(target)"
        case .awaitHealth: "Wait until \(target) is healthy"
        case .cleanUp: "Clean up"
        case .putBack: "Put the services back as they were"
        case .discardBackup: "Remove the unfinished backup"
        case .checkRestore: "Checks of the restore"
        case .confirmRestored: "Compare what runs, and the schema of every database, with the backup"
        case .unpackSet: "Unpack configuration and release of the backup"
        case .provideDatabases: "Make sure that the database servers run"
        case .restoreDatabase: "Restore \(subject ?? "the database") beside the one that is there"
        case .proveDatabase: "Compare the restored \(subject ?? "database") with the backup"
        case .closeDatabases: "End all sessions of the databases that are replaced"
        case .setAside: "Set the old \(subject ?? "database") aside under its dated name"
        case .bringIn: "Give the restored \(subject ?? "database") its name"
        case .replaceConfiguration: "Put configuration, keys and release of the backup in place"
        case .discardRestored: "Remove the restored databases that were not used"
        }
    }
}
