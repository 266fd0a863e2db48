/// A kind of thing that an API server has, in one version of its API.
package struct ResourceType: Sendable, Hashable {
    /// The group, such as `apps`; empty for the oldest one.
    package var group: String
    /// The version, such as `v1`.
    package var version: String
    /// What it is called in addresses and rules, such as `deployments`.
    package var plural: String
    /// What it is called in objects, such as `Deployment`.
    package var kind: String
    /// Whether each belongs to a namespace.
    package var isNamespaced: Bool

    /// Makes a type; nothing is asked about it.
    package init(group: String, version: String, plural: String, kind: String, isNamespaced: Bool = true) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    /// Group and version as objects have them, such as `apps/v1`.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
}

extension ResourceType: CustomStringConvertible {
    /// As people write it, such as `deployments.apps`.
    package var description: String { group.isEmpty ? plural : "\(plural).\(group)" }
}

extension ResourceType {
    private static func core(_ plural: String, _ kind: String, isNamespaced: Bool = true) -> ResourceType {
        ResourceType(group: "", version: "v1", plural: plural, kind: kind, isNamespaced: isNamespaced)
    }

    private static func apps(_ plural: String, _ kind: String) -> ResourceType {
        ResourceType(group: "apps", version: "v1", plural: plural, kind: kind)
    }

    /// Pods.
    package static let pods = core("pods", "Pod")
    /// Services.
    package static let services = core("services", "Service")
    /// The addresses behind services.
    package static let endpoints = core("endpoints", "Endpoints")
    /// Secrets.
    package static let secrets = core("secrets", "Secret")
    /// Settings that are no secrets.
    package static let configMaps = core("configmaps", "ConfigMap")
    /// What pods ask for to keep data on.
    package static let persistentVolumeClaims = core("persistentvolumeclaims", "PersistentVolumeClaim")
    /// What a namespace may use.
    package static let resourceQuotas = core("resourcequotas", "ResourceQuota")
    /// What has happened.
    package static let events = core("events", "Event")
    /// Machines.
    package static let nodes = core("nodes", "Node", isNamespaced: false)
    /// Namespaces themselves.
    package static let namespaces = core("namespaces", "Namespace", isNamespaced: false)
    /// Deployments.
    package static let deployments = apps("deployments", "Deployment")
    /// Stateful sets.
    package static let statefulSets = apps("statefulsets", "StatefulSet")
    /// Daemon sets.
    package static let daemonSets = apps("daemonsets", "DaemonSet")
    /// Replica sets.
    package static let replicaSets = apps("replicasets", "ReplicaSet")
    /// Jobs.
    package static let jobs = ResourceType(group: "batch", version: "v1", plural: "jobs", kind: "Job")
    /// Leases.
    package static let leases = ResourceType(
        group: "coordination.k8s.io",
        version: "v1",
        plural: "leases",
        kind: "Lease"
    )
    /// Autoscalers in the version that every cluster serves; it knows of processors only.
    package static let horizontalPodAutoscalersV1 = autoscalers("v1")
    /// Autoscalers as of 1.23.
    package static let horizontalPodAutoscalersV2 = autoscalers("v2")
    /// Disruption budgets up to 1.24.
    package static let podDisruptionBudgetsV1beta1 = budgets("v1beta1")
    /// Disruption budgets as of 1.21.
    package static let podDisruptionBudgetsV1 = budgets("v1")
    /// Rules that the API server itself keeps to, as of 1.30.
    package static let validatingAdmissionPolicies = admission(
        "validatingadmissionpolicies",
        "ValidatingAdmissionPolicy"
    )
    /// What puts such rules into force.
    package static let validatingAdmissionPolicyBindings = admission(
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding"
    )
    /// Questions about one's own rights.
    static let selfSubjectAccessReviews = ResourceType(
        group: "authorization.k8s.io",
        version: "v1",
        plural: "selfsubjectaccessreviews",
        kind: "SelfSubjectAccessReview",
        isNamespaced: false
    )

    private static func admission(_ plural: String, _ kind: String) -> ResourceType {
        ResourceType(
            group: "admissionregistration.k8s.io",
            version: "v1",
            plural: plural,
            kind: kind,
            isNamespaced: false
        )
    }

    private static func autoscalers(_ version: String) -> ResourceType {
        ResourceType(
            group: "autoscaling",
            version: version,
            plural: "horizontalpodautoscalers",
            kind: "HorizontalPodAutoscaler"
        )
    }

    private static func budgets(_ version: String) -> ResourceType {
        ResourceType(group: "policy", version: version, plural: "poddisruptionbudgets", kind: "PodDisruptionBudget")
    }
}
