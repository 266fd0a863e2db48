/// A Secret. Its values are shown nowhere; `value` has them.
package struct ClusterSecret: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.secrets
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// What kind of secret it is, such as `helm.sh/release.v1`.
    package var type: String { text("type") }
    /// The names of its values.
    package var keys: [String] { (at("data")?.fields ?? []).map(\.name) }

    /// One of its values, decoded; nil where there is none.
    package func value(_ key: String) -> [UInt8]? {
        at("data", key)?.string.flatMap { decodedBase64($0) }
    }

    /// Sets one of its values.
    package mutating func set(_ key: String, to value: [UInt8]) {
        json[path: ["data", key]] = .string(base64(value))
    }
}

/// Settings that are no secrets.
package struct ConfigMap: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.configMaps
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// Its texts.
    package var data: [String: String] { at("data")?.texts ?? [:] }
}

/// What a pod asks for to keep data on.
package struct PersistentVolumeClaim: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.persistentVolumeClaims
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// `Pending`, `Bound` or `Lost`.
    package var phase: String { text("status", "phase") }
    /// How much is asked for, as it is written.
    package var requested: String { at("spec", "resources", "requests")?.quantities["storage"] ?? "" }
    /// How much it has.
    package var capacity: String { at("status", "capacity")?.quantities["storage"] ?? "" }
    /// Where it comes from; empty for the cluster's own choice.
    package var storageClass: String { text("spec", "storageClassName") }
    /// The volume; empty before there is one.
    package var volumeName: String { text("spec", "volumeName") }
}

/// A service.
package struct ClusterService: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.services
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// A port of it.
    package struct Port: Sendable, Hashable {
        /// Its name; empty where it is the only one.
        package var name: String
        /// Its number.
        package var number: Int
        /// Where it leads to in the pods: a number or a name.
        package var target: String
    }

    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    package var type: String { text("spec", "type") }
    /// Its address in the cluster; empty or `None` where it has none.
    package var address: String { text("spec", "clusterIP") }
    /// The labels of its pods.
    package var selector: [String: String] { at("spec", "selector")?.texts ?? [:] }
    /// Its ports.
    package var ports: [Port] {
        (at("spec", "ports")?.elements ?? []).map { port in
            Port(
                name: port["name"]?.string ?? "",
                number: port["port"]?.int ?? 0,
                target: port["targetPort"]?.string ?? (port["targetPort"]?.int).map(String.init) ?? ""
            )
        }
    }
    /// The addresses that a load balancer has given it.
    package var balancers: [String] {
        (at("status", "loadBalancer", "ingress")?.elements ?? [])
            .compactMap { $0["ip"]?.string ?? $0["hostname"]?.string }
    }
}

/// The addresses behind a service.
package struct Endpoints: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.endpoints
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// The addresses that serve.
    package var ready: [String] { addresses("addresses") }
    /// The addresses that do not serve yet.
    package var notReady: [String] { addresses("notReadyAddresses") }

    private func addresses(_ key: String) -> [String] {
        (at("subsets")?.elements ?? []).flatMap { $0[key]?.elements ?? [] }.compactMap { $0["ip"]?.string }
    }
}

/// Something that has happened in the cluster.
package struct ClusterEvent: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.events
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// `Normal` or `Warning`.
    package var type: String { text("type") }
    /// The machine's word, such as `FailedScheduling`.
    package var reason: String { text("reason") }
    /// In words.
    package var message: String { text("message") }
    /// The kind of what it is about.
    package var subjectKind: String { text("involvedObject", "kind") }
    /// The name of what it is about.
    package var subjectName: String { text("involvedObject", "name") }
    /// What it is about itself, and no later one of that name.
    package var subjectUID: String { text("involvedObject", "uid") }
    /// How often it has happened.
    package var times: Int { max(1, at("series", "count")?.int ?? count("count")) }
    /// When last.
    package var lastTime: ClusterTime? {
        let texts = [
            text("series", "lastObservedTime"), text("lastTimestamp"), text("eventTime"), text("firstTimestamp"),
        ]
        return texts.lazy.compactMap { ClusterTime($0) }.first ?? metadata.creationTimestamp
    }
}
