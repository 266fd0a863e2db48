import Kubernetes

/// Whether pods fit on the nodes of a cluster: the largest ones first, each on the first node that has room, as a
/// scheduler would at best.
struct RoomPlan: Sendable {
    /// A node, and what of it nobody has asked for yet.
    struct Place: Sendable {
        var node: ClusterNode
        var free: Quantities
    }

    private(set) var places: [Place]

    /// Nodes that take pods.
    init(_ nodes: [ClusterNode]) {
        places = nodes.filter { $0.isReady && !$0.isUnschedulable }.map { node in
            Place(node: node, free: Quantities(reading: node.allocatable))
        }
    }

    /// Hears of a pod that is on a node and stays there.
    mutating func note(_ pod: Pod) {
        guard let index = places.firstIndex(where: { $0.node.metadata.name == pod.nodeName }) else { return }
        places[index].take(PodNeeds(pod.json["spec"] ?? .null).requests)
    }

    /// Puts pods on nodes.
    ///
    /// - Returns: the groups that are not placed whole, one clause each.
    mutating func place(_ groups: [PodGroup]) -> [String] {
        let order = groups.sorted { one, other in
            Self.size(one.needs) == Self.size(other.needs)
                ? one.name < other.name : Self.size(one.needs) > Self.size(other.needs)
        }
        var clauses: [String] = []
        for group in order {
            var left = group.count
            while left > 0, let index = places.firstIndex(where: { $0.takes(group.needs) }) {
                places[index].take(group.needs.requests)
                left -= 1
            }
            guard left > 0 else { continue }
            let suited = places.count { group.needs.suits($0.node) }
            let wants = ["cpu", "memory"].compactMap { name in group.needs.requests[name].map { "\(name) \($0.text)" } }
            clauses.append(
                suited == 0
                    ? "no node that takes pods suits \(group.name)"
                    : "\(left) of \(group.count) pods of \(group.name)"
                        + (wants.isEmpty ? "" : ", each with \(wants.joined(separator: " and "))")
            )
        }
        return clauses
    }

    private static func size(_ needs: PodNeeds) -> Quantity { needs.requests["memory"] ?? .zero }
}

extension RoomPlan.Place {
    /// Whether a pod has room here.
    func takes(_ needs: PodNeeds) -> Bool {
        let pods = free["pods"] ?? Quantity(thousandths: .max)
        guard needs.suits(node), pods >= Quantity(thousandths: 1000) else { return false }
        // What a node does not count at all, it does not have.
        return needs.requests.allSatisfy { $0.value <= free[$0.key, default: .zero] }
    }

    mutating func take(_ requests: Quantities) {
        for (name, amount) in requests { free[name, default: .zero] = free[name, default: .zero] - amount }
        if let pods = free["pods"] { free["pods"] = pods - Quantity(thousandths: 1000) }
    }
}
