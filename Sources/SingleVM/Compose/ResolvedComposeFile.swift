internal import Documents
package import UpgradeModel

/// A Compose file as the tool resolved it: the parts that decide what may be done with it.
package struct ResolvedComposeFile: Sendable, Hashable {
    /// A path or volume that a service mounts.
    package struct Mount: Sendable, Hashable {
        /// The volume's own name on the Engine; nil for a path of the machine or an unnamed volume.
        package var volume: String?
        /// The path on the machine; nil for a volume.
        package var source: String?
        /// The path in the container.
        package var destination: String
    }

    /// One service.
    package struct Service: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// The image that it asks for; nil where it asks for none.
        package var image: String?
        /// How many containers it wants.
        package var scale: Int
        /// What happens when its process ends.
        package var restartPolicy: RestartPolicy
        /// What it mounts.
        package var mounts: [Mount]
        /// Whether it wants its image to be built.
        package var isBuilt: Bool
        /// When it wants its image to be pulled; nil leaves that to the tool.
        package var pullPolicy: String?
    }

    /// The services, in the order of their names.
    package var services: [Service]

    /// The service of that name.
    package subscript(name: String) -> Service? { services.first { $0.name == name } }

    /// The services that want at least one container.
    package var wanted: [Service] { services.filter { $0.scale > 0 } }

    /// Reads what the tool's `config` printed.
    ///
    /// - Parameters:
    ///   - yaml: its output.
    ///   - project: the project's name, from which volumes are named.
    /// - Throws: blame `release`, code `compose-file`.
    package init(resolved yaml: [UInt8], project: String) throws(Trouble) {
        let root: DocumentNode
        do {
            root = try Document.parse(yaml: yaml, name: "the resolved Compose file", limits: .init(bytes: 16 << 20))
                .root
        } catch {
            throw Self.unreadable("\(error)")
        }
        guard let services = root["services"]?.mapping else { throw Self.unreadable("it has no services") }
        let volumes = Self.volumeNames(root["volumes"], project: project)
        self.services = services.map { Self.service($0.key, $0.value, volumes: volumes) }.sorted { $0.name < $1.name }
    }

    private static func unreadable(_ why: String) -> Trouble {
        Trouble(
            .release,
            "compose-file",
            "The Compose file cannot be used: \(why)",
            remedy: "Get the release's package again; if it fails again, tell its publisher."
        )
    }

    private static func volumeNames(_ node: DocumentNode?, project: String) -> [String: String] {
        var names: [String: String] = [:]
        for entry in node?.mapping ?? [] {
            let external = entry.value["external"]
            let isExternal = external?.bool == true || external?.mapping != nil
            names[entry.key] =
                entry.value["name"]?.string ?? external?["name"]?.string
                ?? (isExternal ? entry.key : "\(project)_\(entry.key)")
        }
        return names
    }

    private static func service(_ name: String, _ node: DocumentNode, volumes: [String: String]) -> Service {
        Service(
            name: name,
            image: node["image"]?.string,
            scale: node["scale"]?.int ?? node["deploy"]?["replicas"]?.int ?? 1,
            restartPolicy: restartPolicy(node),
            mounts: (node["volumes"]?.sequence ?? []).compactMap { mount($0, volumes: volumes) },
            isBuilt: node["build"] != nil,
            pullPolicy: node["pull_policy"]?.string
        )
    }

    private static func restartPolicy(_ node: DocumentNode) -> RestartPolicy {
        // Unquoted, `no` is a word to the parser; quoted or not, the text is the same.
        if let text = node["restart"]?.string {
            let parts = text.split(separator: ":", maxSplits: 1)
            return RestartPolicy(
                parts.first.map(String.init) ?? "",
                maximumRetryCount: parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            )
        }
        guard let deployed = node["deploy"]?["restart_policy"], deployed.mapping != nil else { return .never }
        switch deployed["condition"]?.string ?? "any" {
        case "none": return .never
        case "on-failure":
            return RestartPolicy("on-failure", maximumRetryCount: deployed["max_attempts"]?.int ?? 0)
        default: return RestartPolicy("always")
        }
    }

    private static func mount(_ node: DocumentNode, volumes: [String: String]) -> Mount? {
        if node.mapping != nil {
            guard let target = node["target"]?.string else { return nil }
            let (type, source) = (node["type"]?.string, node["source"]?.string)
            let volume = type == "volume" ? source.map { volumes[$0] ?? $0 } : nil
            return Mount(volume: volume, source: type == "bind" ? source : nil, destination: target)
        }
        guard let text = node.string else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1 else { return Mount(volume: nil, destination: text) }
        let isPath = parts[0].hasPrefix("/") || parts[0].hasPrefix(".") || parts[0].hasPrefix("~")
        return Mount(
            volume: isPath ? nil : volumes[parts[0]] ?? parts[0],
            source: isPath ? parts[0] : nil,
            destination: parts[1]
        )
    }
}
