import SimulatedCluster
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct QuestionTests {
    @Test func `the server's version and what it serves are read`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.script { request in
                switch request.path {
                case "/version": ServerAnswer(["major": "1", "minor": "20+", "gitVersion": "v1.20.2-gke.1"])
                case "/api": ServerAnswer(["kind": "APIVersions", "versions": ["v1"]])
                case "/apis":
                    ServerAnswer([
                        "groups": [
                            [
                                "name": "policy", "versions": [["groupVersion": "policy/v1beta1"]],
                                "preferredVersion": ["version": "v1beta1"],
                            ],
                            ["name": "metrics.k8s.io", "versions": [["groupVersion": "metrics.k8s.io/v1beta1"]]],
                        ]
                    ])
                case "/api/v1":
                    ServerAnswer([
                        "resources": [
                            ["name": "pods", "kind": "Pod", "namespaced": true],
                            ["name": "pods/log", "kind": "Pod", "namespaced": true],
                            ["name": "nodes", "kind": "Node", "namespaced": false],
                        ]
                    ])
                case "/apis/policy/v1beta1":
                    ServerAnswer([
                        "resources": [
                            ["name": "poddisruptionbudgets", "kind": "PodDisruptionBudget", "namespaced": true]
                        ]
                    ])
                default: .failure(503, "ServiceUnavailable", "the server is currently unable to handle the request")
                }
            }
            let client = KubernetesClient.plain(port)
            let version = try await client.version()
            #expect(version.major == 1)
            #expect(version.minor == 20)
            let served = try await client.servedAPIs()
            #expect(served.serves(.pods))
            #expect(!served.serves(.deployments))
            #expect(served.first(of: PodDisruptionBudget.resources) == .podDisruptionBudgetsV1beta1)
            #expect(served.resource(apiVersion: "v1", kind: "Node")?.isNamespaced == false)
            #expect(served.resources["v1"]?.count == 2, "parts of objects are not kinds")
            #expect(served.unanswered == ["metrics.k8s.io/v1beta1"], "one group's server is down, the rest is known")
            #expect(served.preferred == ["": "v1", "policy": "v1beta1"])
            await client.shutdown()
        }
    }

    @Test func `one's own rights are asked for, and an answer is asked for again`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.once(
                .failure(500, "InternalError", "no"),
                ServerAnswer(201, ["status": ["allowed": false, "reason": "no rule"]]),
                ServerAnswer(201, ["status": ["allowed": true]])
            )
            let client = KubernetesClient.plain(port)
            let target = RequestTarget(.deployments, namespace: "shop", subresource: "scale")
            let no = try await client.may(.patch, target)
            #expect(!no.isAllowed)
            #expect(no.reason == "no rule")
            #expect(no.rule.text.contains(#"resources: ["deployments/scale"]"#))
            let asked = try #require(server.seen.last?.json)
            #expect(
                asked[path: ["spec", "resourceAttributes"]]?.text
                    == #"{"verb":"patch","group":"apps","version":"v1","resource":"deployments","namespace":"shop","subresource":"scale"}"#
            )
            #expect(try await client.may(.patch, target).isAllowed)
            await client.shutdown()
        }
    }
}
