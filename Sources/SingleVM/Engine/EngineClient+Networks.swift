internal import Documents
package import UpgradeModel

internal import WebClient

/// A network of the Engine.
package struct EngineNetwork: Sendable, Hashable {
    /// The Engine's own 64-digit name.
    package var id: String
    /// The name.
    package var name: String
    /// Its labels.
    package var labels: [String: String]
    /// The machine's own IPv4 address in it; nil where it has none.
    package var gateway: String?
    /// Its IPv4 addresses, such as `172.19.0.0/16`; nil where it has none.
    package var subnet: String?
}

extension EngineClient {
    /// Makes a bridge network without a way to any other network.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - labels: its labels.
    /// - Returns: the network with its addresses.
    /// - Throws: as the type says.
    package func makeInternalNetwork(_ name: String, labels: [String: String]) async throws(Trouble) -> EngineNetwork {
        let pairs = labels.sorted { $0.key < $1.key }.map { Self.quoted($0.key) + ":" + Self.quoted($0.value) }
        let body =
            "{\"Name\":\(Self.quoted(name)),\"CheckDuplicate\":true,\"Driver\":\"bridge\",\"Internal\":true,"
            + "\"Labels\":{\(pairs.joined(separator: ","))}}"
        let answer = try await ask(.post, "/networks/create", body: Array(body.utf8))
        let id = try read(answer.body) { $0["Id"]?.string }
        let found = try await networks(filter: "{\"id\":[\(Self.quoted(id))]}")
        guard let network = found.first(where: { $0.id == id }) else {
            throw trouble(.protocolError(detail: "the network \(name) was made and is not there"))
        }
        return network
    }

    /// Looks for networks that bear a label, `name=value`.
    package func networks(label: String) async throws(Trouble) -> [EngineNetwork] {
        try await networks(filter: "{\"label\":[\(Self.quoted(label))]}")
    }

    /// Removes a network that no container is in. One that is gone is left alone.
    package func removeNetwork(_ id: String) async throws(Trouble) {
        _ = try await ask(.delete, "/networks/\(percentEncoded(id))", accepting: [404])
    }

    /// Whether the Engine has a volume of that name.
    package func hasVolume(_ name: String) async throws(Trouble) -> Bool {
        try await ask(.get, "/volumes/\(percentEncoded(name))", accepting: [404]).status != 404
    }

    private func networks(filter: String) async throws(Trouble) -> [EngineNetwork] {
        let answer = try await ask(.get, "/networks?filters=" + percentEncoded(filter))
        return try read(answer.body) { $0.elements { EngineNetwork($0) } }
    }
}

extension EngineNetwork {
    /// Reads one of the networks that the Engine lists; nil where it has no name.
    init?(_ listed: DocumentNode) {
        guard let id = listed["Id"]?.string, let name = listed["Name"]?.string else { return nil }
        let ranges = listed["IPAM"]?["Config"]?.sequence ?? []
        let range = ranges.first { $0["Subnet"]?.string?.contains(".") == true }
        self.init(
            id: id,
            name: name,
            labels: listed["Labels"]?.strings ?? [:],
            gateway: range?["Gateway"]?.string,
            subnet: range?["Subnet"]?.string
        )
    }
}
