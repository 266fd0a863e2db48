package import UpgradeModel

/// How a service's container can be reached from this machine.
package struct ServiceRoute: Sendable, Hashable {
    /// The container.
    package var container: EngineContainer
    /// Its address on the bridge, where it has one.
    package var address: String?

    /// The address on this machine of a port of the container.
    ///
    /// - Parameter port: the TCP port in the container.
    /// - Returns: nil where it is not published.
    package func published(port: Int) -> (host: String, port: Int)? {
        guard let found = container.publishedPorts.first(where: { $0.inside == "\(port)/tcp" }) else { return nil }
        let isAnywhere = ["", "0.0.0.0", "::"].contains(found.address)
        return (isAnywhere ? "127.0.0.1" : found.address, found.port)
    }
}

extension ComposeDeployment {
    /// The folder of this machine, a volume's included, that the data of a database service lies in; nil where its
    /// container does not say it.
    package func dataFolder(of service: String) async throws(Trouble) -> String? {
        try await serviceContainers().first { $0.service == service }?.dataMount?.source
    }

    /// The way to a service's one running container.
    ///
    /// - Parameter service: a Compose service, or the name of a container of the project.
    /// - Returns: nil where the project has no such service.
    /// - Throws: code `service-not-running`, where it has, but it does not run.
    package func route(to service: String) async throws(Trouble) -> ServiceRoute? {
        let candidates = try await serviceContainers().filter { $0.service == service || $0.name == service }
        guard !candidates.isEmpty else { return nil }
        guard let container = candidates.first(where: { $0.state == .running }) else {
            throw Trouble(
                .environment,
                "service-not-running",
                "The service \(service) of the project \(project) does not run.",
                remedy: "Start it with `docker compose start \(service)` in \(folder.path)."
            )
        }
        // A network of the project's own comes first; it is the one whose names the services use.
        let addresses = container.addresses.sorted { left, right in
            let isOwn = (left.key.hasPrefix(project + "_"), right.key.hasPrefix(project + "_"))
            return isOwn.0 != isOwn.1 ? isOwn.0 : left.key < right.key
        }
        return ServiceRoute(container: container, address: addresses.first?.value)
    }

    /// Starts a service's container where it has one and none that runs, as after a reboot that nothing has started it
    /// again.
    ///
    /// - Parameter service: a Compose service, or the name of a container of the project.
    /// - Returns: whether none ran. One that the Engine itself keeps starting is left to it.
    /// - Throws: what asking the Engine may bring.
    package func startAgain(_ service: String) async throws(Trouble) -> Bool {
        let candidates = try await serviceContainers().filter { $0.service == service || $0.name == service }
        guard let first = candidates.first, !candidates.contains(where: { $0.state == .running }) else { return false }
        if first.state != .restarting { try await engine.start(first.id) }
        return true
    }

    /// Whether a container of a service, or of that name, runs.
    package func isRunning(_ service: String) async throws(Trouble) -> Bool {
        try await serviceContainers().contains { ($0.service == service || $0.name == service) && $0.state == .running }
    }

    /// What there is of a database server that does not run.
    ///
    /// - Parameters:
    ///   - service: its Compose service, or the name of its container.
    ///   - release: the release that would start it, wherever its folder lies.
    ///   - configuration: a folder like the installation's, with the files that the release asks for; the installation's
    ///     own may lack them.
    /// - Returns: its container; else the first volume of its that the Engine has, or the folder with PostgreSQL's files
    ///   that it mounts.
    /// - Throws: blame `release` where the Compose file cannot be resolved.
    package func remains(
        of service: String,
        in release: ReleaseFolder,
        configuredBy configuration: String
    ) async throws(Trouble) -> RestoreObservation.Database.Remains {
        if let left = try await serviceContainers().first(where: { $0.service == service || $0.name == service }) {
            return .container(left.name)
        }
        for mount in try await composeFile(of: release, in: configuration)[service]?.mounts ?? [] {
            if let volume = mount.volume, try await engine.hasVolume(volume) { return .storage("the volume \(volume)") }
            guard let source = mount.source.map({ installed($0, configuration) }) else { continue }
            guard let holdsCluster = Self.holdsCluster(source) else {
                return .storage("the folder \(source), which this user may not read,")
            }
            if holdsCluster { return .storage("the folder \(source)") }
        }
        return .nothing
    }

    /// The folder on this machine that a database server keeps its files in.
    ///
    /// - Parameters: as for `remains`.
    /// - Returns: what its container mounts, or the release would mount; nil where that cannot be told, as of a volume that
    ///   the Engine has still to make in a place of its own.
    /// - Throws: blame `release` where the Compose file cannot be resolved.
    package func dataFolder(
        of service: String,
        in release: ReleaseFolder,
        configuredBy configuration: String
    ) async throws(Trouble) -> String? {
        let mounts: [(source: String, destination: String)]
        if let container = try await serviceContainers().first(where: { $0.service == service || $0.name == service }) {
            mounts = container.mounts.filter { $0.kind != "tmpfs" }.map { ($0.source, $0.destination) }
        } else {
            mounts =
                try await composeFile(of: release, in: configuration)[service]?.mounts.compactMap { mount in
                    mount.source.map { (installed($0, configuration), mount.destination) }
                } ?? []
        }
        return
            (mounts.first { Self.holdsCluster($0.source) == true }
            ?? mounts.first { $0.destination.hasPrefix("/var/lib/postgresql") })?.source
    }

    /// A path that a release resolved elsewhere has in the installation's own folder.
    private func installed(_ path: String, _ configuration: String) -> String {
        path.hasPrefix(configuration + "/") ? folder.path + path.dropFirst(configuration.count) : path
    }

    /// Whether PostgreSQL's files are in a folder, or in one right below it, as PGDATA often is; nil where this user may not
    /// look.
    private static func holdsCluster(_ folder: String) -> Bool? {
        guard let names = try? DurableFiles.names(in: folder) else { return nil }
        let places = [folder] + names.map { "\(folder)/\($0)" }
        guard places.allSatisfy({ DurableFiles.kind($0) != .folder || DurableFiles.isOpen($0) }) else { return nil }
        return places.contains { DurableFiles.kind("\($0)/PG_VERSION") == .file }
    }
}
