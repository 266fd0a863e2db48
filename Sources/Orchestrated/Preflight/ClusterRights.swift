package import Kubernetes

/// Something that Pawl's account must be allowed to do: in the installation's namespace, or in all of them.
package struct ClusterRight: Sendable, Hashable {
    /// To what.
    package var resource: ResourceType
    /// To which part of it, such as `scale`; nil for the object itself.
    package var part: String?
    /// What.
    package var verb: RequestVerb
    /// Whether it is asked for in all namespaces.
    package var isEverywhere: Bool

    /// Names a right.
    package init(_ verb: RequestVerb, _ resource: ResourceType, part: String? = nil, isEverywhere: Bool = false) {
        self.resource = resource
        self.part = part
        self.verb = verb
        self.isEverywhere = isEverywhere
    }

    /// What is asked about, and how rules name it.
    var rule: String { resource.plural + (part.map { "/\($0)" } ?? "") }

    /// In words, such as `patch deployments/scale (apps)`.
    package var text: String {
        "\(verb.rawValue) \(rule)" + (resource.group.isEmpty ? "" : " (\(resource.group))")
            + (isEverywhere ? " in all namespaces" : "")
    }
}

/// The rights that Pawl's account needs: the table that is asked about, and that Roles are written from.
package enum ClusterRights {
    /// What Pawl does by itself, whatever a chart holds.
    package static let own: [ClusterRight] = table.flatMap { rights($0.verbs, $0.resources, part: $0.part) }

    private typealias Row = (verbs: [RequestVerb], resources: [ResourceType], part: String?)

    private static let table: [Row] = [
        // Helm's records are Secrets; passwords and keys are read by reference.
        ([.get, .list, .create, .update, .delete], [.secrets], nil),
        // Which data folder looks after the release, and who is at work on it.
        ([.get, .create, .patch], [.configMaps], nil),
        ([.get, .create, .update, .delete], [.leases], nil),
        // Writers stand still while databases are backed up.
        ([.get, .list, .watch, .patch], [.deployments, .statefulSets], nil),
        ([.get, .patch], [.deployments, .statefulSets], "scale"),
        ([.get, .list, .patch], [LiveCronJob.kind], nil),
        // What runs, and whether it is well.
        ([.get, .list, .watch], [.daemonSets, .replicaSets, .pods, .jobs, .events], nil),
        ([.get], [.pods], "log"),
        ([.get], [.pods], "proxy"),
        ([.get, .list, .watch], [.services, .endpoints, .persistentVolumeClaims], nil),
        ([.get, .list], [ingresses], nil),
        // What may stand in the way.
        ([.list], [.resourceQuotas, .podDisruptionBudgetsV1], nil),
        ([.get, .list], [.horizontalPodAutoscalersV1], nil),
    ]

    /// What installing, looking at and removing the guard needs in the whole cluster, beside what Pawl needs anyway. Nobody
    /// else asks for it.
    ///
    /// The API server lets nobody name ConfigMaps as what a policy goes by who may not read all of them.
    package static let guardInCluster: [ClusterRight] =
        rights(
            [.get, .create, .update, .delete],
            [.validatingAdmissionPolicies, .validatingAdmissionPolicyBindings]
        ) + [ClusterRight(.get, .configMaps, isEverywhere: true)]

    /// What it needs in the namespace.
    package static let guardInNamespace: [ClusterRight] = rights([.get, .create, .patch, .delete], [.configMaps])

    /// What Helm does to the objects of a chart, by their kinds.
    package static func helm(changing kinds: [ResourceType]) -> [ClusterRight] {
        rights([.get, .create, .patch, .delete], kinds)
    }

    /// Rights to several kinds of things.
    private static func rights(
        _ verbs: [RequestVerb],
        _ resources: [ResourceType],
        part: String? = nil
    ) -> [ClusterRight] {
        resources.flatMap { resource in verbs.map { ClusterRight($0, resource, part: part) } }
    }

    /// Ways into the cluster from outside.
    static let ingresses = ResourceType(
        group: "networking.k8s.io",
        version: "v1",
        plural: "ingresses",
        kind: "Ingress"
    )

    /// Rights as they stand under `rules:` of a Role: those of one group with the same verbs in one rule.
    package static func rules(_ rights: [ClusterRight]) -> String {
        var order: [Key] = []
        var verbs: [Key: [RequestVerb]] = [:]
        for right in rights {
            let key = Key(group: right.resource.group, rule: right.rule)
            if verbs[key] == nil { order.append(key) }
            if verbs[key]?.contains(right.verb) != true { verbs[key, default: []].append(right.verb) }
        }
        var rules: [(group: String, verbs: [RequestVerb], resources: [String])] = []
        for key in order {
            let wanted = (verbs[key] ?? []).sorted { rank($0) < rank($1) }
            if let index = rules.firstIndex(where: { $0.group == key.group && $0.verbs == wanted }) {
                rules[index].resources.append(key.rule)
            } else {
                rules.append((key.group, wanted, [key.rule]))
            }
        }
        return rules.map { rule in
            """
            - apiGroups: ["\(rule.group)"]
              resources: [\(rule.resources.map { "\"\($0)\"" }.joined(separator: ", "))]
              verbs: [\(rule.verbs.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]
            """
        }.joined(separator: "\n")
    }

    private struct Key: Hashable {
        var group: String
        var rule: String
    }

    /// As rules are mostly written: what reads before what changes.
    private static func rank(_ verb: RequestVerb) -> Int {
        switch verb {
        case .get: 0
        case .list: 1
        case .watch: 2
        case .create: 3
        case .update: 4
        case .patch: 5
        case .delete: 6
        }
    }
}

extension KubernetesClient {
    /// Those of some rights that the account does not have in a namespace, in their order.
    package func missing(
        of rights: [ClusterRight],
        in namespace: String
    ) async throws(KubernetesError) -> [ClusterRight] {
        var asked: Set<ClusterRight> = []
        var missing: [ClusterRight] = []
        for right in rights where asked.insert(right).inserted {
            let target = RequestTarget(
                right.resource,
                namespace: right.resource.isNamespaced && !right.isEverywhere ? namespace : nil,
                subresource: right.part
            )
            if try await !may(right.verb, target).isAllowed { missing.append(right) }
        }
        return missing
    }
}
