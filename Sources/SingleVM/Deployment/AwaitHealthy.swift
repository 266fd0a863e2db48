internal import Foundation
package import UpgradeModel
internal import WebClient

extension ComposeDeployment {
    /// Waits until a release really serves: every container runs and is healthy, those without a health check have run
    /// for a while without a break, and the product's own addresses answer with the release's version.
    ///
    /// - Throws: blame `release`, code `unhealthy`, with what was seen last, where the time is over.
    package func awaitHealthy(
        _ version: ReleaseVersion,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        let release = folder.release(version)
        let services = try await composeFile(of: release).services
        let endpoints = try endpoints(of: release)
        var remaining = limits.health
        var watch = SteadyWatch()
        while true {
            var complaints = try await complaints(services, &watch)
            let count = services.count { $0.scale > 0 && !product.isMigration($0.name) }
            let part = Double(max(0, count - complaints.count)) / Double(max(1, count))
            for endpoint in endpoints where complaints.isEmpty {
                if let complaint = await complaint(of: endpoint, version) { complaints.append(complaint) }
            }
            guard let first = complaints.first else { return }
            if let patient = complaints.compactMap(\.container).first(where: { watch.illness($0) >= limits.ill }) {
                throw await unhealthy(version, "does not get well (\(patient.name))", complaints)
            }
            report("Waiting: \(first.clause)", part)
            guard remaining > .zero else {
                let seconds = limits.health.components.seconds
                throw await unhealthy(version, "is not healthy after \(seconds) s", complaints)
            }
            do {
                try await clock.sleep(for: .seconds(1))
            } catch {
                throw Trouble(
                    .environment,
                    "interrupted",
                    "The wait for \(version) was interrupted.",
                    changed: true,
                    remedy: "Start Pawl again; it goes on waiting."
                )
            }
            remaining -= .seconds(1)
            watch.elapsed += .seconds(1)
        }
    }

    /// Says whether a release is healthy now. A container without a health check is believed where it runs.
    package func probeHealthy(_ version: ReleaseVersion) async throws(Trouble) -> Probe {
        // Waiting changes nothing and may always be done again; looking once cannot tell how steady a container is.
        .notStarted
    }

    /// How long containers have been seen running without a break.
    private struct SteadyWatch {
        var elapsed: Duration = .zero
        /// When a container that is ill was first seen so, without a break since.
        var illSince: [String: Duration] = [:]
        /// When each start of a container was first seen, by the container and the time of its start.
        var since: [String: Duration] = [:]

        mutating func steady(_ container: EngineContainer) -> Duration {
            let start = "\(container.id) \(container.startedAt) \(container.restartCount)"
            let first = since[start] ?? elapsed
            since[start] = first
            return elapsed - first
        }

        /// How long a container has been ill without a break.
        mutating func illness(_ container: EngineContainer) -> Duration {
            guard container.isIll else {
                illSince[container.id] = nil
                return .zero
            }
            let first = illSince[container.id] ?? elapsed
            illSince[container.id] = first
            return elapsed - first
        }
    }

    /// What keeps a release from being healthy.
    struct Complaint {
        var clause: String
        var container: EngineContainer?
    }

    private struct Endpoint {
        var url: String
        var versionField: String?
    }

    private func endpoints(of release: ReleaseFolder) throws(Trouble) -> [Endpoint] {
        let bytes = try DurableFiles.read(release.environmentFile) ?? []
        let values = DotEnvironment(String(decoding: bytes, as: UTF8.self)).values
        var endpoints: [Endpoint] = []
        for endpoint in product.health {
            guard let url = endpoint.url.resolved(in: values) else {
                let names = endpoint.url.missing(in: values).joined(separator: ", ")
                throw Trouble(
                    .operator,
                    "health-address",
                    "The health address \(endpoint.url) needs a value for \(names).",
                    changed: true,
                    remedy: "Set it in the installation's environment, then retry."
                )
            }
            endpoints.append(Endpoint(url: url, versionField: endpoint.versionField))
        }
        return endpoints
    }

    private func complaints(
        _ services: [ResolvedComposeFile.Service],
        _ watch: inout SteadyWatch
    ) async throws(Trouble) -> [Complaint] {
        let containers = try await serviceContainers()
        var complaints: [Complaint] = []
        for service in services where service.scale > 0 && !product.isMigration(service.name) {
            let own = containers.filter { $0.service == service.name }
            if own.count < service.scale {
                complaints.append(Complaint(clause: "\(service.name) has \(own.count) of \(service.scale) containers"))
            }
            for container in own {
                // A service that ends by design, such as one that prepares files, is done when it has ended well.
                let isDone = container.state == .exited && container.exitCode == 0
                let mayEnd = ["no", "on-failure"].contains(service.restartPolicy.name)
                if isDone, mayEnd, !product.writers.contains(service.name) { continue }
                if let clause = clause(about: container, &watch) {
                    complaints.append(Complaint(clause: clause, container: container))
                }
            }
        }
        return complaints
    }

    private func clause(about container: EngineContainer, _ watch: inout SteadyWatch) -> String? {
        guard container.state == .running else {
            let ended = [.exited, .dead, .restarting].contains(container.state)
            return "\(container.name) is \(container.state.rawValue)" + (ended ? " (status \(container.exitCode))" : "")
        }
        let steady = watch.steady(container)
        switch container.health {
        case .healthy: return nil
        case .starting: return "\(container.name) is starting"
        case .unhealthy: return "\(container.name) is unhealthy"
        case nil: return steady >= limits.steady ? nil : "\(container.name) has only just started"
        }
    }

    private func complaint(of endpoint: Endpoint, _ version: ReleaseVersion) async -> Complaint? {
        let answer: HTTPResponse
        do {
            answer = try await session.send(HTTPRequest(.get, .web(endpoint.url)), timeout: .seconds(5), limit: 1 << 20)
        } catch {
            return Complaint(clause: "\(WebURL.web(endpoint.url)): \(error)")
        }
        guard (200...299).contains(answer.status) else {
            return Complaint(clause: "\(WebURL.web(endpoint.url)) answers with status \(answer.status)")
        }
        guard let field = endpoint.versionField else { return nil }
        let said = (try? JSONDecoder().decode([String: JSONText].self, from: Data(answer.body)))?[field]?.text
        if let said, (try? ReleaseVersion(said)) == version { return nil }
        let seen = said.map { "says it is \($0.prefix(40))" } ?? "does not say its version in “\(field)”"
        return Complaint(clause: "\(WebURL.web(endpoint.url)) \(seen)")
    }

    /// The containers that are ill rather than slow.
    func sickness(_ services: [ResolvedComposeFile.Service]) async throws(Trouble) -> [Complaint] {
        var watch = SteadyWatch()
        return try await complaints(services, &watch).filter { complaint in
            complaint.container?.isIll ?? false
        }
    }

    /// A release that is not well, with what its containers say.
    func unhealthy(_ version: ReleaseVersion, _ what: String, _ complaints: [Complaint]) async -> Trouble {
        var lines = complaints.map(\.clause)
        for container in complaints.compactMap(\.container).prefix(3) {
            let check = container.healthOutput.trimmingCharacters(in: .whitespacesAndNewlines).suffix(300)
            if !check.isEmpty { lines.append("\(container.name), health check: \(check)") }
            let said = await engine.lastLines(of: container, count: 5)
            lines += said.map { "\(container.name): \($0.prefix(300))" }
        }
        return Trouble(
            .release,
            "unhealthy",
            "The release \(version) \(what): "
                + lines.joined(separator: "\n"),
            changed: true,
            remedy: "Mend the cause and retry, retry with a fixed release, or restore the backup."
        )
    }
}

extension EngineContainer {
    /// Whether it is ill rather than slow.
    fileprivate var isIll: Bool { health == .unhealthy || [.exited, .dead, .restarting].contains(state) }
}

/// A JSON value of which only text counts.
private struct JSONText: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
        text = try? decoder.singleValueContainer().decode(String.self)
    }
}
