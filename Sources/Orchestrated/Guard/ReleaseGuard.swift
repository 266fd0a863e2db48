internal import Kubernetes
package import UpgradeModel

/// Installs, looks at, tells and removes the guard of a Helm release.
package struct ReleaseGuard: Sendable {
    private let deployment: HelmDeployment
    /// What it is made of.
    package let policy: GuardPolicy

    private var client: KubernetesClient { deployment.client }

    /// Names the release that is guarded; nothing is asked yet.
    package init(_ deployment: HelmDeployment) {
        self.deployment = deployment
        policy = GuardPolicy(namespace: deployment.place.namespace, release: deployment.place.release)
    }

    /// A version that no release has: whether the guard bites is tried with it.
    private static let nobodys = "0.0.0-pawl-guard"

    // MARK: Looking

    /// What there is of it.
    private struct Sight {
        var policy: PlainObject?
        var binding: PlainObject?
        var parameters: PlainObject?
    }

    /// Whether there is one, and whether it is what Pawl made.
    ///
    /// - Throws: code `cluster-forbidden` where the account may not look at policies.
    package func status() async throws(Trouble) -> GuardStatus {
        let (version, obstacle) = try await availability()
        if let obstacle { return GuardStatus(.notAvailable(obstacle), serverVersion: version) }
        let sight = try await look()
        let word = sight.parameters.map { GuardWord(ConfigMap($0.json)) }
        if sight.policy == nil, sight.binding == nil, sight.parameters == nil {
            return GuardStatus(.absent, serverVersion: version)
        }
        let differences = differences(sight)
        return GuardStatus(
            differences.isEmpty ? .installed : .differs(differences),
            serverVersion: version,
            word: word
        )
    }

    /// The cluster's version, and why it cannot have a guard; nil where it can.
    private func availability() async throws(Trouble) -> (version: String, obstacle: String?) {
        let version = try await asked { () async throws(KubernetesError) in try await client.version() }.text
        let wanted = ResourceType.validatingAdmissionPolicies.apiVersion
        let served = try await asked { () async throws(KubernetesError) in try await client.servedAPIs([wanted]) }
        if served.unanswered.contains(wanted) {
            throw Trouble(
                .environment,
                "cluster-unreachable",
                "The API server did not say what it serves of \(wanted).",
                remedy: "Look at the API server, then try again."
            )
        }
        if served.serves(.validatingAdmissionPolicies), served.serves(.validatingAdmissionPolicyBindings) {
            return (version, nil)
        }
        return (
            version,
            "This cluster is Kubernetes \(version), and does not serve ValidatingAdmissionPolicy in \(wanted): that "
                + "takes 1.30 or newer."
        )
    }

    private func look() async throws(Trouble) -> Sight {
        Sight(
            policy: try await find(policy.policyTarget),
            binding: try await find(policy.bindingTarget),
            parameters: try await find(policy.parametersTarget)
        )
    }

    private func differences(_ sight: Sight) -> [String] {
        var clauses = difference("policy", sight.policy, policy.policy)
        clauses += difference("binding", sight.binding, policy.binding)
        switch sight.parameters {
        case nil: clauses.append("its ConfigMap \(policy.parameters) is missing, so that nothing is let through")
        case let map? where !policy.made(map.metadata):
            clauses.append("the ConfigMap \(policy.parameters) is not one that Pawl has made")
        case let map? where GuardWord(ConfigMap(map.json)).allowed.isEmpty:
            clauses.append("its ConfigMap \(policy.parameters) allows no version")
        case _?: break
        }
        return clauses
    }

    /// How a part of the guard differs from what Pawl makes of it, and who has last written to it beside Pawl.
    private func difference(_ part: String, _ found: PlainObject?, _ wanted: JSONValue) -> [String] {
        guard let found else { return ["the \(part) \(policy.name) is missing"] }
        guard policy.made(found.metadata) else {
            return ["the \(part) \(policy.name) is not one that Pawl has made for this release"]
        }
        let (own, its) = (wanted["spec"]?.sorted ?? .null, found.json["spec"]?.sorted ?? .null)
        var names: [String] = []
        for name in (own.fields + its.fields).map(\.name) where own[name] != its[name] && !names.contains(name) {
            names.append(name)
        }
        guard !names.isEmpty else { return [] }
        let others = found.metadata.managers.filter { $0.name != "pawl" && $0.subresource.isEmpty }
        let last = others.max { ($0.time?.microseconds ?? 0) < ($1.time?.microseconds ?? 0) }
        let who = last.map { " (last written by \($0.name)" + ($0.time.map { ", \($0.text)" } ?? "") + ")" } ?? ""
        return ["the \(part) \(policy.name) has another \(names.joined(separator: ", "))\(who)"]
    }

    // MARK: Installing and removing

    /// What installing has come to.
    package struct Installed: Sendable, Hashable {
        /// The objects that were made or put right, in words; none where everything was as it is to be.
        package var changed: [String]
        /// Whether the API server was seen to reject another version; nil where there is no workload to try it on.
        package var rejects: Bool?
    }

    /// Installs it, or puts it right. What is as it should be stays untouched.
    ///
    /// - Parameter word: what it lets through.
    /// - Returns: what was done, and whether it bites.
    /// - Throws: codes `guard-not-available`, `guard-forbidden`, `guard-name-taken`; nothing is changed then.
    package func install(_ word: GuardWord) async throws(Trouble) -> Installed {
        let (_, obstacle) = try await availability()
        if let obstacle {
            throw Trouble(
                .operator,
                "guard-not-available",
                "No guard can be installed. \(obstacle)",
                remedy: "Go without: Pawl itself finds what `helm rollback` does behind its back, once it has happened."
            )
        }
        try await requireRights()
        let sight = try await look()
        try requireOwn(sight)
        var changed: [String] = []
        let map = policy.configMap(word)
        // What the binding needs is there before the binding.
        if try await put(sight.parameters, map, "data", policy.parametersTarget) {
            changed.append("ConfigMap \(policy.parameters)")
        }
        if try await put(sight.policy, policy.policy, "spec", policy.policyTarget) {
            changed.append("ValidatingAdmissionPolicy \(policy.name)")
        }
        if try await put(sight.binding, policy.binding, "spec", policy.bindingTarget) {
            changed.append("ValidatingAdmissionPolicyBinding \(policy.name)")
        }
        return Installed(changed: changed, rejects: try await comesTo(Self.nobodys, isRejected: true))
    }

    /// Removes what Pawl has made of it, and nothing else.
    ///
    /// - Returns: what was removed, in words.
    /// - Throws: code `guard-forbidden`; `guard-name-taken` where something of that name is not Pawl's, which stays.
    package func remove() async throws(Trouble) -> [String] {
        let sight: Sight
        if try await availability().obstacle == nil {
            sight = try await look()
        } else {
            // A cluster that was set back may have kept the ConfigMap.
            sight = Sight(parameters: try await find(policy.parametersTarget))
        }
        try requireOwn(sight)
        // While the binding is there, its ConfigMap must be.
        let parts: [(PlainObject?, RequestTarget, String)] = [
            (sight.binding, policy.bindingTarget, "ValidatingAdmissionPolicyBinding \(policy.name)"),
            (sight.policy, policy.policyTarget, "ValidatingAdmissionPolicy \(policy.name)"),
            (sight.parameters, policy.parametersTarget, "ConfigMap \(policy.parameters)"),
        ]
        var removed: [String] = []
        for (object, target, title) in parts {
            guard let object else { continue }
            let options = DeleteOptions(uid: object.metadata.uid)
            let isGone = try await asked { () async throws(KubernetesError) in
                try await client.delete(target, options: options)
            }
            if isGone { removed.append(title) }
        }
        return removed
    }

    /// Makes sure that the account may do all of it.
    private func requireRights() async throws(Trouble) {
        let wanted = (cluster: ClusterRights.guardInCluster, namespace: ClusterRights.guardInNamespace)
        let place = policy.namespace
        let cluster = try await asked { () async throws(KubernetesError) in
            try await client.missing(of: wanted.cluster, in: place)
        }
        let namespace = try await asked { () async throws(KubernetesError) in
            try await client.missing(of: wanted.namespace, in: place)
        }
        guard !cluster.isEmpty || !namespace.isEmpty else { return }
        var remedies: [String] = []
        if !cluster.isEmpty {
            remedies.append(
                "Let an administrator of the cluster run this, or give the account a ClusterRole with these rules, by a "
                    + "ClusterRoleBinding:\n\(ClusterRights.rules(cluster))"
            )
        }
        if !namespace.isEmpty {
            remedies.append("Add these rules to its Role in \(place):\n\(ClusterRights.rules(namespace))")
        }
        throw Trouble(
            .operator,
            "guard-forbidden",
            "The account that Pawl uses may not \((cluster + namespace).map(\.text).joined(separator: ", ")).",
            remedy: remedies.joined(separator: "\n")
        )
    }

    /// Makes sure that nothing of its names belongs to somebody else, or to another release.
    private func requireOwn(_ sight: Sight) throws(Trouble) {
        let parts = [
            ("ValidatingAdmissionPolicy \(policy.name)", sight.policy),
            ("ValidatingAdmissionPolicyBinding \(policy.name)", sight.binding),
            ("ConfigMap \(policy.parameters) in \(policy.namespace)", sight.parameters),
        ]
        for (title, object) in parts {
            guard let object, !policy.made(object.metadata) else { continue }
            let annotations = object.metadata.annotations
            let whose = annotations["pawl/release"].map { release in
                "of the release \(release) in the namespace \(annotations["pawl/namespace"] ?? "?")"
            }
            throw Trouble(
                .operator,
                "guard-name-taken",
                "There is a \(title) \(whose ?? "that Pawl has not made"), which is left alone.",
                remedy: "Look at it, and remove or rename it by hand if nobody needs it; then try again."
            )
        }
    }

    /// Makes an object, or puts one of its fields right.
    ///
    /// - Returns: whether anything had to be done.
    private func put(
        _ found: PlainObject?,
        _ wanted: JSONValue,
        _ field: String,
        _ target: RequestTarget
    ) async throws(Trouble) -> Bool {
        guard let found else {
            _ = try await asked { () async throws(KubernetesError) in
                try await client.create(wanted, target.resource, namespace: target.namespace)
            }
            return true
        }
        if target.resource == .configMaps {
            guard GuardWord(ConfigMap(found.json)) != GuardWord(ConfigMap(wanted)) else { return false }
            let data = wanted[field] ?? .null
            _ = try await asked { () async throws(KubernetesError) in
                try await client.change(target, by: .merge([field: data]))
            }
            return true
        }
        guard found.json[field]?.sorted != wanted[field]?.sorted else { return false }
        var whole = found.json
        whole[field] = wanted[field]
        let changed = whole
        _ = try await asked { () async throws(KubernetesError) in try await client.replace(target, with: changed) }
        return true
    }

    /// What keeps it from letting the next upgrade through; nil where none is installed, or none that can be seen.
    package func observed() async throws(Trouble) -> ObservedGuard? {
        let told = try await find(policy.parametersTarget)
        var edits: [String] = []
        do throws(Trouble) {
            switch try await status().state {
            case .notAvailable: return nil
            case .absent: return nil
            case .installed: break
            case .differs(let clauses): edits = clauses
            }
        } catch {
            // Who may not look at policies sees the ConfigMap, which only an installed guard has.
            guard error.code == "cluster-forbidden" else { throw error }
            guard let told, policy.made(told.metadata) else { return nil }
        }
        let target = policy.parametersTarget
        let answer = try await asked { () async throws(KubernetesError) in try await client.may(.patch, target) }
        var obstacles: [String] = []
        if !answer.isAllowed { obstacles.append("Pawl's account may not change the ConfigMap \(policy.parameters)") }
        if told == nil { obstacles.append("the ConfigMap \(policy.parameters) is missing") }
        return ObservedGuard(
            obstacles: obstacles,
            edits: edits,
            rules: answer.isAllowed ? "" : answer.rule.text
        )
    }

    // MARK: Telling it

    /// Whether its ConfigMap is there, as far as Pawl's everyday rights reach.
    func isTold() async throws(Trouble) -> Bool { try await told() != nil }

    /// What its ConfigMap says; nil where there is none that Pawl has made.
    func told() async throws(Trouble) -> GuardWord? {
        let (name, namespace) = (policy.parameters, policy.namespace)
        let found = try await deployment.ask { () async throws(KubernetesError) in
            try await client.find(ConfigMap.self, name, in: namespace)
        }
        guard let found, policy.made(found.metadata) else { return nil }
        return GuardWord(found)
    }

    /// Says what may run from now on.
    func tell(_ word: GuardWord) async throws(Trouble) {
        let target = policy.parametersTarget
        _ = try await deployment.ask { () async throws(KubernetesError) in
            try await client.change(target, by: .merge(["data": word.data]))
        }
    }

    /// Waits until the API server goes by what was said, which it hears a moment later.
    ///
    /// - Parameters:
    ///   - version: what is tried, on a workload of the release, without anything being changed.
    ///   - wanted: whether it is to be rejected.
    /// - Returns: whether it came to that; nil where that cannot be tried.
    /// - Throws: codes of a cluster that cannot be asked.
    func comesTo(_ version: String, isRejected wanted: Bool) async throws(Trouble) -> Bool? {
        guard let workload = try await deployment.workloads().first(where: { $0.kind.isScaled }) else { return nil }
        let elapsed = stopwatch(deployment.clock)
        while true {
            guard let isRejected = try await rejects(version, workload) else { return nil }
            if isRejected == wanted { return true }
            guard elapsed() < deployment.limits.admission else { return false }
            try await deployment.pause(deployment.limits.pace)
        }
    }

    /// Whether the guard rejects a version of a workload; nil where something else does.
    private func rejects(_ version: String, _ workload: LiveWorkload) async throws(Trouble) -> Bool? {
        let target = RequestTarget(workload.kind.resource, namespace: policy.namespace, name: workload.name)
        // Something of the template always changes; otherwise what it is already would pass as no change.
        let metadata: JSONValue = [
            "annotations": ["pawl/guard": "tried"], "labels": ["app.kubernetes.io/version": .string(version)],
        ]
        do throws(KubernetesError) {
            _ = try await client.change(
                target,
                by: .merge(["spec": ["template": ["metadata": metadata]]]),
                options: WriteOptions(isDryRun: true)
            )
            return false
        } catch {
            if error.kind == .cancelled { throw .ofCluster(error) }
            return error.status?.message.contains("ValidatingAdmissionPolicy '\(policy.name)'") == true ? true : nil
        }
    }

    // MARK: Asking

    private func asked<Answer: Sendable>(
        _ question: () async throws(KubernetesError) -> Answer
    ) async throws(Trouble) -> Answer {
        do throws(KubernetesError) {
            return try await question()
        } catch {
            throw .ofCluster(error)
        }
    }

    private func find(_ target: RequestTarget) async throws(Trouble) -> PlainObject? {
        do throws(KubernetesError) {
            return PlainObject(try await client.read(target))
        } catch {
            guard error.kind == .notFound else { throw .ofCluster(error) }
            return nil
        }
    }
}

extension JSONValue {
    /// The same with every object's fields in the order of their names.
    fileprivate var sorted: JSONValue {
        switch self {
        case .object(let fields):
            .object(fields.map { Field($0.name, $0.value.sorted) }.sorted { $0.name < $1.name })
        case .array(let elements): .array(elements.map(\.sorted))
        case .null, .bool, .number, .string: self
        }
    }
}
