package import Kubernetes
import Synchronization

/// What controllers and machines do, in one step: a deployment that is changed has its replica set and its pods at once.
extension SimulatedAPIServer {
    /// From now on deployments are looked after, and lists are chosen by labels.
    ///
    /// - Parameter machine: makes a pod as its machine would look after it; it gets the pod as its template has it.
    package func lookAfterWorkloads(
        _ machine: @escaping @Sendable (JSONValue) -> JSONValue = SimulatedAPIServer.running
    ) {
        state.withLock { state in
            state.machine = machine
            state.choosesByLabels = true
        }
    }

    /// Changes the pods that are there, and those that come.
    package func change(_ machine: @escaping @Sendable (JSONValue) -> JSONValue) {
        state.withLock { state in
            state.machine = machine
            for (key, pod) in state.objects where key.contains("/pods/") {
                guard let slash = key.lastIndex(of: "/") else { continue }
                let name = String(key[key.index(after: slash)...])
                Self.store(machine(pod), String(key[..<slash]), name, &state)
            }
            for (key, object) in state.objects where key.contains("/deployments/") {
                guard let slash = key.lastIndex(of: "/") else { continue }
                let name = String(key[key.index(after: slash)...])
                Self.lookAfter(object, String(key[..<slash]), name, &state)
            }
        }
    }

    /// What a container has written.
    package func write(_ text: String, of pod: String, _ container: String) {
        state.withLock { $0.logs["\(pod)/\(container)"] = text }
    }

    /// The objects of a collection.
    package func objects(in collection: String) -> [JSONValue] {
        state.withLock { state in
            state.objects.filter { $0.key.hasPrefix(collection + "/") }.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// A pod whose init containers have ended well and whose containers run and are ready.
    package static let running: @Sendable (JSONValue) -> JSONValue = { pod in
        pod.with(initStates: { _ in ["terminated": ["exitCode": 0, "reason": "Completed"]] }, isReady: true)
    }

    /// Gives a deployment its replica set and its pods, and takes those of before away.
    @discardableResult
    static func lookAfter(
        _ deployment: JSONValue,
        _ collection: String,
        _ name: String,
        _ state: inout State
    ) -> JSONValue {
        guard let machine = state.machine else { return deployment }
        let namespace = collection.split(separator: "/").dropLast().last.map(String.init) ?? ""
        let sets = "/apis/apps/v1/namespaces/\(namespace)/replicasets"
        let pods = "/api/v1/namespaces/\(namespace)/pods"
        let uid = deployment[path: ["metadata", "uid"]] ?? ""
        let template = deployment[path: ["spec", "template"]] ?? [:]
        let hash = hashed(template)
        let own = state.objects.filter { key, object in
            key.hasPrefix(sets + "/") && object.owner == uid
        }
        let revisions = own.values.compactMap { $0.revision }
        let wanted = deployment[path: ["spec", "replicas"]]?.int ?? 1
        var set =
            own["\(sets)/\(name)-\(hash)"] ?? [
                "apiVersion": "apps/v1", "kind": "ReplicaSet",
                "metadata": ["name": .string("\(name)-\(hash)"), "namespace": .string(namespace)],
            ]
        let newest = revisions.max() ?? 0
        let revision = set.revision == newest && newest > 0 ? newest : newest + 1
        set[path: ["metadata", "labels"]] = template[path: ["metadata", "labels"]] ?? [:]
        set[path: ["metadata", "labels", "pod-template-hash"]] = .string(hash)
        set[path: ["metadata", "annotations"]] = [
            "deployment.kubernetes.io/revision": .string(String(revision))
        ]
        set[path: ["metadata", "ownerReferences"]] = [
            ["kind": "Deployment", "name": .string(name), "uid": uid, "controller": true]
        ]
        set[path: ["spec", "replicas"]] = JSONValue(wanted)
        set = store(set, sets, "\(name)-\(hash)", &state)
        let setUID = set[path: ["metadata", "uid"]] ?? ""
        let identifiers = own.values.compactMap { $0[path: ["metadata", "uid"]] }
        for (key, pod) in state.objects where key.hasPrefix(pods + "/") {
            guard let owner = pod.owner, owner != setUID, identifiers.contains(owner) else { continue }
            remove(pod, pods, pod[path: ["metadata", "name"]]?.string ?? "", &state)
        }
        var living = state.objects.filter { $0.key.hasPrefix(pods + "/") && $0.value.owner == setUID }.map(\.value)
        while living.count > wanted {
            let last = living.removeLast()
            remove(last, pods, last[path: ["metadata", "name"]]?.string ?? "", &state)
        }
        while living.count < wanted {
            state.newestPod += 1
            let podName = "\(name)-\(hash)-\(state.newestPod)"
            var pod: JSONValue = ["apiVersion": "v1", "kind": "Pod", "spec": template["spec"] ?? [:]]
            pod["metadata"] = [
                "name": .string(podName), "namespace": .string(namespace),
                "labels": set[path: ["metadata", "labels"]] ?? [:],
                "ownerReferences": [
                    ["kind": "ReplicaSet", "name": .string("\(name)-\(hash)"), "uid": setUID, "controller": true]
                ],
            ]
            living.append(store(machine(pod), pods, podName, &state))
        }
        let ready = living.count { Pod($0).isReady }
        var done = deployment
        done[path: ["metadata", "annotations", "deployment.kubernetes.io/revision"]] = .string(String(revision))
        done["status"] = [
            "observedGeneration": deployment[path: ["metadata", "generation"]] ?? 1, "replicas": JSONValue(wanted),
            "updatedReplicas": JSONValue(wanted), "readyReplicas": JSONValue(ready),
            "availableReplicas": JSONValue(ready), "unavailableReplicas": JSONValue(wanted - ready),
        ]
        return store(done, collection, name, &state)
    }

    private static func hashed(_ template: JSONValue) -> String {
        var value: UInt32 = 2_166_136_261
        for byte in template.bytes { value = (value ^ UInt32(byte)) &* 16_777_619 }
        return String(value, radix: 36)
    }
}

extension JSONValue {
    /// Keeps what controllers have written, where whoever changes an object does not say it.
    mutating func keepWhatControllersSay(of old: JSONValue?) {
        guard let old, self["kind"] == "Deployment" else { return }
        if self["status"] == nil, let status = old["status"] { self["status"] = status }
        let revision = "deployment.kubernetes.io/revision"
        let path = ["metadata", "annotations", revision]
        if self[path: path] == nil, let own = old[path: path] { self[path: path] = own }
    }

    /// A pod with the states of its containers.
    ///
    /// - Parameters:
    ///   - initStates: the state of each container that runs first, by its name.
    ///   - isReady: whether the others run and are ready.
    /// - Returns: the pod.
    package func with(initStates: (String) -> JSONValue, isReady: Bool) -> JSONValue {
        var pod = self
        func names(_ key: String) -> [String] {
            (self[path: ["spec", key]]?.elements ?? []).compactMap { $0["name"]?.string }
        }
        let first = names("initContainers").map { name -> JSONValue in
            ["name": .string(name), "state": initStates(name), "restartCount": 0]
        }
        let others = names("containers").map { name -> JSONValue in
            let state: JSONValue =
                isReady
                ? ["running": ["startedAt": "2026-11-28T09:00:00Z"]] : ["waiting": ["reason": "PodInitializing"]]
            return ["name": .string(name), "state": state, "ready": .bool(isReady), "restartCount": 0]
        }
        pod["status"] = [
            "phase": .string(isReady ? "Running" : "Pending"), "podIP": "10.0.0.7",
            "initContainerStatuses": .array(first), "containerStatuses": .array(others),
            "conditions": [["type": "Ready", "status": .string(isReady ? "True" : "False")]],
        ]
        return pod
    }

    /// The uid of what it belongs to.
    fileprivate var owner: JSONValue? {
        self[path: ["metadata", "ownerReferences"]]?.elements.first?["uid"]
    }

    /// Which of its deployment's templates it is for.
    fileprivate var revision: Int? {
        self[path: ["metadata", "annotations", "deployment.kubernetes.io/revision"]]?.string.flatMap { Int($0) }
    }

    /// Grows with every change of what an object is to be.
    mutating func count(from old: JSONValue?) {
        let generation = old?[path: ["metadata", "generation"]]?.int ?? 0
        let isChanged = old == nil || old?["spec"] != self["spec"]
        self[path: ["metadata", "generation"]] = JSONValue(isChanged ? generation + 1 : generation)
    }

    /// Notes who has changed a field of what an object is to be, and takes it from everybody else.
    mutating func note(_ manager: String, changing name: String, of old: JSONValue, part: String = "") {
        guard old[path: ["spec", name]] != self[path: ["spec", name]] else { return }
        let field = ["fieldsV1", "f:spec", "f:\(name)"]
        let entries = (self[path: ["metadata", "managedFields"]]?.elements ?? []).compactMap { entry -> JSONValue? in
            guard entry["manager"]?.string != manager else { return nil }
            var entry = entry
            if entry[path: field] != nil { entry[path: field] = nil }
            return entry
        }
        var own: JSONValue = ["manager": .string(manager), "operation": "Update", "fieldsType": "FieldsV1"]
        if !part.isEmpty { own["subresource"] = .string(part) }
        own[path: field] = [:]
        self[path: ["metadata", "managedFields"]] = .array(entries + [own])
    }

    /// Whether labels are as a selector of the simple kind asks for: `a=b`, `a!=b`, `a` and `!a`, joined by commas.
    func isChosen(by selector: String) -> Bool {
        let labels = self[path: ["metadata", "labels"]]?.texts ?? [:]
        return selector.split(separator: ",").allSatisfy { term in
            if let unequal = term.firstRange(of: "!=") {
                return labels[String(term[..<unequal.lowerBound])] != String(term[unequal.upperBound...])
            }
            if let equal = term.firstIndex(of: "=") {
                return labels[String(term[..<equal])] == String(term[term.index(after: equal)...])
            }
            return term.hasPrefix("!") ? labels[String(term.dropFirst())] == nil : labels[String(term)] != nil
        }
    }
}
