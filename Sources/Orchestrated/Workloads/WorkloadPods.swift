internal import Kubernetes
internal import UpgradeModel

/// The pods of a workload, told apart by the template that they were made from.
struct WorkloadPods: Sendable {
    /// The workload as it is.
    var workload: LiveWorkload
    /// All of its pods, those that are going included.
    var all: [Pod]
    /// Those of the newest template that are not going. Where the template has not changed, that is the current one.
    var new: [Pod]
    /// The replica set of the newest template, of a deployment.
    var replicaSet: ReplicaSet?

    /// Pods whose processes may still do something.
    var alive: [Pod] { all.filter { !["Succeeded", "Failed"].contains($0.phase) } }

    /// Why no pod can be made; nil where nothing says so.
    var obstacle: String? {
        if let failure = replicaSet?.condition("ReplicaFailure"), failure.isTrue { return failure.message }
        let own = PlainObject(workload.json)
        if let failure = own.condition("ReplicaFailure"), failure.isTrue { return failure.message }
        return nil
    }
}

extension HelmDeployment {
    /// The workloads that belong to the release: Helm has marked them, or they are named.
    ///
    /// - Parameter named: kinds with names that the release's manifest has.
    /// - Returns: the workloads, in the order of their components.
    /// - Throws: code `cluster-unreachable`, `cluster-forbidden`.
    func workloads(named: Set<String> = []) async throws(Trouble) -> [LiveWorkload] {
        var found: [LiveWorkload] = []
        for kind in WorkloadKind.allCases {
            let objects = try await ask { () async throws(KubernetesError) in
                try await client.list(PlainObject.self, ObjectSelection(kind.resource, in: place.namespace)).all()
            }
            for object in objects {
                guard let workload = LiveWorkload(object.json, kind: kind.rawValue, release: place.release),
                    owns(workload.metadata) || named.contains("\(kind.rawValue)/\(workload.name)")
                else { continue }
                found.append(workload)
            }
        }
        return found.sorted { ($0.component, $0.kind.rawValue, $0.name) < ($1.component, $1.kind.rawValue, $1.name) }
    }

    /// Whether Helm has marked an object as one of the release.
    func owns(_ metadata: ObjectMetadata) -> Bool {
        metadata.annotations["meta.helm.sh/release-name"] == place.release
            && metadata.annotations["meta.helm.sh/release-namespace"].map { $0 == place.namespace } ?? true
    }

    /// A workload as it is now; nil where it is gone.
    func workload(_ kind: WorkloadKind, _ name: String) async throws(Trouble) -> LiveWorkload? {
        let json = try await object(RequestTarget(kind.resource, namespace: place.namespace, name: name))
        return json.flatMap { LiveWorkload($0, kind: kind.rawValue, release: place.release) }
    }

    /// An object as it is now; nil where it is gone.
    func object(_ target: RequestTarget) async throws(Trouble) -> JSONValue? {
        try await ask { () async throws(KubernetesError) -> JSONValue? in
            do throws(KubernetesError) {
                return try await client.read(target)
            } catch {
                guard error.kind == .notFound else { throw error }
                return nil
            }
        }
    }

    /// The pods of a workload.
    func pods(of workload: LiveWorkload) async throws(Trouble) -> WorkloadPods {
        let selector = workload.selector
        guard !selector.isEmpty else { return WorkloadPods(workload: workload, all: [], new: []) }
        let candidates = try await ask { () async throws(KubernetesError) in
            try await client.list(Pod.self, in: place.namespace, labels: selector).all()
        }
        let uid = workload.metadata.uid
        guard workload.kind == .deployment else {
            let own = candidates.filter { $0.metadata.controller?.uid == uid }
            let label: String
            let revision: String?
            if workload.kind == .statefulSet {
                label = "controller-revision-hash"
                revision = workload.json[path: ["status", "updateRevision"]]?.string
            } else {
                label = "pod-template-generation"
                revision = workload.metadata.annotations["deprecated.daemonset.template.generation"]
            }
            let new = own.filter { workload.isObserved && revision != nil && $0.metadata.labels[label] == revision }
            return WorkloadPods(workload: workload, all: own, new: new.filter(\.isStaying))
        }
        let sets = try await ask { () async throws(KubernetesError) in
            try await client.list(ReplicaSet.self, in: place.namespace, labels: selector).all()
        }.filter { $0.metadata.controller?.uid == uid }
        let identifiers = Set(sets.map(\.metadata.uid))
        let own = candidates.filter { pod in pod.metadata.controller.map { identifiers.contains($0.uid) } ?? false }
        // Until the server has taken notice of the newest template, the newest replica set is of the one before.
        let revision = workload.metadata.annotations["deployment.kubernetes.io/revision"].flatMap { Int($0) }
        let newest = workload.isObserved ? sets.first { $0.revision != nil && $0.revision == revision } : nil
        let new = own.filter { newest != nil && $0.metadata.controller?.uid == newest?.metadata.uid }
        return WorkloadPods(workload: workload, all: own, new: new.filter(\.isStaying), replicaSet: newest)
    }
}

extension Pod {
    /// Whether nobody has asked it to go.
    var isStaying: Bool { metadata.deletionTimestamp == nil && !["Succeeded", "Failed"].contains(phase) }

    /// Why it cannot be put on a machine; nil where it can, or nobody has tried.
    var unschedulable: String? {
        guard let condition = condition("PodScheduled"), condition.status == "False" else { return nil }
        return condition.message.isEmpty ? condition.reason : condition.message
    }

    /// A container of it that cannot be started, with the machine's word and why in words; nil where there is none.
    var unstartable: (container: String, reason: String, message: String)? {
        let hopeless: Set<String> = [
            "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable",
            "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
        ]
        for status in initContainerStatuses + containerStatuses {
            if case .waiting(let reason, let message) = status.state, hopeless.contains(reason) {
                return (status.name, reason, message)
            }
        }
        return nil
    }

    /// A container of it that ends again and again; nil where there is none.
    var crashing: ContainerStatus? {
        (initContainerStatuses + containerStatuses).first { status in
            if case .waiting("CrashLoopBackOff", _) = status.state { return true }
            return false
        }
    }
}
