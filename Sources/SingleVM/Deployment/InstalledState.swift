package import UpgradeModel

/// What really runs, as the Engine tells it.
package struct InstalledState: Sendable, Hashable {
    /// One service that has at least one container.
    package struct Service: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// Its containers.
        package var containers: [EngineContainer]
        /// The version that its containers say, as they write it; nil where they say none.
        package var versionText: String?
        /// That version, where it is one.
        package var version: ReleaseVersion?
        /// Whether it is a database server.
        package var isDatabase: Bool
        /// Whether the installed version is taken from it.
        package var tellsVersion: Bool
        /// Whether a container of it that has ended well is done, rather than stopped: a migration, or something that
        /// the product does not call a writer.
        package var mayEnd = false
        /// Whether it runs another image than its release was deployed with, though of the same name.
        package var runsOtherImage = false

        /// Whether at least one of its containers runs.
        package var isActive: Bool { containers.contains(where: \.isActive) }
        /// Why it cannot be called well; nil where it can.
        package var complaint: String?
    }

    /// A service and the version that it runs.
    package struct ServiceVersion: Sendable, Hashable {
        /// The service.
        package var service: String
        /// The version, as its container writes it.
        package var version: String
    }

    /// What the services say together.
    package enum Release: Sendable, Hashable {
        /// The project has no containers that tell a version.
        case absent
        /// All say the same.
        case version(ReleaseVersion)
        /// They contradict one another.
        case mixed([ServiceVersion])
        /// These say nothing that is a version.
        case unreadable([String])
    }

    /// The services, in the order of their names.
    package var services: [Service]
    /// The release that is installed.
    package var release: Release
    /// Whether the release was read from running containers; otherwise none runs and stopped ones told it.
    package var isRunning: Bool

    /// The release that runs; where services differ, the oldest of what they say.
    package var installedVersion: ReleaseVersion? {
        switch release {
        case .version(let version): version
        case .mixed(let services): services.compactMap { try? ReleaseVersion($0.version) }.min()
        case .absent, .unreadable: nil
        }
    }

    /// What is wrong with services right now: not healthy, started again and again, or ended.
    package var complaints: [String] { services.compactMap(\.complaint) }
}

extension ComposeDeployment {
    /// Looks at what is installed.
    package func observe() async throws(Trouble) -> InstalledState {
        var state = InstalledState(of: try await serviceContainers(), product: product)
        if case .version(let version) = state.release, let ids = try images(of: folder.release(version)) {
            state.compareImages(with: ids)
        }
        return state
    }
}

extension InstalledState {
    init(of containers: [EngineContainer], product: SingleVMProduct) {
        services = Dictionary(grouping: containers, by: \.service).map { name, containers in
            let texts = Set(containers.filter(\.isActive).map { product.versionSource.version(of: $0) })
            let all = texts.isEmpty ? Set(containers.map { product.versionSource.version(of: $0) }) : texts
            let said = all.compactMap { $0 }.sorted()
            // Containers of one service that differ are shown together: that is no version.
            let text = said.isEmpty ? nil : said.joined(separator: ", ")
            return Service(
                name: name,
                containers: containers,
                versionText: text,
                version: said.count == 1 && all.count == 1 ? text.flatMap { try? ReleaseVersion($0) } : nil,
                isDatabase: product.isDatabase(name),
                tellsVersion: product.tellsVersion(name, hasVersion: text != nil),
                mayEnd: product.isMigration(name) || !product.writers.contains(name),
                complaint: Self.complaint(name, containers, product: product)
            )
        }.sorted { $0.name < $1.name }
        let telling = services.filter(\.tellsVersion)
        let running = telling.filter(\.isActive)
        isRunning = !running.isEmpty
        release = Self.release(running.isEmpty ? telling : running)
    }

    /// Looks for services whose name for their image stands for another one than it did when the release was deployed.
    /// Database servers stay what they were, and what says no version may be anything.
    mutating func compareImages(with ids: [String: String]) {
        for (index, service) in services.enumerated() where service.tellsVersion {
            services[index].runsOtherImage = service.containers.contains { container in
                container.isActive && ids[container.imageReference].map { $0 != container.imageID } ?? false
            }
        }
    }

    private static func release(_ services: [Service]) -> Release {
        guard let first = services.first else { return .absent }
        let silent = services.filter { $0.versionText == nil }
        guard silent.isEmpty else { return .unreadable(silent.map(\.name)) }
        if let version = first.version, services.allSatisfy({ $0.version == version }) { return .version(version) }
        let distinct = Set(services.map(\.versionText))
        if distinct.count == 1 { return .unreadable(services.map(\.name)) }
        return .mixed(services.map { ServiceVersion(service: $0.name, version: $0.versionText ?? "") })
    }

    private static func complaint(
        _ name: String,
        _ containers: [EngineContainer],
        product: SingleVMProduct
    ) -> String? {
        guard !product.isMigration(name) else { return nil }
        for container in containers {
            switch (container.state, container.health) {
            case (.running, .unhealthy): return "\(name) (\(container.name)) is unhealthy"
            case (.restarting, _): return "\(name) (\(container.name)) ends and is started again and again"
            case (.running, _) where container.restartCount > 3 && container.health != .healthy:
                return "\(name) (\(container.name)) was started again \(container.restartCount) times"
            case (.exited, _), (.dead, _), (.paused, _):
                return "\(name) (\(container.name)) is \(container.state.rawValue)"
            default: continue
            }
        }
        return nil
    }
}
