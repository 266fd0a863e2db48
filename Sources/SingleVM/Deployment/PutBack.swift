internal import Processes
package import UpgradeModel

extension ComposeDeployment {
    /// Puts the writers back as they were recorded: their restart policies, and whether they ran. Those that were
    /// removed are made anew from the release that they were of, unless that is older than what the databases belong to,
    /// or has no such service.
    ///
    /// - Parameters:
    ///   - path: the record. Where there is none, nothing was stopped and nothing is done.
    ///   - mark: the newest release whose migrations have started here; nil where none ever did.
    ///   - log: the file that gets what Compose says.
    ///   - report: gets a line for each thing done.
    /// - Throws: code `compose-failed`, where old writers cannot be made anew; what asking the Engine may bring.
    package func putBack(
        recordedAt path: String,
        above mark: ReleaseVersion?,
        log: String,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        guard var record = try WritersRecord.read(path) else { return }
        let present = Dictionary(grouping: try await writers(), by: \.id).compactMapValues(\.first)
        // The last stopped is the first to run again.
        for writer in record.writers.reversed() {
            guard let container = present[writer.id] else { continue }
            var isActive = container.isActive
            if isActive, record.hasAsked(writer.id) {
                // The Engine goes on stopping it although nobody waits any more; a start before the end would be lost.
                report("Waiting for the end of \(writer.name)", nil)
                try await engine.stop(writer.id, timeout: limits.stop)
                isActive = false
            }
            if container.restartPolicy != writer.restartPolicy {
                try await engine.setRestartPolicy(writer.restartPolicy, of: writer.id)
            }
            if writer.wasActive, !isActive {
                report("Starting \(writer.name)", nil)
                try await engine.start(writer.id)
            }
            if record.hasAsked(writer.id) {
                record.putBack(writer.id)
                try record.write(to: path)
            }
        }
        let services = try await missing(record)
        guard !services.isEmpty else { return }
        guard record.isAllowed(above: mark) else {
            return report("\(services.joined(separator: ", ")) of \(record.release) stay removed: it is too old", nil)
        }
        let release = folder.release(record.release)
        let file = try await composeFile(of: release)
        let lost = services.filter { file[$0] == nil }
        if !lost.isEmpty {
            report("\(lost.joined(separator: ", ")) cannot be made anew: the Compose files have no such service", nil)
        }
        let known = services.filter { file[$0] != nil }
        guard !known.isEmpty else { return }
        report("Making \(known.joined(separator: ", ")) anew", nil)
        try await restoreTags(record)
        let up = try await compose(release).up(known, recreation: .never)
        try await carryOut(up, log: ToolLog(path: log))
    }

    /// Says whether everything is as it was recorded, as far as it may be; `mark` is as for putting back.
    package func probePutBack(
        recordedAt path: String,
        above mark: ReleaseVersion?
    ) async throws(Trouble) -> Probe {
        guard let record = try WritersRecord.read(path) else { return .done(.done) }
        let present = try await writers()
        let byID = Dictionary(grouping: present, by: \.id).compactMapValues(\.first)
        let wrong = record.writers.filter { writer in
            guard let container = byID[writer.id] else { return false }
            return container.restartPolicy != writer.restartPolicy || (writer.wasActive && !container.isActive)
        }
        var missing = record.isAllowed(above: mark) ? try await missing(record) : []
        // What was merely stopped is told above, and needs no file.
        if wrong.isEmpty, !missing.isEmpty, let file = try? await composeFile(of: folder.release(record.release)) {
            missing.removeAll { file[$0] == nil }
        }
        if wrong.isEmpty, missing.isEmpty { return .done(.done) }
        return .underway(evidence: "\(wrong.count + missing.count) services are not as they were")
    }

    /// The services of the record of which fewer containers run than did.
    private func missing(_ record: WritersRecord) async throws(Trouble) -> [String] {
        let present = try await writers()
        let wanted = Dictionary(grouping: record.writers.filter(\.wasActive), by: \.service).mapValues(\.count)
        return wanted.filter { service, count in
            present.count { $0.service == service && $0.isActive } < count
        }.keys.sorted()
    }

    /// Gives the old images their names back where the new release took them.
    private func restoreTags(_ record: WritersRecord) async throws(Trouble) {
        for writer in record.writers {
            let reference = ImageReference(writer.imageReference)
            guard reference.digest == nil, !writer.imageReference.hasPrefix("sha256:"), reference.tag != nil,
                try await engine.image(writer.imageReference)?.id != writer.imageID,
                try await engine.image(writer.imageID) != nil
            else { continue }
            try await engine.tag(writer.imageID, as: reference)
        }
    }
}
