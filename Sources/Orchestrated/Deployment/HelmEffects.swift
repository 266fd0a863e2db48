package import UpgradeEngine
package import UpgradeModel

/// Performs the effects that change an installation in a cluster, as the engine asks for them.
package struct HelmEffects: EffectPort {
    private let deployment: HelmDeployment
    private let content: @Sendable (ReleaseVersion, EffectContext) async throws -> ClusterRelease
    private let installedChart: @Sendable (ReleaseVersion) async throws -> String?

    /// Makes a port.
    ///
    /// - Parameters:
    ///   - deployment: the installation.
    ///   - installedChart: gets the path of an installed release's chart from wherever releases come from; nil where it
    ///     cannot be had.
    ///   - content: gets a release's package, verified and unpacked, with the values for it. May be asked again.
    package init(
        _ deployment: HelmDeployment,
        installedChart: @escaping @Sendable (ReleaseVersion) async throws -> String? = { _ in nil },
        content: @escaping @Sendable (ReleaseVersion, EffectContext) async throws -> ClusterRelease
    ) {
        self.deployment = deployment
        self.installedChart = installedChart
        self.content = content
    }

    /// Looks at Helm's records, workloads, pods and files.
    package func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        let record = Self.record(effect, context)
        let task = Self.task(effect, context)
        switch effect.kind {
        case .keepInstalled: return try await deployment.probeKept(context.from)
        // What lies there may be an earlier run's, of another package and with other values; staging can be repeated.
        case .stage: return .notStarted
        case .recordWriters: return try deployment.probeRecord(at: record)
        case .stopWriters: return try await deployment.probeStopped()
        case .removeWriters, .removeFailed: return try await deployment.probeRemoved()
        case .switchRelease:
            let deployed = try await deployment.probeDeployed(task, logs: context.folder)
            guard case .done = deployed else { return deployed }
            return try await deployment.probeStarted(task, recordedAt: record, logs: context.folder, isMigrated: false)
        case .migrate:
            if let unfinished = try await unfinished(effect, context) { return unfinished }
            return try await deployment.probe(try migration(effect), task, logs: context.folder)
        case .start:
            if let unfinished = try await unfinished(effect, context) { return unfinished }
            return try await deployment.probeStarted(task, recordedAt: record, logs: context.folder, isMigrated: true)
        // Waiting changes nothing and may always be done again.
        case .awaitHealth: return .notStarted
        case .cleanUp: return .done(.done)
        case .putBack: return try await deployment.probePutBack(recordedAt: record, above: context.highWaterMark)
        case .check, .checkReplacement, .rehearse, .dump, .confirmUnchanged, .prove, .publish, .discardBackup,
            .checkRestore, .unpackSet, .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside,
            .bringIn, .replaceConfiguration, .discardRestored, .confirmRestored:
            throw notMine(effect)
        }
    }

    /// Does it.
    package func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        let throttle = ProgressThrottle(every: .milliseconds(500))
        let report: @Sendable (String, Double?) -> Void = { message, part in
            if throttle.passes() { context.report(Progress(message, fraction: part)) }
        }
        let record = Self.record(effect, context)
        let task = Self.task(effect, context)
        switch effect.kind {
        case .keepInstalled:
            try await deployment.keepInstalled(context.from) { try await installedChart(context.from) }
        case .stage: return .staged(migrations: try await stage(effect, context, report))
        case .recordWriters:
            // What runs when a restore begins is of the release that failed, not of the one before the hop.
            let seen = context.restore == nil ? nil : try await deployment.observe().installedVersion
            let isUpgrade = context.restore == nil
            try await deployment.recordWriters(of: seen ?? context.from, at: record, isUpgrade: isUpgrade)
        case .stopWriters: try await deployment.stopWriters(recordedAt: record, report: report)
        case .removeWriters: try await deployment.removeWriters(recordedAt: record)
        case .removeFailed: try await deployment.removeFailed(report: report)
        case .switchRelease: try await deploy(effect, context, quietly: true, report)
        case .migrate:
            try await deployAgain(effect, context, quietly: true, report)
            let migration = try migration(effect)
            try await deployment.follow(
                migration,
                task,
                logs: context.folder,
                line: { line in
                    guard throttle.passes() else { return }
                    context.report(Progress(String(line.prefix(200)), log: migration.logName))
                },
                report: report
            )
        case .start:
            try await deployAgain(effect, context, quietly: false, report)
            try await deployment.start(task, recordedAt: record, logs: context.folder, isMigrated: true, report: report)
        case .awaitHealth:
            let recorded = try ScaledWriters.all(in: context.folder, first: record)
            try await deployment.awaitHealthy(
                effect.target,
                task,
                recorded: recorded,
                logs: context.folder,
                report: report
            )
            // Whatever scaled pods meanwhile has left no trace of Pawl's; this is for what came up late.
            try await deployment.dropOwnership()
            await deployment.settleGuard(report: report)
        case .cleanUp: break
        case .putBack: try await deployment.putBack(recordedAt: record, above: context.highWaterMark, report: report)
        case .check, .checkReplacement, .rehearse, .dump, .confirmUnchanged, .prove, .publish, .discardBackup,
            .checkRestore, .unpackSet, .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside,
            .bringIn, .replaceConfiguration, .discardRestored, .confirmRestored:
            throw notMine(effect)
        }
        return .done
    }

    /// The file that says what the writers were before the effect's hop or restore stopped them.
    package static func record(_ effect: Effect, _ context: EffectContext) -> String {
        "\(context.folder)/\(effect.writersRecord(restoring: context.restore != nil)).json"
    }

    /// What marks the revision that the effect's hop, or restore, makes.
    package static func task(_ effect: Effect, _ context: EffectContext) -> HelmTask {
        HelmTask(
            run: context.run,
            hop: effect.hop,
            isRestore: context.restore != nil,
            attempt: effect.attempt,
            release: effect.target
        )
    }

    private func stage(
        _ effect: Effect,
        _ context: EffectContext,
        _ report: @Sendable (String, Double?) -> Void
    ) async throws -> [String] {
        let release = try await content(effect.target, context)
        return try await deployment.stage(effect.target, content: release, report: report)
    }

    /// Upgrades the Helm release and wakes what the chart leaves at zero. Before that no writer may run, whoever has
    /// scaled it up meanwhile, and no pod of an earlier attempt may be left: init containers only run anew in new pods.
    private func deploy(
        _ effect: Effect,
        _ context: EffectContext,
        quietly: Bool,
        _ report: @Sendable (String, Double?) -> Void
    ) async throws {
        let task = Self.task(effect, context)
        let record = Self.record(effect, context)
        if quietly {
            switch try await deployment.probeDeployed(task, logs: context.folder) {
            case .notStarted, .failed, .unknown: try await deployment.removeFailed(report: report)
            // What it has brought up already may be migrating.
            case .underway, .done: break
            }
        }
        try await deployment.tellGuard(task, report: report)
        try await deployment.deploy(task, recordedAt: record, logs: context.folder, report: report)
        try await deployment.start(task, recordedAt: record, logs: context.folder, isMigrated: false, report: report)
    }

    /// A migration, or a start, that an operator wants tried again after the release was deployed: it is deployed anew,
    /// with the values as they are by now.
    private func deployAgain(
        _ effect: Effect,
        _ context: EffectContext,
        quietly: Bool,
        _ report: @Sendable (String, Double?) -> Void
    ) async throws {
        guard effect.attempt > 1, context.restore == nil else { return }
        let task = Self.task(effect, context)
        switch try await deployment.probeDeployed(task, logs: context.folder) {
        case .done: break
        // It is at work, or was interrupted: what was staged for it is what it is finished with.
        case .underway: return try await deploy(effect, context, quietly: quietly, report)
        case .notStarted, .failed, .unknown:
            _ = try await stage(effect, context, report)
            return try await deploy(effect, context, quietly: quietly, report)
        }
        let record = Self.record(effect, context)
        try await deployment.start(task, recordedAt: record, logs: context.folder, isMigrated: false, report: report)
    }

    /// What is missing of the deployment that a repeated migration or start begins with; nil where nothing is.
    private func unfinished(_ effect: Effect, _ context: EffectContext) async throws -> Probe? {
        guard effect.attempt > 1, context.restore == nil else { return nil }
        let seen = try await deployment.probeDeployed(Self.task(effect, context), logs: context.folder)
        if case .done = seen { return nil }
        return seen
    }

    private func migration(_ effect: Effect) throws(Trouble) -> FollowedMigration {
        let found = effect.subject.flatMap {
            FollowedMigration(named: $0, release: effect.target, hop: effect.hop, attempt: effect.attempt)
        }
        guard let found else { throw notMine(effect) }
        return found
    }

    private func notMine(_ effect: Effect) -> Trouble {
        Trouble(
            .internal,
            "wrong-port",
            "\(effect.identity) is not for the deployment to do.",
            remedy: "Report this."
        )
    }
}
