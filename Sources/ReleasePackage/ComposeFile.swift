/// What Pawl needs to know of a Compose file, variables already put in.
package struct ComposeFile: Sendable, Hashable {
    /// The services of the file that Compose would run, in the file's order.
    package let services: [ComposeService]
    /// Variables that the file asks for (`${NAME:?…}`) and that have no value.
    package let missingVariables: [String]

    /// Makes a file of its parts.
    package init(services: [ComposeService], missingVariables: [String] = []) {
        self.services = services
        self.missingVariables = missingVariables
    }

    /// A service by name.
    package func service(_ name: String) -> ComposeService? {
        services.first { $0.name == name }
    }

    /// The services' names.
    package var names: Set<String> {
        Set(services.map(\.name))
    }

    /// The images that the services use, each once, in order of appearance; of services scaled to 0 none.
    package var images: [String] {
        var images: [String] = []
        for service in services where service.scale > 0 && !images.contains(service.image) {
            images.append(service.image)
        }
        return images
    }
}

/// One service of a Compose file.
package struct ComposeService: Sendable, Hashable {
    /// Its name.
    package let name: String
    /// Its image, as the file names it.
    package let image: String
    /// How many containers it has.
    package let scale: Int
    /// Its restart policy, such as `unless-stopped`; `no` where it has none.
    package let restart: String
    /// The named volumes that it mounts, each once, in order of appearance.
    package let volumes: [String]
    /// The ports that it publishes.
    package let ports: [ComposePort]
    /// Other names under which it is known on the project's networks.
    package let aliases: [String]
    /// Whether the file gives it a health check that is not switched off.
    package let hasHealthCheck: Bool

    /// Makes a service of its parts.
    package init(
        name: String,
        image: String,
        scale: Int = 1,
        restart: String = "no",
        volumes: [String] = [],
        ports: [ComposePort] = [],
        aliases: [String] = [],
        hasHealthCheck: Bool = false
    ) {
        self.name = name
        self.image = image
        self.scale = scale
        self.restart = restart
        self.volumes = volumes
        self.ports = ports
        self.aliases = aliases
        self.hasHealthCheck = hasHealthCheck
    }
}

/// A port that a service publishes.
package struct ComposePort: Sendable, Hashable {
    /// The address of the machine to which it is bound; nil for all.
    package let hostAddress: String?
    /// The port of the machine; nil where the Engine chooses one.
    package let published: Int?
    /// The port inside the container.
    package let target: Int

    /// Makes a port.
    package init(hostAddress: String? = nil, published: Int? = nil, target: Int) {
        self.hostAddress = hostAddress
        self.published = published
        self.target = target
    }

    /// The ports of Compose's short form: `[[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]`, ranges included.
    ///
    /// - Returns: nil where the text is none of that.
    static func short(_ text: String) -> [ComposePort]? {
        let body = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        guard let colon = body.lastIndex(of: ":") else {
            return range(body)?.map { ComposePort(target: $0) }
        }
        guard let targets = range(body[colon...].dropFirst()) else {
            return nil
        }
        var host = body[..<colon]
        var address: String?
        if let last = host.lastIndex(of: ":") {
            address = String(host[..<last]).trimmingBrackets
            host = host[last...].dropFirst()
        }
        if host.isEmpty {
            return targets.map { ComposePort(hostAddress: address, target: $0) }
        }
        guard let published = range(host), published.count == targets.count else {
            return nil
        }
        return zip(published, targets).map { ComposePort(hostAddress: address, published: $0, target: $1) }
    }

    private static func range(_ text: some StringProtocol) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { Int($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
            (0...65535).contains(first), (1...65535).contains(last)
        else {
            return nil
        }
        return first...last
    }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
