package import UpgradeModel

/// How far an effect has come, for whoever watches.
package struct Progress: Sendable, Codable, Hashable {
    /// One short line, such as `Dumping carto`.
    package var message: String
    /// The part that is done, 0 to 1, where it can be known.
    package var fraction: Double?
    /// The file with the whole output of the tool at work, relative to the run's folder.
    package var log: String?

    /// Makes a report of progress.
    package init(_ message: String, fraction: Double? = nil, log: String? = nil) {
        self.message = message
        self.fraction = fraction
        self.log = log
    }
}

/// What an adapter is told about the run that an effect belongs to.
package struct EffectContext: Sendable {
    /// The run.
    package var run: RunID
    /// The fencing token of the runner's lease. Greater tokens belong to later runners.
    package var token: Int64
    /// The release that ran before the hop.
    package var from: ReleaseVersion
    /// The newest release whose migrations have started here; nil where none ever did.
    package var highWaterMark: ReleaseVersion?
    /// The migration services of the hop's target, once it is staged.
    package var migrations: [String]
    /// The set of the hop, once there is one.
    package var backup: BackupSetID?
    /// The proof of that set, once there is one.
    package var proof: Proof?
    /// The restore that the effect is a part of; nil in an upgrade.
    package var restore: RestorePlan?
    /// The run's own folder (absolute path): records and logs go there. It exists.
    package var folder: String
    /// Where progress is reported; never blocks.
    package var report: @Sendable (Progress) -> Void

    /// Makes a context.
    package init(
        run: RunID,
        token: Int64,
        from: ReleaseVersion,
        highWaterMark: ReleaseVersion? = nil,
        migrations: [String],
        backup: BackupSetID?,
        proof: Proof?,
        restore: RestorePlan? = nil,
        folder: String,
        report: @escaping @Sendable (Progress) -> Void
    ) {
        self.run = run
        self.token = token
        self.from = from
        self.highWaterMark = highWaterMark
        self.migrations = migrations
        self.backup = backup
        self.proof = proof
        self.restore = restore
        self.folder = folder
        self.report = report
    }
}

/// Somebody who can perform some kinds of effects, and tell from reality what became of one.
package protocol EffectPort: Sendable {
    /// Looks at reality, changes nothing, and says what became of `effect`.
    func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe

    /// Does it. Doing it again after a part of it happened finishes it; nothing is done twice.
    ///
    /// - Throws: ``Refused`` where a policy said no before anything was tried; `Trouble` where it was tried and failed;
    ///   `CancellationError` where the task was cancelled, after everything that it had started was stopped.
    func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome
}

/// A policy or a check said no; nothing was tried.
package struct Refused: Error, Sendable, Hashable {
    /// What said no, and why.
    package var trouble: Trouble

    /// Makes a refusal.
    package init(_ trouble: Trouble) {
        self.trouble = trouble
    }
}

/// Who performs what.
package struct EffectPorts: Sendable {
    /// Runs the preflight checks, and rehearses.
    package var readiness: any EffectPort
    /// Changes the installation.
    package var deployment: any EffectPort
    /// Makes and proves backup sets.
    package var backups: any EffectPort
    /// Brings backup sets back.
    package var restores: any EffectPort

    /// Makes all of them known; what makes backup sets brings them back too unless somebody else does.
    package init(
        readiness: any EffectPort,
        deployment: any EffectPort,
        backups: any EffectPort,
        restores: (any EffectPort)? = nil
    ) {
        self.readiness = readiness
        self.deployment = deployment
        self.backups = backups
        self.restores = restores ?? backups
    }

    /// The one that performs effects of this kind.
    package subscript(kind: Effect.Kind) -> any EffectPort {
        switch kind {
        case .check, .checkReplacement, .rehearse: readiness
        case .dump, .confirmUnchanged, .prove, .publish, .discardBackup: backups
        case .keepInstalled, .stage, .recordWriters, .stopWriters, .removeWriters, .removeFailed, .switchRelease,
            .migrate, .start,
            .awaitHealth, .cleanUp, .putBack:
            deployment
        case .checkRestore, .unpackSet, .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside,
            .bringIn, .replaceConfiguration, .discardRestored, .confirmRestored:
            restores
        }
    }
}
