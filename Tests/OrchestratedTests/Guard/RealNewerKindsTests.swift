import Foundation
import Kubernetes
import SimulatedCluster
import Testing
import UpgradeModel

@testable import Orchestrated

/// Kinds in versions that a cluster of 1.20 does not serve, as Pawl's own code reads them: where `KUBEBUILDER_ASSETS` has
/// a newer API server. Nobody there looks after workloads, so that what controllers say is written by the tests.
@Suite(
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: NewerAPIServer.isHere, "KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver")
)
struct RealNewerKindsTests {
    private func serve(_ body: (KubernetesClient, HelmDeployment) async throws -> Void) async throws {
        try await NewerAPIServer.serve { server in
            let client = server.client()
            for object in Shop.objects("1.0.0") {
                _ = try await client.create(object, .deployments, namespace: "shop")
            }
            try await body(
                client,
                GuardedPlace.deployment(client, folder: "/nowhere", limits: ClusterLimits(pace: .milliseconds(50)))
            )
            await client.shutdown()
        }
    }

    @Test func `budgets are read from policy v1`() async throws {
        try await serve { client, deployment in
            let kind = ResourceType.podDisruptionBudgetsV1
            for (name, allowed) in [("tight", 0), ("loose", 1)] {
                let spec: JSONValue = ["minAvailable": 1, "selector": ["matchLabels": ["app": .string(name)]]]
                _ = try await client.create(
                    ["metadata": ["name": .string(name)], "spec": spec],
                    kind,
                    namespace: "shop"
                )
                let status: JSONValue = [
                    "disruptionsAllowed": JSONValue(allowed), "currentHealthy": JSONValue(1 + allowed),
                    "desiredHealthy": 1, "expectedPods": JSONValue(1 + allowed), "observedGeneration": 1,
                ]
                _ = try await client.change(
                    RequestTarget(kind, namespace: "shop", name: name, subresource: "status"),
                    by: .merge(["status": status])
                )
            }
            let served = try await client.servedAPIs(Set(PodDisruptionBudget.resources.map(\.apiVersion)))
            #expect(served.first(of: PodDisruptionBudget.resources) == kind)
            let clauses = try await ClusterScout(deployment).budgets()
            #expect(clauses == ["`tight` wants 1 of its pods, and 1 are well"])
        }
    }

    @Test func `autoscalers of version 2 are recorded, rest while their workload stands still, and stay`() async throws
    {
        try await serve { client, deployment in
            let kind = ResourceType.horizontalPodAutoscalersV2
            let metric: JSONValue = [
                "type": "Resource",
                "resource": ["name": "memory", "target": ["type": "Utilization", "averageUtilization": 70]],
            ]
            let spec: JSONValue = [
                "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "demo-api"],
                "minReplicas": 2, "maxReplicas": 9, "metrics": [metric],
            ]
            _ = try await client.create(["metadata": ["name": "api"], "spec": spec], kind, namespace: "shop")
            _ = try await client.setScale(of: .deployments, "demo-api", in: "shop", to: 5)

            try await withScratchFolder { folder in
                let path = "\(folder)/writers.json"
                let record = try await deployment.recordWriters(of: try ReleaseVersion("1.0.0"), at: path)
                let api = try #require(record.writers.first { $0.component == "api" })
                #expect(api.replicas == 5)
                #expect(api.autoscaler == ScaledWriters.Autoscaler(name: "api", minimum: 2, maximum: 9))

                try await deployment.stopWriters(recordedAt: path) { _, _ in }
                #expect(try await deployment.probeStopped() == .done(.done))
                #expect(try await client.scale(of: .deployments, "demo-api", in: "shop").replicas == 0)

                try await deployment.putBack(recordedAt: path, above: nil) { _, _ in }
                #expect(try await deployment.probePutBack(recordedAt: path, above: nil) == .done(.done))
                let live = try await client.read(DeploymentObject.self, "demo-api", in: "shop")
                #expect(live.replicas == 5)
                #expect(!live.metadata.managers.contains { $0.name == "pawl" })
                let scaler = try await client.read(HorizontalPodAutoscaler.self, "api", in: "shop", of: kind)
                #expect(scaler.minimum == 2 && scaler.maximum == 9 && scaler.metrics == ["memory"])
            }
        }
    }
}
