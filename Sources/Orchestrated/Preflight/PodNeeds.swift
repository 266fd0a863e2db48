import Kubernetes

/// What a pod asks of the node that it is put on.
struct PodNeeds: Sendable, Hashable {
    /// What it asks for, by name: `cpu`, `memory` and others.
    var requests: Quantities
    /// What it may use at most, by name.
    var limits: Quantities
    /// Labels that its node must have.
    var nodeSelector: [String: String]
    /// The keys of taints that it bears; nil for all.
    var tolerated: Set<String>?

    /// Reads the `spec` of a pod, or of a template for pods.
    init(_ spec: JSONValue) {
        let containers = (spec["containers"]?.elements ?? []).map { PodContainer($0) }
        let first = (spec["initContainers"]?.elements ?? []).map { PodContainer($0) }
        // Those that run first run one after the other; sidecars stay.
        let staying = containers + first.filter(\.isSidecar)
        requests = staying.reduce([:]) { $0 + Self.requests($1) }
        limits = staying.reduce([:]) { $0 + Quantities(reading: $1.limits) }
        for container in first where !container.isSidecar {
            requests = requests.atLeast(Self.requests(container))
            limits = limits.atLeast(Quantities(reading: container.limits))
        }
        let overhead = Quantities(reading: spec["overhead"]?.texts ?? [:])
        requests = requests + overhead
        nodeSelector = spec["nodeSelector"]?.texts ?? [:]
        let tolerations = spec["tolerations"]?.elements ?? []
        let bearsAll = tolerations.contains { $0["key"]?.string == nil && $0["operator"]?.string == "Exists" }
        tolerated = bearsAll ? nil : Set(tolerations.compactMap { $0["key"]?.string })
    }

    /// A limit without a request is a request, too.
    private static func requests(_ container: PodContainer) -> Quantities {
        Quantities(reading: container.limits.merging(container.requests) { _, request in request })
    }

    /// Whether a pod may be put on a node, as far as selectors and taints say.
    func suits(_ node: ClusterNode) -> Bool {
        let labels = node.metadata.labels
        guard nodeSelector.allSatisfy({ labels[$0.key] == $0.value }) else { return false }
        guard let tolerated else { return true }
        let taints = node.json[path: ["spec", "taints"]]?.elements ?? []
        return taints.allSatisfy { taint in
            taint["effect"]?.string == "PreferNoSchedule" || tolerated.contains(taint["key"]?.string ?? "")
        }
    }
}

/// Pods of one workload that are to run at the same time.
struct PodGroup: Sendable, Hashable {
    /// What messages call it.
    var name: String
    var count: Int
    var needs: PodNeeds
}

extension LiveWorkload {
    /// Its pods, as many as there are to be: as it says, or as another one of the same name has, where autoscalers are
    /// left to say it.
    func group(like live: LiveWorkload?) -> PodGroup {
        let count = kind.isScaled ? statedReplicas ?? live?.replicas ?? 1 : live?.replicas ?? 1
        return PodGroup(name: title, count: count, needs: PodNeeds(template["spec"] ?? .null))
    }
}
