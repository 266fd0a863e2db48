import Kubernetes
import SimulatedCluster
import Synchronization
import Testing
import UpgradeModel

@testable import Orchestrated

/// Installing, looking at and removing the guard, over a server that knows what policies are.
@Suite(.timeLimit(.minutes(2))) struct ReleaseGuardTests {
    private static let maps = "/api/v1/namespaces/shop/configmaps"
    private static let word = GuardWord(mark: "1.1.0", allowed: ["1.1.0"], others: ["Deployment/demo-database=15"])

    private static func serve(
        minor: Int = 31,
        denied: Set<String> = [],
        _ body: @Sendable @escaping (SimulatedAPIServer, HelmDeployment) async throws -> Void
    ) async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.servePolicies(minor: minor, denied: denied)
            for object in Shop.objects("1.1.0") { server.put(object, in: Shop.deployments) }
            let deployment = GuardedPlace.deployment(.plain(port), folder: "/nowhere")
            try await body(server, deployment)
            await deployment.client.shutdown()
        }
    }

    /// The names of everything that a guard is made of.
    private static func objects(_ server: SimulatedAPIServer) -> [String] {
        [SimulatedAPIServer.policies, SimulatedAPIServer.policyBindings, maps]
            .flatMap { server.objects(in: $0) }.compactMap { $0[path: ["metadata", "name"]]?.string }
    }

    private static func edit(
        _ server: SimulatedAPIServer,
        _ collection: String,
        _ change: (inout JSONValue) -> Void
    ) throws {
        var object = try #require(server.objects(in: collection).first)
        change(&object)
        server.put(object, in: collection)
    }

    @Test func `it is installed, bites, and is removed without a trace`() async throws {
        try await Self.serve { (server, deployment) async throws in
            let own = ReleaseGuard(deployment)
            #expect(try await own.status().state == .absent)
            let installed = try await own.install(Self.word)
            #expect(
                installed.changed == [
                    "ConfigMap pawl-guard.demo", "ValidatingAdmissionPolicy pawl-shop-demo",
                    "ValidatingAdmissionPolicyBinding pawl-shop-demo",
                ]
            )
            #expect(installed.rejects == true)
            let status = try await own.status()
            #expect(status == GuardStatus(.installed, serverVersion: "v1.31.4", word: Self.word))
            // Nothing was changed when it was tried.
            let labels = server.objects(in: Shop.deployments).map { object in
                object[path: ["spec", "template", "metadata", "labels", "app.kubernetes.io/version"]]?.string
            }
            #expect(!labels.contains("0.0.0-pawl-guard"))
            #expect(try await own.remove().count == 3)
            #expect(Self.objects(server) == [])
            #expect(try await own.status().state == .absent)
            #expect(try await own.remove() == [])
        }
    }

    @Test func `installing again changes nothing`() async throws {
        try await Self.serve { (server, deployment) async throws in
            let own = ReleaseGuard(deployment)
            _ = try await own.install(Self.word)
            let versions = server.state.withLock { $0.version }
            #expect(try await own.install(Self.word).changed == [])
            #expect(server.state.withLock { $0.version } == versions)
            let newer = GuardWord(mark: "1.2.0", allowed: ["1.2.0"])
            #expect(try await own.install(newer).changed == ["ConfigMap pawl-guard.demo"])
        }
    }

    @Test func `what somebody has edited is told with who did it, and put right`() async throws {
        try await Self.serve { (server, deployment) async throws in
            let own = ReleaseGuard(deployment)
            _ = try await own.install(Self.word)
            try Self.edit(server, SimulatedAPIServer.policies) { object in
                object[path: ["spec", "failurePolicy"]] = "Ignore"
                object[path: ["metadata", "managedFields"]] = [
                    ["manager": "kubectl-edit", "operation": "Update", "time": "2026-11-28T09:00:00Z"]
                ]
            }
            try Self.edit(server, SimulatedAPIServer.policyBindings) { object in
                object[path: ["spec", "matchResources"]] = ["excludeResourceRules": []]
            }
            guard case .differs(let clauses) = try await own.status().state else {
                Issue.record("an edited guard is called another state")
                return
            }
            #expect(clauses.count == 2)
            #expect(clauses.first?.contains("another failurePolicy (last written by kubectl-edit") == true)
            #expect(clauses.last == "the binding pawl-shop-demo has another matchResources")
            #expect(try await own.observed()?.edits == clauses)
            #expect(try await own.install(Self.word).changed.count == 2)
            #expect(try await own.status().state == .installed)
        }
    }

    @Test(arguments: ["validatingadmissionpolicies", "validatingadmissionpolicybindings", "configmaps"])
    func `a part that is missing is told, and made again`(_ plural: String) async throws {
        try await Self.serve { (server, deployment) async throws in
            let own = ReleaseGuard(deployment)
            _ = try await own.install(Self.word)
            switch plural {
            case "configmaps": server.remove("pawl-guard.demo", from: Self.maps)
            case "validatingadmissionpolicies": server.remove("pawl-shop-demo", from: SimulatedAPIServer.policies)
            default: server.remove("pawl-shop-demo", from: SimulatedAPIServer.policyBindings)
            }
            guard case .differs(let clauses) = try await own.status().state else {
                Issue.record("a guard without \(plural) is called another state")
                return
            }
            #expect(clauses.count == 1 && clauses.first?.contains("missing") == true)
            #expect(try await own.observed()?.obstacles.isEmpty == (plural != "configmaps"))
            #expect(try await own.install(Self.word).changed.count == 1)
            #expect(try await own.status().state == .installed)
        }
    }

    @Test func `what has its name and is somebody else's is left alone`() async throws {
        try await Self.serve { (server, deployment) async throws in
            let own = ReleaseGuard(deployment)
            // Names may be the same where namespaces and releases are not; the marks tell them apart.
            let other = GuardPolicy(namespace: "sh", release: "op-demo")
            var foreign = other.policy
            foreign[path: ["metadata", "name"]] = "pawl-shop-demo"
            server.put(foreign, in: SimulatedAPIServer.policies)
            let refused = await #expect(throws: Trouble.self) { _ = try await own.install(Self.word) }
            #expect(refused?.code == "guard-name-taken")
            #expect(refused?.message.contains("of the release op-demo in the namespace sh") == true)
            let kept = await #expect(throws: Trouble.self) { _ = try await own.remove() }
            #expect(kept?.code == "guard-name-taken")
            #expect(Self.objects(server) == ["pawl-shop-demo"])
            guard case .differs = try await own.status().state else {
                Issue.record("a foreign policy is called another state")
                return
            }
        }
    }

    @Test(arguments: [20, 28, 29])
    func `where there are no policies it is said why`(_ minor: Int) async throws {
        try await Self.serve(minor: minor) { (server, deployment) async throws in
            let own = ReleaseGuard(deployment)
            guard case .notAvailable(let reason) = try await own.status().state else {
                Issue.record("1.\(minor) has policies")
                return
            }
            #expect(reason.contains("v1.\(minor).4") && reason.contains("1.30"))
            let refused = await #expect(throws: Trouble.self) { _ = try await own.install(Self.word) }
            #expect(refused?.code == "guard-not-available" && refused?.blame == .operator)
            #expect(try await own.remove() == [])
            #expect(try await own.observed() == nil)
            #expect(Self.objects(server) == [])
        }
    }

    @Test func `rights that installing needs are named with their ClusterRole, before anything is done`() async throws {
        let denied: Set<String> = ["create validatingadmissionpolicies", "get configmaps everywhere"]
        try await Self.serve(denied: denied) { (server, deployment) async throws in
            let own = ReleaseGuard(deployment)
            let refused = await #expect(throws: Trouble.self) { _ = try await own.install(Self.word) }
            #expect(refused?.code == "guard-forbidden")
            #expect(refused?.message.contains("get configmaps in all namespaces") == true)
            #expect(refused?.remedy.contains("ClusterRole") == true)
            #expect(
                refused?.remedy.contains(
                    """
                    - apiGroups: ["admissionregistration.k8s.io"]
                      resources: ["validatingadmissionpolicies"]
                      verbs: ["create"]
                    """
                ) == true
            )
            #expect(Self.objects(server) == [])
        }
    }

    @Test func `who may not tell the guard is told before an upgrade`() async throws {
        try await Self.serve(denied: ["patch configmaps"]) { (server, deployment) async throws in
            let own = ReleaseGuard(deployment)
            #expect(try await own.observed() == nil)
            server.put(own.policy.configMap(Self.word), in: Self.maps)
            server.put(own.policy.policy, in: SimulatedAPIServer.policies)
            server.put(own.policy.binding, in: SimulatedAPIServer.policyBindings)
            let seen = try #require(try await own.observed())
            #expect(seen.obstacles == ["Pawl's account may not change the ConfigMap pawl-guard.demo"])
            #expect(seen.edits == [])
            #expect(seen.rules.contains("configmaps") && seen.rules.contains("patch"))
        }
    }

    @Test func `who may not look at policies sees by the ConfigMap that there is a guard`() async throws {
        try await Self.serve { (server, deployment) async throws in
            server.script { request in
                guard request.path.hasPrefix(SimulatedAPIServer.policies), request.method == "GET" else { return nil }
                return .failure(
                    403,
                    "Forbidden",
                    "validatingadmissionpolicies.admissionregistration.k8s.io \"pawl-shop-demo\" is forbidden: User "
                        + "\"pawl\" cannot get resource \"validatingadmissionpolicies\" in API group "
                        + "\"admissionregistration.k8s.io\" at the cluster scope"
                )
            }
            let own = ReleaseGuard(deployment)
            #expect(try await own.observed() == nil)
            let refused = await #expect(throws: Trouble.self) { _ = try await own.status() }
            #expect(refused?.code == "cluster-forbidden")
            server.put(own.policy.configMap(Self.word), in: Self.maps)
            #expect(try await own.observed() == ObservedGuard())
        }
    }
}

/// The release `demo` in the namespace `shop`, for those who ask its API server and no Helm.
enum GuardedPlace {
    static func deployment(
        _ client: KubernetesClient,
        folder: String,
        limits: ClusterLimits = Shop.limits
    ) -> HelmDeployment {
        HelmDeployment(
            place: HelmPlace(kubeconfig: nil, context: nil, namespace: "shop", release: "demo", environment: [:]),
            product: Shop.product,
            settings: [:],
            client: client,
            helm: HelmTool(executable: "helm", version: HelmVersion(4, 3, 1)),
            folder: ReleasesFolder(path: folder),
            limits: limits
        )
    }
}
