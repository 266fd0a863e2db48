/// One thing that a step does to the world.
///
/// Its identity is the run (known to whoever carries it), the hop, the kind, the subject and the attempt. It is journalled
/// as an intent before it is performed and as an outcome afterwards, and it can be probed: see ``Probe``.
package struct Effect: Sendable, Codable, Hashable {
    /// What is done. The kill matrix and the recovery tests are generated from this list.
    package enum Kind: String, Sendable, Codable, Hashable, CaseIterable {
        /// Runs the preflight checks of the hop.
        case check
        /// Runs the checks of a release that takes a failed one's place: of the release itself, since what is installed
        /// is known to be broken.
        case checkReplacement = "check-replacement"
        /// Puts the installed release's own files beside the releases, so that an abort and a backup have them.
        case keepInstalled = "keep-installed"
        /// Renders the target release into its own folder and makes sure of its images.
        case stage
        /// Tries the target's migrations on a scratch copy, where the run was asked for that.
        case rehearse
        /// Writes down which writers run and with which restart policies.
        case recordWriters = "record-writers"
        /// Takes away the writers' restart policies and stops them.
        case stopWriters = "stop-writers"
        /// Dumps every necessary database, with configuration, keys and the installed release.
        case dump
        /// Takes the fingerprints again while writers are stopped.
        case confirmUnchanged = "confirm-unchanged"
        /// Restores every dump into a scratch cluster and compares.
        case prove
        /// Gives the proven set its final name.
        case publish
        /// Removes the stopped writers of the old release.
        case removeWriters = "remove-writers"
        /// Stops and removes the services of a release that another one replaces: one that failed, or one whose
        /// databases were replaced by a restore.
        case removeFailed = "remove-failed"
        /// Makes the target the current release on disk.
        case switchRelease = "switch-release"
        /// Runs one migration service, alone, to its end.
        case migrate
        /// Starts everything but the migrations.
        case start
        /// Waits until the new release is really serving.
        case awaitHealth = "await-health"
        /// Removes what the hop left behind.
        case cleanUp = "clean-up"
        /// Puts writers and restart policies back as they were recorded.
        case putBack = "put-back"
        /// Removes a set that never became one.
        case discardBackup = "discard-backup"
        /// Runs the checks of a restore: whether the set is whole, can be read, and would be allowed to come back.
        case checkRestore = "check-restore"
        /// Looks once more whether what runs and the databases are those of a set that somebody has restored outside of
        /// any run.
        case confirmRestored = "confirm-restored"
        /// Unpacks configuration and release of the set into the run's own folder.
        case unpackSet = "unpack-set"
        /// Makes sure that the servers of the databases run; starts those that are not there.
        case provideDatabases = "provide-databases"
        /// Restores one database of the set beside the one that is there, under another name.
        case restoreDatabase = "restore-database"
        /// Compares one restored database with what the set's manifest says.
        case proveDatabase = "prove-database"
        /// Refuses new sessions in the databases that are replaced, and ends old ones.
        case closeDatabases = "close-databases"
        /// Renames one database that is replaced to its dated name.
        case setAside = "set-aside"
        /// Renames one restored database to the name of the one that it replaces.
        case bringIn = "bring-in"
        /// Puts the set's configuration and release in place; what was there is kept beside.
        case replaceConfiguration = "replace-configuration"
        /// Removes restored databases that were never used, and lets sessions into the old ones again.
        case discardRestored = "discard-restored"
    }

    /// What is done.
    package var kind: Kind
    /// The hop that it belongs to, counted from 0.
    package var hop: Int
    /// The release that the hop goes to.
    package var target: ReleaseVersion
    /// What it is done to where a kind has several: the migration service, the database.
    package var subject: String?
    /// 1 at first; grows with every retry by an operator. A repetition after a crash is the same attempt.
    package var attempt: Int

    /// Makes the effect `kind` of `hop`.
    package init(_ kind: Kind, hop: Int, target: ReleaseVersion, subject: String? = nil, attempt: Int = 1) {
        self.kind = kind
        self.hop = hop
        self.target = target
        self.subject = subject
        self.attempt = attempt
    }

    /// The step whose part the effect is.
    package var step: Step {
        switch kind {
        case .check, .checkReplacement, .keepInstalled, .stage, .rehearse, .checkRestore, .unpackSet: .preflight
        case .recordWriters, .stopWriters, .putBack: .quiesce
        case .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside, .bringIn,
            .discardRestored, .confirmRestored:
            .restore
        case .dump, .confirmUnchanged, .discardBackup: .backup
        case .prove, .publish: .verify
        case .removeWriters, .removeFailed, .switchRelease, .replaceConfiguration: .deploy
        case .migrate: .migrate
        case .start, .awaitHealth, .cleanUp: .settle
        }
    }

    /// A readable identity within the run, such as `1/migrate:migrations#1`. Stable: files and containers are named after it.
    package var identity: String {
        "\(hop)/\(kind.rawValue)" + (subject.map { ":\($0)" } ?? "") + "#\(attempt)"
    }

    /// The name of the record of the writers that the effect makes, or goes by.
    ///
    /// It is the same for all attempts at a hop: what an abort puts back is what was there first. Each restore has a record
    /// of its own, for what ran when it began is what its giving up puts back; the attempt tells it from other restores out
    /// of the same hop.
    ///
    /// - Parameter restoring: whether the effect is a restore's.
    /// - Returns: the name, safe as a file's.
    package func writersRecord(restoring: Bool) -> String {
        restoring ? "writers-restore-\(hop)-\(attempt)" : "writers-\(hop)"
    }
}

/// What an effect that was performed has brought.
package enum Outcome: Sendable, Codable, Hashable {
    /// It is done; there is nothing more to say.
    case done
    /// The release is staged; these migration services are to be run, in this order.
    case staged(migrations: [String])
    /// The set is written, under a temporary name.
    case dumped(BackupSetID)
    /// The set restored and compared equal.
    case proven(Proof)
    /// The database that was replaced is kept under this name on its server.
    case setAside(as: String)
}

/// What reality says about an effect whose intent is in the journal and whose outcome is not.
package enum Probe: Sendable, Hashable {
    /// Nothing of it has happened.
    case notStarted
    /// It is going on, or was left half-way; performing it again joins it or finishes it.
    case underway(evidence: String)
    /// It has happened.
    case done(Outcome)
    /// It happened, and ended badly.
    case failed(Trouble)
    /// Reality cannot be read; the evidence says why.
    case unknown(evidence: String)
}
