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
}
