internal import Processes
package import UpgradeModel

extension ComposeDeployment {
    /// Starts everything of a release but its migrations. Database servers are only made where there are none.
    ///
    /// Services that the release no longer has are removed, database servers excepted; restart policies are as the
    /// release's file says.
    ///
    /// - Parameters:
    ///   - version: the release; it is the current one.
    ///   - logs: the folder for what Compose prints.
    ///   - report: gets a line for each thing done.
    /// - Throws: code `compose-failed`; `image-missing` where a staged image is gone.
    package func start(
        _ version: ReleaseVersion,
        logs: String,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        let release = folder.release(version)
        let compose = try await compose(release)
        let file = try await composeFile(of: release)
        try await checkPins(of: release, version)
        let wanted = file.wanted.map(\.name).filter { !product.isMigration($0) }
        let databases = wanted.filter(product.isDatabase)
        let running = Set(try await serviceContainers().filter { $0.state == .running }.map(\.service))
        let absent = databases.filter { !running.contains($0) }
        if !absent.isEmpty {
            report("Starting \(absent.joined(separator: ", "))", nil)
            let log = ToolLog(path: "\(logs)/start-databases.compose.log")
            try await carryOut(compose.up(absent, recreation: .never), log: log)
        }
        try await removeLeftovers(wanted: Set(wanted))
        let services = wanted.filter { !product.isDatabase($0) }
        guard !services.isEmpty else { return }
        report("Starting \(services.joined(separator: ", "))", nil)
        let log = ToolLog(path: "\(logs)/start.compose.log")
        do throws(Trouble) {
            let up = compose.up(services, recreation: .whereChanged)
            try await carryOut(up, log: log, deadline: limits.health + .seconds(60))
        } catch  where error.code == "compose-failed" {
            // Compose waits for what others depend on: that it gave up may only say that a container is not well.
            let sick = try await sickness(file.services)
            throw sick.isEmpty ? error : await unhealthy(version, "did not start", sick)
        }
        try await setPolicies(file)
    }

    /// Says whether a release is started: every service has its containers, of its images and of its configuration.
    package func probeStarted(_ version: ReleaseVersion) async throws(Trouble) -> Probe {
        let release = folder.release(version)
        let wanted = try await composeFile(of: release).wanted.filter { !product.isMigration($0.name) }
        let hashes = try await configHashes(of: release)
        let pins = try images(of: release) ?? [:]
        let containers = try await serviceContainers()
        var good = 0
        for service in wanted {
            let own = containers.filter { $0.service == service.name && $0.isActive }
            // A database server stays what it was; whatever else differs is made good by starting again.
            let isRight = own.allSatisfy { container in
                product.isDatabase(service.name)
                    || (container.imageID == service.image.flatMap { pins[$0] }
                        && container.labels[EngineContainer.ComposeLabel.configHash] == hashes[service.name]
                        && container.restartPolicy == service.restartPolicy)
            }
            if isRight, own.count == service.scale { good += 1 }
        }
        if good == wanted.count { return .done(.done) }
        return good == 0 ? .notStarted : .underway(evidence: "\(good) of \(wanted.count) services run as they should")
    }

    /// Removes what finished migrations of a run have left.
    package func cleanUp(after run: RunID) async throws(Trouble) {
        for container in try await leftMigrations(of: run) { try await engine.remove(container.id) }
    }

    /// Says whether finished migrations of a run are still there.
    package func probeCleanUp(after run: RunID) async throws(Trouble) -> Probe {
        try await leftMigrations(of: run).isEmpty ? .done(.done) : .notStarted
    }

    private func leftMigrations(of run: RunID) async throws(Trouble) -> [EngineContainer] {
        try await containers().filter {
            $0.isOneOff && $0.labels[MigrationTask.Label.run] == "\(run)" && !$0.isActive
        }
    }

    /// What was staged is what is started: names may have been given to other images meanwhile.
    private func checkPins(of release: ReleaseFolder, _ version: ReleaseVersion) async throws(Trouble) {
        for (name, id) in try images(of: release) ?? [:] {
            let found = try await engine.image(name)?.id
            if found == id { continue }
            let reference = ImageReference(name)
            if reference.digest == nil, try await engine.image(id) != nil {
                try await engine.tag(id, as: reference)
                continue
            }
            throw Trouble(
                .environment,
                "image-missing",
                "The image \(name) of \(version) is no longer in the Engine.",
                changed: true,
                remedy: "Load it again from the release's package, then retry."
            )
        }
    }

    /// Removes containers of services that the release does not run, and stopped ones that Compose would stumble over.
    private func removeLeftovers(wanted: Set<String>) async throws(Trouble) {
        for container in try await serviceContainers() where !product.isDatabase(container.service) {
            let isOrphan = !wanted.contains(container.service)
            guard isOrphan || !container.isActive else { continue }
            if container.isActive {
                if container.restartPolicy != .never { try await engine.setRestartPolicy(.never, of: container.id) }
                if container.state == .paused { try await engine.unpause(container.id) }
                try await engine.stop(container.id, timeout: limits.stop)
            }
            try await engine.remove(container.id)
        }
    }

    /// A container that Compose found unchanged may still have the policy that stopping it gave it.
    private func setPolicies(_ file: ResolvedComposeFile) async throws(Trouble) {
        for container in try await serviceContainers() {
            guard let policy = file[container.service]?.restartPolicy, container.isActive,
                !product.isDatabase(container.service), container.restartPolicy != policy
            else { continue }
            try await engine.setRestartPolicy(policy, of: container.id)
        }
    }

    private func configHashes(of release: ReleaseFolder) async throws(Trouble) -> [String: String] {
        let printed = try await collected(try await compose(release).hashes, failing: "compose-file")
        var hashes: [String: String] = [:]
        for line in printed.text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 { hashes[String(words[0])] = String(words[1]) }
        }
        return hashes
    }
}
