internal import Documents

extension EngineContainer {
    /// Reads the Engine's answer to an inspection: what is missing in it is taken as empty; nil where the id is.
    init?(_ answer: DocumentNode) {
        guard let id = answer["Id"]?.string else { return nil }
        self.id = id
        name = String((answer["Name"]?.string ?? "").drop { $0 == "/" })
        imageID = answer["Image"]?.string ?? ""
        let configuration = answer["Config"]
        imageReference = configuration?["Image"]?.string ?? ""
        hasTerminal = configuration?["Tty"]?.bool ?? false
        let data = configuration?["Env"]?.sequence?.compactMap(\.string).first { $0.hasPrefix("PGDATA=") }
        dataFolder = data.map { String($0.dropFirst("PGDATA=".count)) }
        labels = configuration?["Labels"]?.strings ?? [:]
        let status = answer["State"]
        state = State(rawValue: status?["Status"]?.string ?? "") ?? .other
        exitCode = status?["ExitCode"]?.int ?? 0
        startedAt = status?["StartedAt"]?.string ?? ""
        hasStarted = !startedAt.isEmpty && !startedAt.hasPrefix("0001-")
        error = status?["Error"]?.string ?? ""
        // An image may switch its health check off, which the Engine reports as "none".
        health = status?["Health"]?["Status"]?.string.flatMap { Health(rawValue: $0) }
        healthOutput = status?["Health"]?["Log"]?.sequence?.last?["Output"]?.string ?? ""
        let policy = answer["HostConfig"]?["RestartPolicy"]
        restartPolicy = RestartPolicy(
            policy?["Name"]?.string ?? "",
            maximumRetryCount: policy?["MaximumRetryCount"]?.int ?? 0
        )
        restartCount = answer["RestartCount"]?.int ?? 0
        let networks = answer["NetworkSettings"]?["Networks"]?.mapping ?? []
        addresses = networks.reduce(into: [:]) { addresses, network in
            if let address = network.value["IPAddress"]?.string, !address.isEmpty { addresses[network.key] = address }
        }
        mounts = (answer["Mounts"]?.sequence ?? []).map { mount in
            Mount(
                kind: mount["Type"]?.string ?? "",
                name: mount["Name"]?.string ?? "",
                source: mount["Source"]?.string ?? "",
                destination: mount["Destination"]?.string ?? ""
            )
        }
        publishedPorts = (answer["NetworkSettings"]?["Ports"]?.mapping ?? []).flatMap { inside in
            (inside.value.sequence ?? []).compactMap { binding in
                guard let port = binding["HostPort"]?.string.flatMap({ Int($0) }), port > 0 else { return nil }
                return PublishedPort(inside: inside.key, address: binding["HostIp"]?.string ?? "", port: port)
            }
        }.sorted { ($0.inside, $0.address, $0.port) < ($1.inside, $1.address, $1.port) }
    }
}

extension DocumentNode {
    /// What the elements of a list say; nil where the node is none, or one of them lacks what it must have.
    func elements<Value>(_ value: (DocumentNode) -> Value?) -> [Value]? {
        guard let sequence else { return nil }
        let values = sequence.compactMap(value)
        return values.count == sequence.count ? values : nil
    }

    /// The texts of a mapping by their keys, as labels are; nil where the node is none.
    var strings: [String: String]? {
        mapping?.reduce(into: [:]) { strings, entry in strings[entry.key] = entry.value.string }
    }
}
