import Foundation
import Glibc
import Kubernetes
import Processes
import Testing
import UpgradeEngine
import UpgradeModel

@testable import Orchestrated

/// The same with a real Helm and real pods, where `KUBECONFIG`, `PAWL_HELM` and `PAWL_CLUSTER_IMAGE` name a cluster, a
/// Helm and an image with a shell that the machines have.
@Suite(
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: RealShop.isHere, "KUBECONFIG, PAWL_HELM or PAWL_CLUSTER_IMAGE is not set")
)
struct RealDeploymentTests {
    private func replicas(_ shop: RealShop) async throws -> Int {
        try await shop.client.read(DeploymentObject.self, "demo-api", in: shop.namespace).replicas
    }

    private func managers(_ shop: RealShop) async throws -> [String] {
        try await shop.client.read(DeploymentObject.self, "demo-api", in: shop.namespace).metadata.managers.map(\.name)
    }

    @Test func `a hop goes through, with its migration's lines in its log`() async throws {
        try await RealShop.open { (shop) async throws in
            try await shop.go(before: .removeWriters)
            #expect(try await replicas(shop) == 0)
            #expect(try await shop.probe(.stopWriters) == .done(.done))
            try await shop.perform(.removeWriters)
            #expect(try await !managers(shop).contains("pawl"))
            for kind in [Effect.Kind.switchRelease, .migrate, .start, .awaitHealth] { try await shop.perform(kind) }
            #expect(try await replicas(shop) == 1)
            #expect(try await shop.probe(.switchRelease) == .done(.done))
            #expect(try await shop.probe(.migrate) == .done(.done))
            let state = try await shop.deployment.observe(above: try ReleaseVersion("1.1.0"))
            #expect(try ClusterState.Release.version(ReleaseVersion("1.1.0")) == state.release)
            #expect(state.drift == [])
            #expect(try await !managers(shop).contains("pawl"))
        }
    }

    @Test func `an abort brings the pods back`() async throws {
        try await RealShop.open { (shop) async throws in
            try await shop.go(before: .removeWriters)
            try await shop.perform(.putBack)
            #expect(try await replicas(shop) == 1)
            #expect(try await shop.probe(.putBack) == .done(.done))
            try await shop.deployment.awaitHealthy(try ReleaseVersion("1.0.0")) { _, _ in }
            // Whoever goes on with Helm finds the fields free.
            try await shop.helmCall(["upgrade", "demo", "\(shop.folder)/demo-1.0.0.tgz", "--set", "replicas=2"])
            #expect(try await replicas(shop) == 2)
        }
    }

    @Test func `a migration that fails ends with its last words, and a retry with mended values succeeds`() async throws
    {
        try await RealShop.open(values: "migrate: echo no such column; exit 4\n") { (shop) async throws in
            try await shop.go(before: .migrate)
            do {
                try await shop.perform(.migrate)
                Issue.record("the migration ends with 4")
            } catch let trouble as Trouble {
                #expect(trouble.code == "migration-failed")
                #expect(trouble.message.contains("status 4"))
                #expect(trouble.message.contains("no such column"))
            }
            let log = try String(contentsOfFile: "\(shop.folder)/run/0-api-migrations-1.log", encoding: .utf8)
            #expect(log.contains("migrating to 1.1.0"))
            shop.values.current = "migrate: echo fine\n"
            #expect(try await shop.probe(.migrate, attempt: 2) == .notStarted)
            for kind in [Effect.Kind.migrate, .start, .awaitHealth] { try await shop.perform(kind, attempt: 2) }
            #expect(try await shop.deployment.heads().first?.revision == 3)
        }
    }

    @Test func `a retry without any change runs the migration anew`() async throws {
        try await RealShop.open(values: "migrate: test -e /tmp/never\n") { (shop) async throws in
            try await shop.go(before: .migrate)
            for attempt in 1...2 {
                do {
                    try await shop.perform(.migrate, attempt: attempt)
                    Issue.record("the migration never ends well")
                } catch let trouble as Trouble {
                    #expect(trouble.code == "migration-failed")
                }
            }
            let log = try String(contentsOfFile: "\(shop.folder)/run/0-api-migrations-2.log", encoding: .utf8)
            #expect(log.contains("migrating to 1.1.0"))
        }
    }

    @Test func `a Helm that was killed in the middle is gone over`() async throws {
        try await RealShop.open(values: "hang: true\n") { (shop) async throws in
            try await shop.go(before: .switchRelease)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await shop.perform(.switchRelease)
                        Issue.record("Helm was killed")
                    } catch let trouble as Trouble {
                        #expect(trouble.code == "helm-failed")
                    }
                }
                // The hook's job is the sign that the revision is begun.
                let selection = ObjectSelection(.jobs, in: shop.namespace)
                watching: for try await change in shop.client.watch(Job.self, selection) {
                    switch change {
                    case .present, .added: break watching
                    default: continue
                    }
                }
                let log = ToolLog(path: HelmDeployment.log(in: "\(shop.folder)/run"))
                for holder in log.holders { kill(holder.pid, SIGKILL) }
                try await group.waitForAll()
            }
            #expect(try await shop.deployment.heads().first?.status == .pendingUpgrade)
            guard case .underway = try await shop.probe(.switchRelease) else {
                Issue.record("the revision is pending")
                return
            }
            shop.values.current = ""
            try await shop.perform(.stage)
            try await shop.perform(.switchRelease)
            let heads = try await shop.deployment.heads()
            #expect(heads.map(\.status) == [.deployed, .failed, .superseded])
        }
    }

    @Test func `helm rollback by hand is seen`() async throws {
        try await RealShop.open { (shop) async throws in
            try await shop.helmCall(["upgrade", "demo", "\(shop.folder)/demo-1.1.0.tgz"])
            try await shop.helmCall(["rollback", "demo", "1"])
            let state = try await shop.deployment.observe(above: try ReleaseVersion("1.1.0"))
            #expect(state.drift.first?.contains("older than 1.1.0") == true)
            #expect(state.drift.first?.contains("Rollback to 1") == true)
        }
    }

    @Test func `a chart that omits the number of pods gets what was there`() async throws {
        try await RealShop.open(values: "replicas: null\n", installed: ["--set", "replicas=null"]) {
            (shop) async throws in
            _ = try await shop.client.setScale(of: .deployments, "demo-api", in: shop.namespace, to: 2)
            try await shop.go(before: .migrate)
            #expect(try await replicas(shop) == 2)
            for kind in [Effect.Kind.migrate, .start, .awaitHealth] { try await shop.perform(kind) }
        }
    }
}
