/// What changes a workload's number of pods by itself. The same fields are read in both versions of its API.
package struct HorizontalPodAutoscaler: KnownObject {
    /// Its kind, in the version that every cluster serves; as of 1.23 there is `horizontalPodAutoscalersV2`.
    package static let resource = ResourceType.horizontalPodAutoscalersV1
    /// The kinds to choose from, the better first.
    package static let resources = [ResourceType.horizontalPodAutoscalersV2, .horizontalPodAutoscalersV1]
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// The kind of workload that it changes.
    package var targetKind: String { text("spec", "scaleTargetRef", "kind") }
    /// The workload's name.
    package var targetName: String { text("spec", "scaleTargetRef", "name") }
    /// The fewest pods; 1 where nothing is said.
    package var minimum: Int { at("spec", "minReplicas")?.int ?? 1 }
    /// The most pods.
    package var maximum: Int { count("spec", "maxReplicas") }
    /// How many there are.
    package var currentReplicas: Int { count("status", "currentReplicas") }
    /// How many it wants.
    package var desiredReplicas: Int { count("status", "desiredReplicas") }
    /// The names of what it measures; in version 1 that is the processor.
    package var metrics: [String] {
        let measured = (at("spec", "metrics")?.elements ?? []).map { metric in
            metric[path: ["resource", "name"]]?.string ?? metric[path: ["pods", "metric", "name"]]?.string
                ?? metric[path: ["object", "metric", "name"]]?.string
                ?? metric[path: ["external", "metric", "name"]]?.string ?? metric["type"]?.string ?? ""
        }
        return measured.isEmpty && at("spec", "targetCPUUtilizationPercentage") != nil ? ["cpu"] : measured
    }
}

/// How many pods may be missing on purpose. The same fields are read in both versions of its API.
package struct PodDisruptionBudget: KnownObject {
    /// Its kind, in the version that 1.20 serves; as of 1.21 there is `podDisruptionBudgetsV1`.
    package static let resource = ResourceType.podDisruptionBudgetsV1beta1
    /// The kinds to choose from, the better first.
    package static let resources = [ResourceType.podDisruptionBudgetsV1, .podDisruptionBudgetsV1beta1]
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// The labels of its pods, where that is all that they are chosen by.
    package var selector: [String: String] { at("spec", "selector", "matchLabels")?.texts ?? [:] }
    /// The fewest pods that must be there, a number or per cent; nil where that is not what is said.
    package var minimumAvailable: String? { Self.amount(at("spec", "minAvailable")) }
    /// The most pods that may be missing, a number or per cent; nil where that is not what is said.
    package var maximumUnavailable: String? { Self.amount(at("spec", "maxUnavailable")) }
    /// How many may go at the moment.
    package var disruptionsAllowed: Int { count("status", "disruptionsAllowed") }
    /// How many are healthy.
    package var currentHealthy: Int { count("status", "currentHealthy") }
    /// How many must be.
    package var desiredHealthy: Int { count("status", "desiredHealthy") }

    private static func amount(_ json: JSONValue?) -> String? {
        json.flatMap { value in value.string ?? value.int.map(String.init) }
    }
}

/// What a namespace may use, and what it uses.
package struct ResourceQuota: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.resourceQuotas
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// The most, by name, as it is written.
    package var hard: [String: String] { at("status", "hard")?.quantities ?? at("spec", "hard")?.quantities ?? [:] }
    /// What is used, by name.
    package var used: [String: String] { at("status", "used")?.quantities ?? [:] }
}

/// A machine of the cluster.
package struct ClusterNode: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.nodes
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// What its pods may use together, by name, as it is written.
    package var allocatable: [String: String] { at("status", "allocatable")?.quantities ?? [:] }
    /// Whether it takes pods.
    package var isReady: Bool { condition("Ready")?.isTrue ?? false }
    /// Whether somebody has said that it shall take no more.
    package var isUnschedulable: Bool { at("spec", "unschedulable")?.bool ?? false }
    /// The version of its kubelet.
    package var kubeletVersion: String { text("status", "nodeInfo", "kubeletVersion") }
}
