import Kubernetes
import SimulatedCluster
import Testing
import UpgradeModel

@testable import Orchestrated

@Suite struct ClusterFactsTests {
    // MARK: Controllers

    private func metadata(_ json: JSONValue) -> ObjectMetadata { PlainObject(["metadata": json]).metadata }

    @Test func `controllers are known by the marks that they leave`() {
        let argo = metadata(["annotations": ["argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/api"]])
        #expect(GitOpsOwner.all(of: argo).map(\.text) == ["Argo CD application shop"])
        let flux = metadata(
            ["labels": ["helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "flux-system"]]
        )
        #expect(GitOpsOwner.all(of: flux) == [GitOpsOwner(kind: .helmRelease, name: "shop", namespace: "flux-system")])
        let kustomized = metadata(["labels": ["kustomize.toolkit.fluxcd.io/name": "apps"]])
        #expect(GitOpsOwner.all(of: kustomized).map(\.text) == ["Flux Kustomization apps"])
        let written = metadata(["managedFields": [["manager": "argocd-controller", "operation": "Apply"]]])
        #expect(GitOpsOwner.all(of: written).map(\.text) == ["Argo CD application"])
        #expect(GitOpsOwner.all(of: metadata(["labels": ["app": "shop"]])).isEmpty)
    }

    @Test func `one that is suspended is not at work`() async throws {
        let owner = GitOpsOwner(kind: .helmRelease, name: "shop", namespace: "shop")
        try await SimulatedAPIServer.serve { server, port in
            let client = KubernetesClient.plain(port)
            #expect(await client.active([owner, owner], besides: "shop") == [owner])
            server.put(
                ["metadata": ["name": "shop"], "spec": ["suspend": true]],
                in: "/apis/helm.toolkit.fluxcd.io/v2/namespaces/shop/helmreleases"
            )
            #expect(await client.active([owner], besides: "shop").isEmpty)
            await client.shutdown()
        }
    }

    // MARK: Images

    @Test func `images are known by what nodes and pods have`() {
        let node = ClusterNode([
            "status": [
                "conditions": [["type": "Ready", "status": "True"]],
                "images": [["names": ["docker.io/demo/api:1", "docker.io/demo/api@sha256:00"]]],
            ]
        ])
        let waiting: JSONValue = ["reason": "ImagePullBackOff", "message": "denied"]
        let status: JSONValue = ["image": "demo/worker:1", "state": ["waiting": waiting]]
        let broken = Pod(["status": ["containerStatuses": [status]]])
        var facts = ImageFacts(nodes: [node])
        facts.note(broken)
        facts.note(Pod([:]))
        #expect(facts.look("demo/api:1", pullSecrets: []).condition == .onNodes)
        let refused = facts.look("demo/worker:1", pullSecrets: []).condition
        #expect(refused == .missing("a pod of the namespace was told: denied"))
        let unknown = facts.look("demo/router:1", pullSecrets: ["registry"]).condition
        #expect(unknown == .unknown("only the nodes can ask its registry, with `registry` as pull Secrets"))
    }

    @Test func `short names of images are of Docker's registry`() {
        #expect(ImageFacts.whole("nginx") == "docker.io/library/nginx:latest")
        #expect(ImageFacts.whole("demo/api:1") == "docker.io/demo/api:1")
        #expect(ImageFacts.whole("registry:5000/api@sha256:00") == "registry:5000/api@sha256:00")
    }

    // MARK: Webhooks

    @Test func `a webhook counts where it must be asked about what the release has`() throws {
        let configuration: JSONValue = [
            "webhooks": [
                [
                    "name": "policy.example.org",
                    "clientConfig": ["service": ["name": "policy", "namespace": "policies"]],
                    "rules": [["operations": ["CREATE"], "apiGroups": ["apps"], "resources": ["deployments"]]],
                    "namespaceSelector": ["matchExpressions": [["key": "free", "operator": "DoesNotExist"]]],
                ],
                ["name": "soft.example.org", "failurePolicy": "Ignore", "rules": [["operations": ["*"]]]],
            ]
        ]
        let hooks = AdmissionWebhook.all(in: configuration)
        let hook = try #require(hooks.first)
        #expect(hook.service == .init(name: "policy", namespace: "policies"))
        #expect(hook.mustBeAsked(about: ["apps/deployments"], in: [:]))
        #expect(!hook.mustBeAsked(about: ["/services"], in: [:]))
        #expect(!hook.mustBeAsked(about: ["apps/deployments"], in: ["free": "yes"]))
        #expect(!hooks[1].isNecessary)
    }

    // MARK: Rights

    @Test func `rules of a Role are written from the table, those of one kind together`() {
        let rules = ClusterRights.rules(ClusterRights.own)
        #expect(
            rules.contains(
                """
                - apiGroups: ["apps"]
                  resources: ["deployments/scale", "statefulsets/scale"]
                  verbs: ["get", "patch"]
                """
            )
        )
        #expect(rules.contains("\"pods/log\", \"pods/proxy\""))
        #expect(rules.contains("resources: [\"cronjobs\"]\n  verbs: [\"get\", \"list\", \"patch\"]"))
        #expect(ClusterRight(.patch, .deployments, part: "scale").text == "patch deployments/scale (apps)")
        #expect(ClusterRight(.get, .secrets).text == "get secrets")
    }

    @Test func `rights that the account lacks are named`() async throws {
        try await SimulatedAPIServer.serve { server, port in
            server.script { request in
                guard request.path.hasSuffix("selfsubjectaccessreviews") else { return nil }
                let attributes = request.json?[path: ["spec", "resourceAttributes"]]
                let isScale = attributes?["subresource"]?.string == "scale"
                let isAllowed = !(isScale && attributes?["verb"]?.string == "patch")
                return ServerAnswer(201, ["status": ["allowed": .bool(isAllowed)]])
            }
            let client = KubernetesClient.plain(port)
            let missing = try await client.missing(of: ClusterRights.own, in: "shop")
            #expect(
                missing.map(\.text) == ["patch deployments/scale (apps)", "patch statefulsets/scale (apps)"]
            )
            await client.shutdown()
        }
    }
}
