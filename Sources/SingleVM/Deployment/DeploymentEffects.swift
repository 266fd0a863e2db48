package import UpgradeEngine
package import UpgradeModel

/// Performs the effects that change the installation, as the engine asks for them.
package struct DeploymentEffects: EffectPort {
    private let deployment: ComposeDeployment
    private let content: @Sendable (ReleaseVersion, EffectContext) async throws -> ReleaseContent

    /// Makes a port.
    ///
    /// - Parameters:
    ///   - deployment: the installation.
    ///   - content: gets a release's package, verified and unpacked, with the variables for it. May be asked again.
    package init(
        _ deployment: ComposeDeployment,
        content: @escaping @Sendable (ReleaseVersion, EffectContext) async throws -> ReleaseContent
    ) {
        self.deployment = deployment
        self.content = content
    }

    /// Looks at containers, images and files.
    package func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        switch effect.kind {
        case .keepInstalled: try await deployment.probeKept(context.from)
        // What lies there may be an earlier run's, of another package and with other variables; staging can be repeated.
        case .stage: .notStarted
        case .recordWriters: try deployment.probeRecord(at: Self.record(effect, context))
        case .stopWriters: try await deployment.probeStopped(withMigrations: context.restore != nil)
        case .removeWriters, .removeFailed: try await deployment.probeRemoved()
        case .switchRelease: deployment.probeSwitch(to: effect.target)
        case .migrate: try await deployment.probeMigration(try task(effect, context), logs: context.folder)
        case .start: try await deployment.probeStarted(effect.target)
        case .awaitHealth: try await deployment.probeHealthy(effect.target)
        case .cleanUp: try await deployment.probeCleanUp(after: context.run)
        case .putBack:
            try await deployment.probePutBack(recordedAt: Self.record(effect, context), above: context.highWaterMark)
        case .check, .checkReplacement, .rehearse, .dump, .confirmUnchanged, .prove, .publish, .discardBackup,
            .checkRestore, .unpackSet, .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside,
            .bringIn, .replaceConfiguration, .discardRestored, .confirmRestored:
            throw notMine(effect)
        }
    }

    /// Does it.
    package func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        let report: @Sendable (String, Double?) -> Void = { context.report(Progress($0, fraction: $1)) }
        switch effect.kind {
        case .keepInstalled: try await deployment.keepInstalled(context.from)
        case .stage:
            let release = try await content(effect.target, context)
            return .staged(migrations: try await deployment.stage(effect.target, content: release, report: report))
        case .recordWriters:
            // What runs when a restore begins is of the release that failed, not of the one before the hop.
            let release = context.restore == nil ? nil : try await deployment.releaseThatRuns()
            _ = try await deployment.recordWriters(of: release ?? context.from, at: Self.record(effect, context))
        case .stopWriters:
            if context.restore != nil { try await deployment.stopMigrations(report: report) }
            try await deployment.stopWriters(recordedAt: Self.record(effect, context), report: report)
        case .removeWriters: try await deployment.removeWriters(replacing: false)
        case .removeFailed: try await deployment.removeWriters(replacing: true)
        case .switchRelease: try deployment.switchRelease(to: effect.target, from: context.from)
        case .migrate:
            let task = try task(effect, context)
            let throttle = ProgressThrottle(every: .milliseconds(500))
            try await deployment.migrate(task, logs: context.folder) { line in
                guard throttle.passes() else { return }
                context.report(Progress(String(line.text.prefix(200)), log: "\(task.containerName).log"))
            }
        case .start: try await deployment.start(effect.target, logs: context.folder, report: report)
        case .awaitHealth:
            let throttle = ProgressThrottle(every: .seconds(5))
            try await deployment.awaitHealthy(effect.target) { message, part in
                if throttle.passes() { report(message, part) }
            }
        case .cleanUp: try await deployment.cleanUp(after: context.run)
        case .putBack:
            let log = "\(context.folder)/put-back.compose.log"
            try await deployment.putBack(
                recordedAt: Self.record(effect, context),
                above: context.highWaterMark,
                log: log,
                report: report
            )
        case .check, .checkReplacement, .rehearse, .dump, .confirmUnchanged, .prove, .publish, .discardBackup,
            .checkRestore, .unpackSet, .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside,
            .bringIn, .replaceConfiguration, .discardRestored, .confirmRestored:
            throw notMine(effect)
        }
        return .done
    }

    /// The file that says which writers ran before the effect's hop or restore stopped them.
    package static func record(_ effect: Effect, _ context: EffectContext) -> String {
        "\(context.folder)/\(effect.writersRecord(restoring: context.restore != nil)).json"
    }

    private func task(_ effect: Effect, _ context: EffectContext) throws(Trouble) -> MigrationTask {
        guard let service = effect.subject else { throw notMine(effect) }
        return MigrationTask(
            run: context.run,
            hop: effect.hop,
            service: service,
            release: effect.target,
            attempt: effect.attempt
        )
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
