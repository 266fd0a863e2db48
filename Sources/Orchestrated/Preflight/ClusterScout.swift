internal import Foundation
internal import Kubernetes
internal import Processes
package import UpgradeModel

/// Looks at what a cluster has to offer to a release, before anything of it is touched. Judges nothing, and changes
/// nothing.
package struct ClusterScout: Sendable {
    private let deployment: HelmDeployment

    private var client: KubernetesClient { deployment.client }
    private var namespace: String { deployment.place.namespace }

    /// Names what is looked at.
    package init(_ deployment: HelmDeployment) { self.deployment = deployment }

    // MARK: What the release comes to

    /// What a chart and values come to for this cluster.
    ///
    /// - Parameter request: the chart and the files of values.
    /// - Returns: its objects, as an upgrade would bring them; where the account may not ask for that, as Helm makes them
    ///   without the cluster.
    /// - Throws: blame `release`, code `chart-refused`, where Helm cannot make anything of it.
    package func manifest(of request: HelmUpgrade) async throws(Trouble) -> [ManifestObject] {
        do {
            return try Manifest.parse(try await deployment.rendered(request, looksUp: true))
        } catch  where error.code == "chart-refused" {
            return try Manifest.parse(try await deployment.rendered(request, looksUp: false))
        }
    }

    /// What of a manifest the cluster does not serve, such as `apps/v1beta1 Deployment (api)`.
    package func unserved(_ objects: [ManifestObject]) async throws(Trouble) -> [String] {
        try await deployment.unservedKinds(objects)
    }

    /// The rights that Helm needs to change what a manifest holds, beside those that Pawl needs anyway.
    package func rights(toChange objects: [ManifestObject]) async throws(Trouble) -> [ClusterRight] {
        let served: ServedAPIs
        do {
            served = try await client.servedAPIs(Set(objects.map(\.apiVersion)))
        } catch {
            throw .ofCluster(error)
        }
        var kinds: [ResourceType] = []
        for object in objects {
            guard let kind = served.resource(apiVersion: object.apiVersion, kind: object.kind), !kinds.contains(kind)
            else { continue }
            kinds.append(kind)
        }
        return ClusterRights.helm(changing: kinds)
    }

    /// Those of some rights that the account does not have.
    package func missing(of rights: [ClusterRight]) async throws(Trouble) -> [ClusterRight] {
        do {
            return try await client.missing(of: rights, in: namespace)
        } catch {
            throw .ofCluster(error)
        }
    }

    // MARK: Room for it

    /// What the namespace's quota does not allow of a release; one clause each.
    package func quota(for objects: [ManifestObject]) async throws(Trouble) -> [String] {
        let (going, coming) = try await change(objects)
        do {
            let quotas = try await client.list(ResourceQuota.self, in: namespace).all()
            return QuotaPlan.excess(quotas, going: going, coming: coming)
        } catch {
            throw .ofCluster(error)
        }
    }

    /// Pods of a release that no node has room for once the writers are stopped; one clause each.
    ///
    /// - Throws: code `cluster-forbidden` where the account may not look at nodes, or at the pods of all namespaces.
    package func room(for objects: [ManifestObject]) async throws(Trouble) -> [String] {
        let live = try await deployment.workloads()
        let writers = live.filter { deployment.product.isWriter($0) }
        var going: Set<String> = []
        for workload in writers {
            going.formUnion(try await deployment.pods(of: workload).all.map(\.metadata.uid))
        }
        let coming = try await change(objects).coming
        do throws(KubernetesError) {
            var plan = RoomPlan(try await client.list(ClusterNode.self, in: nil).all())
            var pods = client.list(Pod.self, in: nil).makeAsyncIterator()
            while let pod = try await pods.next() {
                guard !["Succeeded", "Failed"].contains(pod.phase), !going.contains(pod.metadata.uid) else { continue }
                plan.note(pod)
            }
            return plan.place(coming)
        } catch {
            throw .ofCluster(error)
        }
    }

    /// The pods that a hop takes away and those that come: those of workloads that are scaled, and hold no database.
    private func change(_ objects: [ManifestObject]) async throws(Trouble) -> (going: [PodGroup], coming: [PodGroup]) {
        let live = try await deployment.workloads()
        let product = deployment.product
        let going = live.filter { product.isWriter($0) }.map { $0.group(like: nil) }
        let coming = objects.compactMap { object in
            LiveWorkload(object.body, kind: object.kind, release: deployment.place.release)
        }.filter { product.isWriter($0) }.map { workload in
            workload.group(like: live.first { $0.kind == workload.kind && $0.name == workload.name })
        }
        return (going, coming)
    }

    // MARK: Images

    /// The images of a manifest, and what is known of each.
    package func images(of objects: [ManifestObject]) async throws(Trouble) -> [ObservedClusterImage] {
        var references: [String] = []
        var pullSecrets: Set<String> = []
        for object in objects {
            guard let spec = object.podSpec else { continue }
            for list in ["initContainers", "containers"] {
                for container in spec[list]?.elements ?? [] {
                    guard let image = container["image"]?.string, !references.contains(image) else { continue }
                    references.append(image)
                }
            }
            pullSecrets.formUnion((spec["imagePullSecrets"]?.elements ?? []).compactMap { $0["name"]?.string })
        }
        // Who may not look at nodes knows what the pods of the namespace say.
        let nodes = try? await client.list(ClusterNode.self, in: nil).all()
        var facts = ImageFacts(nodes: nodes)
        do throws(KubernetesError) {
            var pods = client.list(Pod.self, in: namespace).makeAsyncIterator()
            while let pod = try await pods.next() { facts.note(pod) }
        } catch {
            throw .ofCluster(error)
        }
        return references.map { facts.look($0, pullSecrets: pullSecrets.sorted()) }
    }

    // MARK: Who may stand in the way

    /// The budgets that allow none of their pods to go; one clause each.
    package func budgets() async throws(Trouble) -> [String] {
        do {
            let served = try await client.servedAPIs(Set(PodDisruptionBudget.resources.map(\.apiVersion)))
            guard let resource = served.first(of: PodDisruptionBudget.resources) else { return [] }
            let selection = ObjectSelection(resource, in: namespace)
            return try await client.list(PodDisruptionBudget.self, selection).all()
                .filter { $0.disruptionsAllowed == 0 && $0.desiredHealthy > 0 }
                .map { budget in
                    "`\(budget.metadata.name)` wants \(budget.desiredHealthy) of its pods, and "
                        + "\(budget.currentHealthy) are well"
                }
        } catch {
            throw .ofCluster(error)
        }
    }

    /// The controllers that keep the release as a repository says, in words.
    package func gitOps() async throws(Trouble) -> [String] {
        var owners: [GitOpsOwner] = []
        for workload in try await deployment.workloads() { owners += GitOpsOwner.all(of: workload.metadata) }
        return await client.active(owners, besides: namespace).map(\.text)
    }

    /// The webhooks that must be asked about a manifest's objects and have nobody to answer, by name.
    ///
    /// - Throws: code `cluster-forbidden` where the account may not look at them.
    package func brokenWebhooks(for objects: [ManifestObject]) async throws(Trouble) -> [String] {
        var found: [AdmissionWebhook] = []
        do throws(KubernetesError) {
            for kind in AdmissionWebhook.kinds {
                var walk = client.list(PlainObject.self, ObjectSelection(kind, in: nil)).makeAsyncIterator()
                while let object = try await walk.next() { found += AdmissionWebhook.all(in: object.json) }
            }
        } catch {
            throw .ofCluster(error)
        }
        let kinds = Set(objects.map { "\($0.group)/\($0.kind.lowercased())s" } + ["/pods"])
        let space = try? await client.read(RequestTarget(.namespaces, name: namespace))
        let labels = space.map { PlainObject($0).metadata.labels } ?? ["kubernetes.io/metadata.name": namespace]
        var broken: [String] = []
        for webhook in found where webhook.mustBeAsked(about: kinds, in: labels) {
            guard let service = webhook.service else { continue }
            // Whose endpoints nobody shows us, nobody can call down.
            guard let ready = try? await client.find(Endpoints.self, service.name, in: service.namespace)?.ready ?? []
            else { continue }
            if ready.isEmpty { broken.append(webhook.name) }
        }
        return broken
    }
}

extension ManifestObject {
    /// The group of its API.
    var group: String { apiVersion.split(separator: "/").count == 2 ? String(apiVersion.prefix { $0 != "/" }) : "" }

    /// What its pods are, where it makes any.
    var podSpec: JSONValue? {
        switch kind {
        case "Pod": body["spec"]
        case "CronJob": body[path: ["spec", "jobTemplate", "spec", "template", "spec"]]
        default: body[path: ["spec", "template", "spec"]]
        }
    }
}
