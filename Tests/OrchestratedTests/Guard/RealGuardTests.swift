import Foundation
import Kubernetes
import Processes
import SimulatedCluster
import Testing
import UpgradeModel

@testable import Orchestrated

/// The guard at a real API server, which reads its CEL: where `KUBEBUILDER_ASSETS` has one of 1.30 or newer.
@Suite(
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: NewerAPIServer.isHere, "KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver")
)
struct RealGuardTests {
    private static let patience = ClusterLimits(pace: .milliseconds(100))

    /// Serves while `body` runs, with the workloads of 1.1.0 and a guard that lets nothing else through.
    private static func guarded(
        _ body: (KubernetesClient, HelmDeployment, ReleaseGuard) async throws -> Void
    ) async throws {
        try await NewerAPIServer.serve { server in
            let client = server.client()
            let deployment = GuardedPlace.deployment(client, folder: "/nowhere", limits: patience)
            for object in Shop.objects("1.1.0") {
                _ = try await client.create(object, .deployments, namespace: "shop")
            }
            let own = ReleaseGuard(deployment)
            #expect(try await own.status().state == .absent)
            let installed = try await own.install(try word("1.1.0"))
            #expect(installed.changed.count == 3)
            #expect(installed.rejects == true)
            try await body(client, deployment, own)
            await client.shutdown()
        }
    }

    private static func word(_ version: String) throws -> GuardWord {
        let objects = try Shop.objects(version).map { try #require(ManifestObject($0)) }
        return GuardWord(of: try ReleaseVersion(version), objects, helm: "demo")
    }

    private static func target(_ name: String) -> RequestTarget {
        RequestTarget(.deployments, namespace: "shop", name: name)
    }

    /// What the server says to a change; nil where it makes it.
    private static func refusal(
        _ client: KubernetesClient,
        _ name: String,
        _ patch: JSONValue
    ) async throws -> KubernetesError? {
        do throws(KubernetesError) {
            _ = try await client.change(target(name), by: .merge(patch))
            return nil
        } catch {
            return error
        }
    }

    private static func label(_ version: String) -> JSONValue {
        ["spec": ["template": ["metadata": ["labels": ["app.kubernetes.io/version": .string(version)]]]]]
    }

    private static func image(_ container: String, _ image: String) -> JSONValue {
        let all: JSONValue = [["name": .string(container), "image": .string(image)]]
        return ["spec": ["template": ["spec": ["containers": all]]]]
    }

    @Test func `what is installed is what is read back, and installing again changes nothing`() async throws {
        try await Self.guarded { (_, _, own) async throws in
            #expect(try await own.status().state == .installed)
            #expect(try await own.install(try Self.word("1.1.0")).changed == [])
            #expect(try await own.observed() == ObservedGuard())
        }
    }

    @Test func `an older version is rejected in words, and scaling and removing pass`() async throws {
        try await Self.guarded { (client, _, own) async throws in
            let older = try #require(try await Self.refusal(client, "demo-api", Self.label("1.0.0")))
            #expect(older.kind == .forbidden)
            #expect(older.status?.message.contains("Pawl forbids Deployment/demo-api in version 1.0.0") == true)
            #expect(older.status?.message.contains("only 1.1.0 may run") == true)
            // A newer one is not what the plan says either.
            #expect(try await Self.refusal(client, "demo-api", Self.label("1.2.0"))?.kind == .forbidden)
            // What says its version by its image alone is held to that.
            let image = Self.image("database", "shop/database:14")
            #expect(try await Self.refusal(client, "demo-database", image)?.kind == .forbidden)
            let same = Self.image("database", "shop/database:15@sha256:\(String(repeating: "a", count: 64))")
            #expect(try await Self.refusal(client, "demo-database", same) == nil)
            // Taking the mark off does not help.
            var unmarked = Self.label("1.0.0")
            unmarked[path: ["metadata", "annotations", "meta.helm.sh/release-name"]] = JSONValue.null
            let hidden = try await Self.refusal(client, "demo-api", unmarked)
            #expect(hidden?.kind == .forbidden)
            // Creating an older one is no way around.
            let created = await #expect(throws: KubernetesError.self) {
                var object = Shop.objects("1.0.0")[0]
                object[path: ["metadata", "name"]] = "demo-second"
                _ = try await client.create(object, .deployments, namespace: "shop")
            }
            #expect(created?.kind == .forbidden)

            let zero = try await client.setScale(of: .deployments, "demo-api", in: "shop", to: 0)
            #expect(zero.replicas == 0)
            #expect(try await Self.refusal(client, "demo-api", ["spec": ["replicas": 2]]) == nil)
            #expect(try await client.delete(Self.target("demo-worker")))
            withExtendedLifetime(own) {}
        }
    }

    @Test func `workloads of other releases, with and without labels, are none of its business`() async throws {
        try await Self.guarded { (client, _, _) async throws in
            for (number, metadata) in [["labels": ["app.kubernetes.io/instance": "other"]], [:]].enumerated() {
                var object = Shop.objects("0.9.0")[0]
                object["metadata"] = JSONValue.object(metadata.map { .init($0.key, JSONValue($0.value)) })
                object[path: ["metadata", "name"]] = .string("other-\(number)")
                _ = try await client.create(object, .deployments, namespace: "shop")
            }
            var own = Shop.objects("0.9.0")[0]
            own["metadata"] = ["name": "by-label", "labels": ["app.kubernetes.io/instance": "demo"]]
            let object = own
            let refused = await #expect(throws: KubernetesError.self) {
                _ = try await client.create(object, .deployments, namespace: "shop")
            }
            #expect(refused?.kind == .forbidden)
        }
    }

    @Test func `what it is told counts, and what was edited is put right`() async throws {
        try await Self.guarded { (client, _, own) async throws in
            try await own.tell(try Self.word("1.2.0"))
            #expect(try await own.comesTo("1.2.0", isRejected: false) == true)
            #expect(try await Self.refusal(client, "demo-api", Self.label("1.2.0")) == nil)
            #expect(try await Self.refusal(client, "demo-api", Self.label("1.1.0"))?.kind == .forbidden)

            _ = try await client.change(own.policy.policyTarget, by: .merge(["spec": ["failurePolicy": "Ignore"]]))
            guard case .differs(let clauses) = try await own.status().state else {
                Issue.record("an edited guard is called another state")
                return
            }
            #expect(clauses.first?.contains("another failurePolicy") == true)
            #expect(try await own.install(try Self.word("1.2.0")).changed.count == 1)
            #expect(try await own.status().state == .installed)

            #expect(try await own.remove().count == 3)
            #expect(try await own.status().state == .absent)
            #expect(try await own.comesTo("1.0.0", isRejected: false) == true)
        }
    }

    @Test func `without rights it says which, and changes nothing`() async throws {
        try await NewerAPIServer.serve { server in
            let client = server.client(mayDoEverything: false)
            let own = ReleaseGuard(GuardedPlace.deployment(client, folder: "/nowhere", limits: Self.patience))
            let refused = await #expect(throws: Trouble.self) { _ = try await own.install(try Self.word("1.1.0")) }
            #expect(refused?.code == "guard-forbidden")
            #expect(refused?.remedy.contains("validatingadmissionpolicybindings") == true)
            await client.shutdown()
        }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["PAWL_HELM"] != nil, "PAWL_HELM names no Helm"))
    func `helm rollback is stopped with the message, and changes no workload`() async throws {
        try await NewerAPIServer.serve { server in
            try await withScratchFolder { folder in
                try write(server.kubeconfig, to: "\(folder)/kubeconfig")
                let helm = try await HelmTool.locate(ProcessInfo.processInfo.environment)
                let environment = HelmPlace.environment(
                    ProcessInfo.processInfo.environment,
                    folder: "\(folder)/helm"
                )
                func call(_ words: String...) async throws -> Collected {
                    let all = words + ["--namespace", "shop", "--kubeconfig", "\(folder)/kubeconfig"]
                    let command = Command(helm.executable, all, environment: environment)
                    return try await collect(command, deadline: .seconds(120))
                }
                for (version, verb) in [("1.0.0", "install"), ("1.1.0", "upgrade")] {
                    let chart = try Self.chart(version, in: folder)
                    let done = try await call(verb, "demo", chart)
                    try #require(done.status.isSuccess, "\(done.errorText)")
                }
                let client = server.client()
                let own = ReleaseGuard(GuardedPlace.deployment(client, folder: folder, limits: Self.patience))
                #expect(try await own.install(try Self.word("1.1.0")).rejects == true)
                let back = try await call("rollback", "demo", "1")
                #expect(!back.status.isSuccess)
                #expect(back.errorText.contains("Pawl forbids Deployment/demo-api in version 1.0.0"))
                let live = try await client.read(DeploymentObject.self, "demo-api", in: "shop")
                #expect(live.containers.first?.image == "shop/api:1.1.0")
                await client.shutdown()
            }
        }
    }

    /// Makes a chart with one workload, as a folder.
    private static func chart(_ version: String, in folder: String) throws -> String {
        let chart = "\(folder)/\(version)/demo"
        try FileManager.default.createDirectory(atPath: chart + "/templates", withIntermediateDirectories: true)
        try write(
            "apiVersion: v2\nname: demo\nversion: \(version)\nappVersion: \"\(version)\"\n",
            to: chart + "/Chart.yaml"
        )
        let api = try #require(Shop.objects(version).first { $0[path: ["metadata", "name"]] == "demo-api" })
        try write(api.text + "\n", to: chart + "/templates/api.yaml")
        return chart
    }
}
