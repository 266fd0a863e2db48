internal import Processes
package import UpgradeModel

/// How one migration of a rehearsal ended.
package struct RehearsedMigration: Sendable, Hashable {
    /// What its process ended with; nil where it was stopped because its time was over.
    package var exitCode: Int?
    /// How long it took, in seconds, its container's start included.
    package var seconds: Double
    /// The last lines that it printed.
    package var lastLines: [String]
}

/// What must be in the variables that a migration gets, and what must not.
package struct RehearsalGuard: Sendable, Hashable {
    /// The migration service.
    package var service: String
    /// The copy's address and the password there: each must be in a value.
    package var wanted: [String]
    /// The passwords of the real databases: none may be in a value.
    package var forbidden: [String]

    /// Makes a guard.
    package init(service: String, wanted: [String], forbidden: [String]) {
        self.service = service
        self.wanted = wanted
        self.forbidden = forbidden
    }
}

extension ComposeDeployment {
    /// Renders the migration services of a release for a rehearsal and makes sure of their images.
    ///
    /// Nothing is written to the installation's folder.
    ///
    /// - Parameters:
    ///   - version: the release.
    ///   - content: its package, with the variables that lead to the copies.
    ///   - stage: where they will run.
    ///   - place: a folder of the rehearsal's own, which nobody else may read; it is there.
    ///   - guards: one for each migration service.
    ///   - report: gets a line and the part that is done.
    /// - Throws: code `rehearsal-impossible` where a service would not be led to its copy, or not only there; what
    ///   staging a release throws.
    package func prepareRehearsal(
        of version: ReleaseVersion,
        content: ReleaseContent,
        on stage: RehearsalStage,
        in place: String,
        guards: [RehearsalGuard],
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        let folder = ReleaseFolder(path: place)
        guard let compose = try DurableFiles.read("\(content.folder)/\(InstallationFolder.composeName)", limit: 4 << 20)
        else {
            throw Trouble(
                .release,
                "compose-file",
                "The package has no \(InstallationFolder.composeName).",
                remedy: "Get the release's package again; if it fails again, tell its publisher."
            )
        }
        try DurableFiles.write(compose, to: folder.composeFile, access: .secret)
        try DurableFiles.write(Array(content.environment.utf8), to: folder.environmentFile, access: .secret)
        let stand = try standIn(place, environment: content.environment)
        let printed = try await collected(try await self.compose(folder, in: stand).config, failing: "compose-file")
        let resolved = try ResolvedComposeFile(resolved: printed.output, project: project)
        try await check(resolved, pins: content.images, version: version)
        _ = try await provideImages(of: resolved, content: content, report: report)
        let file = try RehearsalComposeFile(resolved: printed.output, project: project)
        for one in guards { try check(one, file.environment(of: one.service)) }
        let services = guards.map(\.service)
        var volumes: Set<String> = []
        for name in file.volumes(of: services) where try await engine.hasVolume(name) { volumes.insert(name) }
        let text = file.text(services: services, network: stage.network.name, volumes: volumes)
        try DurableFiles.write(Array(text.utf8), to: Self.rehearsalFile(in: place), access: .secret)
        // Everything is resolved in it; a tool that is given no file of variables would look for one by itself.
        try DurableFiles.write([], to: folder.environmentFile, access: .secret)
    }

    /// Runs one migration of a rehearsal, alone, to its end. Where its time is over it is stopped.
    ///
    /// - Parameters:
    ///   - service: the migration service.
    ///   - stage: where it runs.
    ///   - place: the folder that `prepareRehearsal` wrote to.
    ///   - logs: the folder for what Compose and the migration print.
    ///   - line: gets each line that the migration prints.
    /// - Returns: how it ended.
    /// - Throws: code `compose-failed`; `interrupted` where the task was cancelled.
    package func rehearse(
        _ service: String,
        on stage: RehearsalStage,
        in place: String,
        logs: String,
        line: @escaping @Sendable (LogLine) -> Void
    ) async throws(Trouble) -> RehearsedMigration {
        let name = stage.containerName(service)
        let compose = ComposeProject(
            tool: try await composeTool(),
            name: stage.project,
            directory: place,
            files: [Self.rehearsalFile(in: place)],
            environmentFile: ReleaseFolder(path: place).environmentFile
        )
        let labels = RehearsalLabels(rehearsal: stage.rehearsal, project: project).all
        let started = ContinuousClock.now
        try await carryOut(
            compose.run(service, name: name, labels: labels),
            log: ToolLog(path: "\(logs)/\(service).compose.log")
        )
        guard let container = try await engine.container(name) else {
            throw Trouble(
                .environment,
                "migration-vanished",
                "The container of the rehearsed migration, \(name), is gone.",
                remedy: "See who removes containers on this machine, then try again."
            )
        }
        let code = try await end(of: container, log: "\(logs)/\(service).log", line)
        return RehearsedMigration(
            exitCode: code,
            seconds: started.duration(to: .now) / .seconds(1),
            lastLines: await engine.lastLines(of: container, count: 20)
        )
    }

    /// A folder like the installation's, for what the release's services read of it by relative paths: everything in it is
    /// a link to the installation's own, but the variables are those of the rehearsal. A service that takes all of them
    /// (`env_file: .env`) would be led to the real databases otherwise.
    private func standIn(_ place: String, environment: String) throws(Trouble) -> String {
        let stand = place + "/installation"
        try DurableFiles.remove(stand)
        try DurableFiles.makeFolder(stand, mode: 0o700)
        for name in try DurableFiles.names(in: folder.path) where name != InstallationFolder.environmentName {
            try DurableFiles.link("\(stand)/\(name)", to: "\(folder.path)/\(name)")
        }
        let variables = "\(stand)/\(InstallationFolder.environmentName)"
        try DurableFiles.write(Array(environment.utf8), to: variables, access: .secret)
        return stand
    }

    private static func rehearsalFile(in place: String) -> String { place + "/rehearsal.json" }

    /// Follows a container to its end, and ends it where its time is over.
    ///
    /// - Returns: what it ended with; nil where its time was over.
    private func end(
        of container: EngineContainer,
        log: String,
        _ line: @escaping @Sendable (LogLine) -> Void
    ) async throws(Trouble) -> Int? {
        do {
            return try await withThrowingTaskGroup(of: Int?.self) { group in
                group.addTask { try await engine.awaitEnd(of: container.id) }
                if let limit = limits.migration {
                    group.addTask {
                        try await clock.sleep(for: limit)
                        return nil
                    }
                }
                async let followed: Void = followLogs(of: container, into: log, line)
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw CancellationError() }
                if first == nil { try await engine.stop(container.id, timeout: .seconds(10)) }
                // The container has ended, and so its log does.
                await followed
                return first
            }
        } catch let trouble as Trouble {
            throw trouble
        } catch {
            throw Trouble(
                .environment,
                "interrupted",
                "The rehearsal was stopped before it was done.",
                remedy: "Start it again when you are ready."
            )
        }
    }

    private func check(_ one: RehearsalGuard, _ environment: [String: String]) throws(Trouble) {
        for secret in one.forbidden where !secret.isEmpty {
            let leak = environment.sorted { $0.key < $1.key }.first { _, value in
                value == secret || value.contains(":\(secret)@")
            }
            if let leak {
                throw RehearsalRedirection.impossible(
                    "the service \(one.service) would get the password of the real database, in \(leak.key)"
                )
            }
        }
        for value in one.wanted where !environment.values.contains(where: { $0.contains(value) }) {
            throw RehearsalRedirection.impossible(
                "the service \(one.service) does not find its database by the variables that the Product file names"
            )
        }
    }
}
