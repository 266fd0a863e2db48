internal import Documents
internal import UpgradeModel

/// The Compose file of a rehearsal: the migration services of the release, each alone, with what they are made of and
/// nothing that leads to anything of the installation.
///
/// It is JSON, which Compose reads as YAML. Dollar signs are doubled in it as the tool's `config` prints them.
struct RehearsalComposeFile: Sendable {
    /// What a service keeps: what its process is and is given. Everything else leads to somewhere: networks, ports,
    /// devices, other containers, other services.
    static let keptKeys: Set<String> = [
        "image", "command", "entrypoint", "environment", "working_dir", "user", "tmpfs", "shm_size", "ulimits",
        "mem_limit", "memswap_limit", "mem_reservation", "cpus", "cpu_shares", "cpu_quota", "cpu_period", "cpuset",
        "pids_limit", "stop_signal", "stop_grace_period", "init", "tty", "stdin_open", "read_only", "cap_drop",
        "security_opt", "group_add", "platform", "secrets", "configs", "hostname", "domainname",
    ]

    private let root: DocumentNode
    private let project: String

    /// Takes what the tool's `config` printed for the release, with the variables of the rehearsal.
    ///
    /// - Parameters:
    ///   - yaml: its output.
    ///   - project: the installation's project, by which its volumes are named.
    /// - Throws: blame `release`, code `compose-file`.
    init(resolved yaml: [UInt8], project: String) throws(Trouble) {
        do {
            root = try Document.parse(yaml: yaml, name: "the resolved Compose file", limits: .init(bytes: 16 << 20))
                .root
        } catch {
            throw Trouble(
                .release,
                "compose-file",
                "The Compose file cannot be used: \(error)",
                remedy: "Get the release's package again; if it fails again, tell its publisher."
            )
        }
        self.project = project
    }

    /// The variables that a service's container gets, as values.
    func environment(of service: String) -> [String: String] {
        guard let node = root["services"]?[service]?["environment"] else { return [:] }
        var values: [String: String] = [:]
        for entry in node.mapping ?? [] { values[entry.key] = Self.plain(entry.value) }
        for item in node.sequence ?? [] {
            let parts = Self.plain(item).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return values
    }

    private static func plain(_ node: DocumentNode) -> String { (node.scalar?.text ?? "").replacing("$$", with: "$") }

    /// The names of the volumes that a service mounts, as the Engine has them.
    func volumes(of services: [String]) -> Set<String> {
        var names: Set<String> = []
        for service in services {
            for mount in mounts(of: service) { if case .volume(let name) = mount.source { names.insert(name) } }
        }
        return names
    }

    private struct Mount {
        enum Source { case path(String), volume(String), nothing }
        var source: Source
        var target: String
    }

    private func mounts(of service: String) -> [Mount] {
        let resolved = (root["volumes"]?.mapping ?? []).map { ($0.key, $0.value) }
        return (root["services"]?[service]?["volumes"]?.sequence ?? []).compactMap { node in
            var source: String?
            var target: String
            if node.mapping != nil {
                source = node["source"]?.string
                target = node["target"]?.string ?? ""
            } else {
                let parts = (node.string ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
                source = parts.count > 1 ? parts[0] : nil
                target = parts.count > 1 ? parts[1] : parts[0]
            }
            guard !target.isEmpty else { return nil }
            guard let source, node["type"]?.string != "tmpfs" else { return Mount(source: .nothing, target: target) }
            if source.hasPrefix("/") { return Mount(source: .path(source), target: target) }
            let declared = resolved.first { $0.0 == source }?.1
            let external = declared?["external"]
            let isExternal = external?.bool == true || external?.mapping != nil
            let name =
                declared?["name"]?.string ?? external?["name"]?.string
                ?? (isExternal ? source : "\(project)_\(source)")
            return Mount(source: .volume(name), target: target)
        }
    }

    /// The file.
    ///
    /// - Parameters:
    ///   - services: the migration services.
    ///   - network: the name of the network that they are in.
    ///   - volumes: the volumes that are there; others are empty to a rehearsal.
    /// - Returns: JSON. Whatever is mounted is only to be read.
    func text(services: [String], network: String, volumes: Set<String>) -> String {
        var parts: [String] = []
        if let version = root["version"]?.string { parts.append("\"version\":\(EngineClient.quoted(version))") }
        var written: [String] = []
        var mounted: Set<String> = []
        for name in services {
            guard let node = root["services"]?[name] else { continue }
            var keys = (node.mapping ?? []).filter { Self.keptKeys.contains($0.key) }.map { entry in
                "\(EngineClient.quoted(entry.key)):\(Self.json(entry.value))"
            }
            keys.append("\"networks\":{\"rehearsal\":null}")
            keys.append("\"logging\":{\"driver\":\"json-file\"}")
            var mounts: [String] = []
            var empty = (node["tmpfs"]?.sequence ?? []).map(Self.json)
            if let one = node["tmpfs"]?.string { empty.append(EngineClient.quoted(one)) }
            for mount in self.mounts(of: name) {
                switch mount.source {
                case .path(let path): mounts.append(EngineClient.quoted("\(path):\(mount.target):ro"))
                case .volume(let volume) where volumes.contains(volume):
                    mounted.insert(volume)
                    mounts.append(EngineClient.quoted("\(volume):\(mount.target):ro"))
                case .volume, .nothing: empty.append(EngineClient.quoted(mount.target))
                }
            }
            keys.removeAll { $0.hasPrefix("\"tmpfs\":") }
            if !empty.isEmpty { keys.append("\"tmpfs\":[\(empty.joined(separator: ","))]") }
            if !mounts.isEmpty { keys.append("\"volumes\":[\(mounts.joined(separator: ","))]") }
            written.append("\(EngineClient.quoted(name)):{\(keys.joined(separator: ","))}")
        }
        parts.append("\"services\":{\(written.joined(separator: ","))}")
        parts.append("\"networks\":{\"rehearsal\":{\"external\":true,\"name\":\(EngineClient.quoted(network))}}")
        if !mounted.isEmpty {
            let declared = mounted.sorted().map { "\(EngineClient.quoted($0)):{\"external\":true}" }
            parts.append("\"volumes\":{\(declared.joined(separator: ","))}")
        }
        for key in ["secrets", "configs"] {
            if let node = root[key], node.mapping?.isEmpty == false { parts.append("\"\(key)\":\(Self.json(node))") }
        }
        return "{\(parts.joined(separator: ","))}\n"
    }

    private static func json(_ node: DocumentNode) -> String {
        switch node.content {
        case .scalar(let scalar):
            switch scalar.kind {
            case .null: "null"
            case .string: EngineClient.quoted(scalar.text)
            case .boolean: scalar.text.lowercased()
            case .integer, .number: scalar.text
            }
        case .sequence(let elements): "[\(elements.map(json).joined(separator: ","))]"
        case .mapping(let entries):
            "{\(entries.map { "\(EngineClient.quoted($0.key)):\(json($0.value))" }.joined(separator: ","))}"
        }
    }
}
