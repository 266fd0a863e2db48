package import UpgradeModel

extension ComposeDeployment {
    /// Writes down which writers there are, before anything is done to them. A record that is there already is kept:
    /// it was made before the writers were touched, and what could be seen now might not be what they were.
    ///
    /// - Parameters:
    ///   - release: the release that runs.
    ///   - path: the record's file, one for each hop and for each restore.
    /// - Returns: the record as it stands in the file.
    /// - Throws: code `record-unreadable`, and what asking the Engine and writing the file may bring.
    package func recordWriters(of release: ReleaseVersion, at path: String) async throws(Trouble) -> WritersRecord {
        if let record = try WritersRecord.read(path) { return record }
        let record = WritersRecord(project: project, release: release, writers: try await writers().map(\.asWriter))
        try record.write(to: path)
        return record
    }

    /// The release that the project's containers are of or, where they do not say one, the one that is current on disk;
    /// nil where that is not known either.
    package func releaseThatRuns() async throws(Trouble) -> ReleaseVersion? {
        if case .version(let version) = try await observe().release { return version }
        return currentRelease
    }

    /// Says whether the record is written.
    package func probeRecord(at path: String) throws(Trouble) -> Probe {
        try WritersRecord.read(path) == nil ? .notStarted : .done(.done)
    }

    /// Takes away the recorded writers' restart policies and stops them, one after the other.
    ///
    /// A writer that appeared after the record was made is added to it and stopped too.
    package func stopWriters(
        recordedAt path: String,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        var record = try required(path)
        // All policies first: a reboot between two stops must not bring back one that was stopped.
        var present = try await writers()
        let known = Set(record.writers.map(\.id))
        let late = present.filter { !known.contains($0.id) }
        if !late.isEmpty {
            record.writers += late.map(\.asWriter)
            try record.write(to: path)
        }
        for writer in present where writer.restartPolicy != .never {
            try await engine.setRestartPolicy(.never, of: writer.id)
        }
        for (index, writer) in present.enumerated() where writer.isActive {
            report("Stopping \(writer.name)", Double(index) / Double(present.count))
            // Noted first: an abort must know that the Engine may be about to stop what still runs.
            record.ask(writer.id)
            try record.write(to: path)
            if writer.state == .paused { try await engine.unpause(writer.id) }
            try await engine.stop(writer.id, timeout: limits.stop)
        }
        present = try await writers()
        if let alive = present.first(where: \.isActive) {
            throw Trouble(
                .environment,
                "writer-running",
                "\(alive.name) runs although it was stopped.",
                changed: true,
                remedy: "Find out what starts it again, then try again."
            )
        }
    }

    /// Stops migrations that still run, for a restore: one that tries again would migrate what was restored. A run that
    /// waits with a migration at work is the reason to restore.
    package func stopMigrations(report: @Sendable (String, Double?) -> Void) async throws(Trouble) {
        for migration in try await migrationContainers() where migration.isActive {
            report("Stopping \(migration.name)", nil)
            if migration.restartPolicy != .never { try await engine.setRestartPolicy(.never, of: migration.id) }
            if migration.state == .paused { try await engine.unpause(migration.id) }
            try await engine.stop(migration.id, timeout: limits.stop)
        }
        if let alive = try await migrationContainers().first(where: \.isActive) {
            throw Trouble(
                .environment,
                "migration-running",
                "\(alive.name) runs although it was stopped.",
                changed: true,
                remedy: "Stop it with `docker stop \(alive.name)`, then try again."
            )
        }
    }

    /// Makes sure that nothing of the project runs but its database servers.
    ///
    /// - Throws: code `writer-running` where something does.
    package func checkStill() async throws(Trouble) {
        let alive = try await containers().filter { $0.isActive && ($0.isOneOff || !product.isDatabase($0.service)) }
        guard !alive.isEmpty else { return }
        let names = alive.map(\.name).sorted()
        throw Trouble(
            .environment,
            "writer-running",
            "What may write to the databases still runs, or runs again: \(names.joined(separator: ", ")).",
            remedy: "Find out who starts it, `docker stop \(names.joined(separator: " "))`, then try again."
        )
    }

    /// Says how far the writers are stopped, and migrations where they are to be stopped too.
    package func probeStopped(withMigrations: Bool = false) async throws(Trouble) -> Probe {
        if withMigrations, let migration = try await migrationContainers().first(where: \.isActive) {
            return .underway(evidence: "\(migration.name) still runs")
        }
        let writers = try await writers()
        let loose = writers.filter { $0.isActive || $0.restartPolicy != .never }
        if loose.isEmpty { return .done(.done) }
        let quiet = writers.count - loose.count
        return quiet == 0
            ? .notStarted : .underway(evidence: "\(quiet) of \(writers.count) writers are stopped for good")
    }

    /// Removes the stopped writers, so that nothing can bring an old release up on a new schema. Their volumes stay.
    ///
    /// - Parameter replacing: whether a failed release gives way to a newer one after the point of no return; then what
    ///   runs of it is stopped first. Otherwise a writer that runs is a trouble.
    /// - Throws: code `writer-running` where one runs again: then what was backed up may not be what is there.
    package func removeWriters(replacing: Bool) async throws(Trouble) {
        let present = try await writers()
        if let alive = present.first(where: \.isActive), !replacing {
            throw Trouble(
                .environment,
                "writer-running",
                "\(alive.name) was started by somebody while the databases were backed up.",
                remedy: "Find out who starts it, then start the upgrade again."
            )
        }
        for writer in present where writer.restartPolicy != .never {
            try await engine.setRestartPolicy(.never, of: writer.id)
        }
        for writer in present {
            if writer.state == .paused { try await engine.unpause(writer.id) }
            if writer.isActive { try await engine.stop(writer.id, timeout: limits.stop) }
            try await engine.remove(writer.id)
        }
    }

    /// Says how far the writers are removed.
    package func probeRemoved() async throws(Trouble) -> Probe {
        let left = try await writers().count
        return left == 0 ? .done(.done) : .underway(evidence: "\(left) old containers are left")
    }

    /// The containers of services that must stand still, in the order in which they are stopped.
    func writers() async throws(Trouble) -> [EngineContainer] {
        try await serviceContainers().filter { product.isWriter($0.service) }
            .sorted { (product.stopRank($0.service), $0.name) < (product.stopRank($1.service), $1.name) }
    }

    func required(_ path: String) throws(Trouble) -> WritersRecord {
        if let record = try WritersRecord.read(path) { return record }
        throw Trouble(
            .internal,
            "record-missing",
            "There is no record of the writers at \(path).",
            remedy: "Start the services with `docker compose up -d` in \(folder.path) by hand, and report this."
        )
    }
}

extension EngineContainer {
    fileprivate var asWriter: WritersRecord.Writer {
        .init(
            service: service,
            id: id,
            name: name,
            imageID: imageID,
            imageReference: imageReference,
            restartPolicy: restartPolicy,
            wasActive: isActive
        )
    }
}
