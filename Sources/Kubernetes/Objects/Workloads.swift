/// What keeps pods running.
package protocol Workload: KnownObject {}

extension Workload {
    /// The generation that the status is about. While it is behind `metadata.generation`, the status is old.
    package var observedGeneration: Int { count("status", "observedGeneration") }
    /// The labels of its pods, where that is all that they are chosen by.
    package var selector: [String: String] { at("spec", "selector", "matchLabels")?.texts ?? [:] }
    /// The containers of its pods that run first.
    package var initContainers: [PodContainer] {
        (at("spec", "template", "spec", "initContainers")?.elements ?? []).map { PodContainer($0) }
    }
    /// The containers of its pods.
    package var containers: [PodContainer] {
        (at("spec", "template", "spec", "containers")?.elements ?? []).map { PodContainer($0) }
    }
}

/// A workload with a number of pods.
package protocol ScaledWorkload: Workload {}

extension ScaledWorkload {
    /// How many pods are asked for; 1 where nothing is said.
    package var replicas: Int { at("spec", "replicas")?.int ?? 1 }
    /// How many there are.
    package var currentReplicas: Int { count("status", "replicas") }
    /// How many are ready.
    package var readyReplicas: Int { count("status", "readyReplicas") }
    /// How many have been ready for long enough.
    package var availableReplicas: Int { count("status", "availableReplicas") }
}

/// A deployment.
package struct DeploymentObject: ScaledWorkload {
    /// Its kind.
    package static let resource = ResourceType.deployments
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// How many pods are of the newest template.
    package var updatedReplicas: Int { count("status", "updatedReplicas") }
    /// How many are missing.
    package var unavailableReplicas: Int { count("status", "unavailableReplicas") }
    /// Whether it is not to be rolled out any further for now.
    package var isPaused: Bool { at("spec", "paused")?.bool ?? false }
    /// `RollingUpdate` or `Recreate`.
    package var strategy: String { text("spec", "strategy", "type") }
}

/// A stateful set.
package struct StatefulSet: ScaledWorkload {
    /// Its kind.
    package static let resource = ResourceType.statefulSets
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// How many pods are of the newest template.
    package var updatedReplicas: Int { count("status", "updatedReplicas") }
    /// The template that most pods are of.
    package var currentRevision: String { text("status", "currentRevision") }
    /// The newest template.
    package var updateRevision: String { text("status", "updateRevision") }
    /// `RollingUpdate` or `OnDelete`.
    package var updateStrategy: String { text("spec", "updateStrategy", "type") }
    /// The first pod that is rolled out to; those before it keep their template.
    package var partition: Int { count("spec", "updateStrategy", "rollingUpdate", "partition") }
}

/// A daemon set.
package struct DaemonSet: Workload {
    /// Its kind.
    package static let resource = ResourceType.daemonSets
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// How many machines should have a pod.
    package var desired: Int { count("status", "desiredNumberScheduled") }
    /// How many have one.
    package var current: Int { count("status", "currentNumberScheduled") }
    /// How many have one of the newest template.
    package var updated: Int { count("status", "updatedNumberScheduled") }
    /// How many have one that is ready.
    package var ready: Int { count("status", "numberReady") }
    /// How many have one that has been ready for long enough.
    package var available: Int { count("status", "numberAvailable") }
    /// How many have none of those.
    package var unavailable: Int { count("status", "numberUnavailable") }
    /// `RollingUpdate` or `OnDelete`.
    package var updateStrategy: String { text("spec", "updateStrategy", "type") }
}

/// A replica set: the pods of one template of a deployment.
package struct ReplicaSet: ScaledWorkload {
    /// Its kind.
    package static let resource = ResourceType.replicaSets
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// Which of its deployment's templates it is for; nil where it belongs to none.
    package var revision: Int? { metadata.annotations["deployment.kubernetes.io/revision"].flatMap { Int($0) } }
}

/// A job.
package struct Job: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.jobs
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// How many pods must end well; 1 where nothing is said.
    package var completions: Int { at("spec", "completions")?.int ?? 1 }
    /// How many pods run.
    package var active: Int { count("status", "active") }
    /// How many have ended well.
    package var succeeded: Int { count("status", "succeeded") }
    /// How many have failed.
    package var failed: Int { count("status", "failed") }
    /// How often it is tried again.
    package var backoffLimit: Int { at("spec", "backoffLimit")?.int ?? 6 }
    /// Whether all of it ended well.
    package var isComplete: Bool { condition("Complete")?.isTrue ?? false }
    /// Why it was given up; nil where it was not.
    package var failure: ObjectCondition? { condition("Failed").flatMap { $0.isTrue ? $0 : nil } }
    /// The containers of its pods.
    package var containers: [PodContainer] {
        (at("spec", "template", "spec", "containers")?.elements ?? []).map { PodContainer($0) }
    }
}
