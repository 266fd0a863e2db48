import Documents
package import UpgradeModel

extension ComposeFile {
    /// Reads a Compose file of a release.
    ///
    /// - Parameters:
    ///   - bytes: YAML in UTF-8.
    ///   - path: what errors call it.
    ///   - environment: the values of its variables.
    /// - Returns: the file, with its variables put in.
    /// - Throws: a `Trouble` with the blame on the release: the file is no Compose file, a service has no image or is
    ///   built, or it needs other files that a package does not have.
    package static func read(
        _ bytes: [UInt8],
        path: String,
        environment: [String: String]
    ) throws(Trouble) -> ComposeFile {
        do {
            let document = try Document.parse(yaml: bytes, name: path)
            var reading = Reading(file: path, text: ComposeText(environment: environment))
            let services = try reading.services(of: document)
            return ComposeFile(services: services, missingVariables: reading.text.missing)
        } catch {
            throw error.releaseTrouble()
        }
    }

    /// Reads a Compose file of this machine.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - environment: the values of its variables.
    /// - Returns: the file, with its variables put in.
    /// - Throws: as for a text; also where the file cannot be read.
    package static func read(file path: String, environment: [String: String]) throws(Trouble) -> ComposeFile {
        let bytes: [UInt8]
        do {
            bytes = try TextFile.read(path)
        } catch {
            throw error.trouble(.environment, path, remedy: "Put the file there, and let Pawl's user read it.")
        }
        return try read(bytes, path: path, environment: environment)
    }
}

/// Compose files have many keys that are no concern of Pawl's: only those that are, are looked at.
private struct Reading {
    let file: String
    var text: ComposeText

    mutating func services(of document: Document) throws(DocumentError) -> [ComposeService] {
        if let include = document.root["include"], !include.isNull {
            throw fault(include, "“include” names other files; a package has only one Compose file")
        }
        guard let entries = document.root["services"]?.mapping else {
            throw fault(document.root, "there is no mapping “services”")
        }
        var services: [ComposeService] = []
        for entry in entries {
            if try isActive(entry.value) {
                services.append(try service(entry))
            }
        }
        try scan(document.root)
        return services
    }

    /// Compose puts variables into every string of the file: one that is missing anywhere stops it.
    private mutating func scan(_ node: DocumentNode) throws(DocumentError) {
        switch node.content {
        case .scalar:
            _ = try string(node)
        case .sequence(let elements):
            for element in elements {
                try scan(element)
            }
        case .mapping(let entries):
            for entry in entries {
                try scan(entry.value)
            }
        }
    }

    private mutating func service(_ entry: DocumentNode.Entry) throws(DocumentError) -> ComposeService {
        let node = entry.value
        let name = entry.key
        guard node.mapping != nil else {
            throw fault(node, "the service `\(name)` is no mapping")
        }
        for key in ["build", "extends"] {
            if let value = node[key], !value.isNull {
                throw fault(value, "the service `\(name)` has “\(key)”; a release brings finished images")
            }
        }
        guard let image = try string(node["image"]), !image.isEmpty else {
            throw DocumentError(.missingKey, file: file, line: entry.line, "the service `\(name)` has no “image”")
        }
        let healthCheck = node["healthcheck"]
        let isHealthCheckOff = try string(healthCheck?["disable"]) == "true"
        return ComposeService(
            name: name,
            image: image,
            scale: try scale(node),
            restart: try string(node["restart"]) ?? "no",
            volumes: try volumes(node["volumes"]),
            ports: try ports(node["ports"]),
            aliases: try aliases(node["networks"]),
            hasHealthCheck: healthCheck?.isNull == false && !isHealthCheckOff
        )
    }

    /// A service with profiles runs only where `COMPOSE_PROFILES` names one of them.
    private mutating func isActive(_ node: DocumentNode) throws(DocumentError) -> Bool {
        guard let profiles = node["profiles"]?.sequence, !profiles.isEmpty else {
            return true
        }
        let chosen = (text.environment["COMPOSE_PROFILES"] ?? "").split(separator: ",").map(String.init)
        for profile in profiles {
            if let name = try string(profile), chosen.contains(name) {
                return true
            }
        }
        return false
    }

    private mutating func scale(_ node: DocumentNode) throws(DocumentError) -> Int {
        if let number = try count(node["scale"]) { return number }
        return try count(node["deploy"]?["replicas"]) ?? 1
    }

    private mutating func count(_ node: DocumentNode?) throws(DocumentError) -> Int? {
        guard let node, let word = try string(node) else { return nil }
        guard let number = Int(word), number >= 0 else {
            throw fault(node, "the number of containers is no number")
        }
        return number
    }

    private mutating func volumes(_ node: DocumentNode?) throws(DocumentError) -> [String] {
        var names: [String] = []
        for element in node?.sequence ?? [] {
            var source: String?
            if element.mapping != nil {
                source = try string(element["type"]) == "volume" ? try string(element["source"]) : nil
            } else if let short = try string(element), short.contains(":") {
                source = short.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init)
            }
            // A source with a slash, a dot or a tilde at its head is a folder of the machine.
            if let source, let first = source.first, !"/.~".contains(first), !names.contains(source) {
                names.append(source)
            }
        }
        return names
    }

    private mutating func ports(_ node: DocumentNode?) throws(DocumentError) -> [ComposePort] {
        var ports: [ComposePort] = []
        for element in node?.sequence ?? [] {
            if element.mapping != nil {
                guard let target = try string(element["target"]).flatMap({ Int($0) }) else {
                    throw fault(element, "a port without “target”")
                }
                let published = try string(element["published"]).flatMap { Int($0) }
                let address = try string(element["host_ip"])
                ports.append(ComposePort(hostAddress: address, published: published, target: target))
            } else if let short = try string(element) {
                guard let some = ComposePort.short(short) else {
                    throw fault(element, "a port that is not written as Compose does")
                }
                ports += some
            }
        }
        return ports
    }

    private mutating func aliases(_ node: DocumentNode?) throws(DocumentError) -> [String] {
        var names: [String] = []
        for network in node?.mapping ?? [] {
            for alias in network.value["aliases"]?.sequence ?? [] {
                if let name = try string(alias), !names.contains(name) {
                    names.append(name)
                }
            }
        }
        return names
    }

    /// The text of a scalar with its variables put in; nil for anything else.
    private mutating func string(_ node: DocumentNode?) throws(DocumentError) -> String? {
        guard let node, let scalar = node.scalar, !node.isNull else {
            return nil
        }
        do {
            return try text.interpolate(scalar.text)
        } catch {
            throw fault(node, error.reason)
        }
    }

    private func fault(_ node: DocumentNode, _ message: String) -> DocumentError {
        DocumentError(.wrongValue, file: file, line: node.line, column: node.column, message)
    }
}
