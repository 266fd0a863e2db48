import Foundation
import Kubernetes
import SimulatedCluster
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import Orchestrated

/// Every effect of a deployment in a cluster: done, looked at before and after, and interrupted.
@Suite(.timeLimit(.minutes(5))) struct HelmEffectsTests {
    private static let migrations = "api/migrations"

    @Test func `a hop goes through, and every probe sees what has happened`() async throws {
        try await Shop.open { (shop) async throws in
            #expect(try await shop.probe(.keepInstalled) == .notStarted)
            try await shop.perform(.keepInstalled)
            #expect(try await shop.probe(.keepInstalled) == .done(.done))
            #expect(try await shop.probe(.stage) == .notStarted)
            #expect(try await shop.perform(.stage) == .staged(migrations: [Self.migrations]))
            #expect(try await shop.probe(.recordWriters) == .notStarted)
            try await shop.perform(.recordWriters)
            #expect(try await shop.probe(.recordWriters) == .done(.done))
            #expect(try await shop.probe(.stopWriters) == .notStarted)
            try await shop.perform(.stopWriters)
            #expect(try await shop.probe(.stopWriters) == .done(.done))
            #expect(shop.replicas == ["router": 0, "api": 0, "worker": 0, "database": 1])
            #expect(shop.managers.contains("pawl"))
            try await shop.perform(.removeWriters)
            #expect(try await shop.probe(.removeWriters) == .done(.done))
            #expect(!shop.managers.contains("pawl"))
            #expect(try await shop.probe(.switchRelease) == .notStarted)
            try await shop.perform(.switchRelease)
            #expect(try await shop.probe(.switchRelease) == .done(.done))
            try await shop.perform(.migrate)
            #expect(try await shop.probe(.migrate) == .done(.done))
            try await shop.perform(.start)
            #expect(try await shop.probe(.start) == .done(.done))
            try await shop.perform(.awaitHealth)
            #expect(shop.replicas == ["router": 1, "api": 2, "worker": 1, "database": 1])
            #expect(!shop.managers.contains("pawl"))
            let state = try await shop.deployment.observe(above: try ReleaseVersion("1.1.0"))
            #expect(try ClusterState.Release.version(ReleaseVersion("1.1.0")) == state.release)
            #expect(state.drift == [])
            #expect(state.complaints == [])
            #expect(shop.calls.upgrades.count == 1)
        }
    }

    @Test func `Helm is called without waiting, and its revision is marked as the run's`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .migrate)
            let call = try #require(shop.calls.upgrades.first)
            #expect(call.contains("pawl=\(Shop.run).h0.a1.2"))
            #expect(call.contains("pawl \(Shop.run)/0/1"))
            #expect(!call.contains { ["--wait", "--atomic", "--force-conflicts"].contains($0) })
            let head = try #require(try await shop.deployment.heads().first)
            #expect(head.revision == 2)
            #expect(head.labels["pawl"] == "\(Shop.run).h0.a1.2")
        }
    }

    @Test func `what was deployed is not deployed again`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .migrate)
            try await shop.perform(.switchRelease)
            #expect(shop.calls.upgrades.count == 1)
            #expect(Shop.newest(shop.server) == 2)
        }
    }

    @Test func `a chart that leaves the number of pods to an autoscaler gets what was recorded`() async throws {
        try await Shop.open(omitsReplicas: true) { (shop) async throws in
            shop.server.put(
                [
                    "metadata": ["name": "demo-api"],
                    "spec": [
                        "scaleTargetRef": ["kind": "Deployment", "name": "demo-api"], "minReplicas": 2,
                        "maxReplicas": 9,
                    ],
                ],
                in: "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
            )
            try await shop.go(before: .switchRelease)
            let record = try #require(try ScaledWriters.read("\(shop.folder)/run/writers-0.json"))
            let writer = try #require(record.writers.first { $0.component == "api" })
            #expect(writer.replicas == 3)
            #expect(writer.autoscaler == ScaledWriters.Autoscaler(name: "demo-api", minimum: 2, maximum: 9))
            try await shop.perform(.switchRelease)
            #expect(shop.replicas["api"] == 3)
            #expect(!shop.managers.contains("pawl"))
        }
    }

    @Test func `an abort puts back what was recorded, and leaves no trace`() async throws {
        try await Shop.open { (shop) async throws in
            #expect(try await shop.probe(.putBack) == .done(.done), "nothing was recorded")
            try await shop.go(before: .removeWriters)
            guard case .underway = try await shop.probe(.putBack) else {
                Issue.record("the writers stand still")
                return
            }
            try await shop.perform(.putBack)
            #expect(try await shop.probe(.putBack) == .done(.done))
            #expect(shop.replicas == ["router": 1, "api": 2, "worker": 1, "database": 1])
            #expect(!shop.managers.contains("pawl"))
        }
    }

    @Test func `an abort does not start what is older than the databases`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .removeWriters)
            let context = try shop.context(above: "1.1.0")
            _ = try await shop.effects.perform(try shop.effect(.putBack), in: context)
            #expect(shop.replicas["api"] == 0)
            #expect(try await shop.effects.probe(try shop.effect(.putBack), in: context) == .done(.done))
        }
    }

    @Test func `who scales a writer up again is named`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .removeWriters)
            _ = try await shop.deployment.client.setScale(
                of: .deployments,
                "demo-api",
                in: "shop",
                to: 2,
                options: WriteOptions(fieldManager: "argocd-controller")
            )
            let trouble = try #require(try await shop.trouble(.removeWriters))
            #expect(trouble.code == "writer-scaled")
            #expect(trouble.message.contains("argocd-controller"))
            #expect(!trouble.changed)
        }
    }

    // MARK: Interruptions

    @Test func `a Helm that was killed leaves a revision that is unlocked, and it goes forward`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            try Shop.record(
                "1.1.0",
                2,
                on: shop.server,
                status: .pendingUpgrade,
                description: "Preparing upgrade",
                labels: ["pawl": "\(Shop.run).h0.a1.2"]
            )
            guard case .underway = try await shop.probe(.switchRelease) else {
                Issue.record("a pending revision is underway")
                return
            }
            try await shop.perform(.switchRelease)
            let heads = try await shop.deployment.heads()
            #expect(heads.map(\.revision) == [3, 2, 1])
            #expect(heads.map(\.status) == [.deployed, .failed, .superseded])
            #expect(try await shop.deployment.records.record(2)?.description.hasPrefix("Interrupted") == true)
            #expect(try await shop.probe(.switchRelease) == .done(.done))
        }
    }

    @Test func `a revision that somebody else is at work on is left alone`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .recordWriters)
            // However long ago it was begun: the clock of this machine knows nothing of that Helm.
            try Shop.record("1.0.0", 2, on: shop.server, status: .pendingUpgrade, description: "Preparing upgrade")
            let early = try #require(try await shop.trouble(.recordWriters))
            #expect(early.code == "helm-changed")
            #expect(!early.changed)
            #expect(shop.replicas["api"] == 2, "nothing was stopped")
            shop.server.remove("sh.helm.release.v1.demo.v2", from: ReleaseFixture.collection)
            for kind in [Effect.Kind.recordWriters, .stopWriters, .removeWriters] { try await shop.perform(kind) }
            try Shop.record("1.0.0", 2, on: shop.server, status: .pendingUpgrade, description: "Preparing upgrade")
            #expect(try await shop.trouble(.switchRelease)?.code == "helm-changed")
            let trouble = try #require(try await shop.trouble(.switchRelease, attempt: 2))
            #expect(trouble.code == "helm-busy")
            #expect(trouble.remedy.contains("kubectl delete secret sh.helm.release.v1.demo.v2 -n shop"))
            #expect(try await shop.deployment.heads().first?.status == .pendingUpgrade)
            #expect(shop.calls.upgrades.isEmpty)
        }
    }

    @Test func `what somebody else has deployed in between is told, and a retry goes over it`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .removeWriters)
            try Shop.record("1.0.0", 2, on: shop.server, description: "Rollback to 1")
            #expect(try await shop.trouble(.removeWriters)?.code == "helm-changed")
            let trouble = try #require(try await shop.trouble(.switchRelease))
            #expect(trouble.code == "helm-changed")
            #expect(trouble.message.contains("revision 2"))
            #expect(trouble.message.contains("Rollback to 1"))
            #expect(try await shop.trouble(.switchRelease)?.code == "helm-changed", "the same attempt is no answer")
            try await shop.perform(.switchRelease, attempt: 2)
            #expect(try await shop.probe(.switchRelease, attempt: 2) == .done(.done))
        }
    }

    @Test func `what Helm refuses is an outcome that a probe finds again`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            let said = """
                level=WARN msg="upgrade failed" error="conflict with \\"kubectl-edit\\""
                Error: UPGRADE FAILED: conflict occurred while applying object shop/demo-api apps/v1, Kind=Deployment: \
                Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas

                """
            shop.calls.next(.ends(1, said))
            try Shop.record(
                "1.1.0",
                2,
                on: shop.server,
                status: .failed,
                description: "Upgrade \"demo\" failed: conflict",
                labels: ["pawl": "\(Shop.run).h0.a1.2"]
            )
            let trouble = try #require(try await shop.trouble(.switchRelease))
            #expect(trouble.code == "field-conflict")
            #expect(trouble.remedy.contains("kubectl-edit"))
            guard case .failed(let found) = try await shop.probe(.switchRelease) else {
                Issue.record("Helm has said no")
                return
            }
            #expect(found.code == "field-conflict")
            try await shop.perform(.switchRelease, attempt: 2)
            #expect(try await shop.probe(.switchRelease, attempt: 2) == .done(.done))
        }
    }

    @Test func `a release that is gone is told`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            shop.server.remove("sh.helm.release.v1.demo.v1", from: ReleaseFixture.collection)
            #expect(try await shop.trouble(.switchRelease)?.code == "helm-release-missing")
        }
    }

    // MARK: Migrations

    /// A pod whose migrations have ended badly.
    private static let failing: @Sendable (JSONValue) -> JSONValue = { pod in
        let ended: JSONValue = ["terminated": ["exitCode": 3, "reason": "Error", "containerID": "docker://1"]]
        let hasMigrations = pod[path: ["spec", "initContainers"]] != nil
        return hasMigrations ? pod.with(initStates: { _ in ended }, isReady: false) : SimulatedAPIServer.running(pod)
    }

    @Test func `a migration that fails is told with its last words, and a retry deploys anew`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            shop.server.change(Self.failing)
            try await shop.perform(.switchRelease)
            for pod in shop.server.objects(in: Shop.pods) {
                let name = pod[path: ["metadata", "name"]]?.string ?? ""
                shop.server.write("one\ncolumn \"tier\" does not exist", of: name, "migrations")
            }
            let trouble = try #require(try await shop.trouble(.migrate))
            #expect(trouble.code == "migration-failed")
            #expect(trouble.blame == .release)
            #expect(trouble.message.contains("status 3"))
            #expect(trouble.message.contains("column \"tier\" does not exist"))
            guard case .failed(let found) = try await shop.probe(.migrate) else {
                Issue.record("the migration has failed")
                return
            }
            #expect(found.code == "migration-failed")
            let before = shop.server.objects(in: Shop.pods).compactMap { $0[path: ["metadata", "name"]]?.string }
            shop.server.change { Self.isNew($0, before) ? SimulatedAPIServer.running($0) : Self.failing($0) }
            #expect(try await shop.probe(.migrate, attempt: 2) == .notStarted)
            try await shop.perform(.migrate, attempt: 2)
            #expect(try await shop.probe(.migrate, attempt: 2) == .done(.done))
            #expect(shop.calls.upgrades.count == 2)
            try await shop.perform(.start, attempt: 2)
            #expect(shop.calls.upgrades.count == 2, "what the retry has deployed is there")
        }
    }

    private static func isNew(_ pod: JSONValue, _ before: [String]) -> Bool {
        !before.contains(pod[path: ["metadata", "name"]]?.string ?? "")
    }

    /// A pod whose image cannot be had.
    private static let unpulled: @Sendable (JSONValue) -> JSONValue = { pod in
        pod.with(
            initStates: { _ in ["waiting": ["reason": "ImagePullBackOff", "message": "no such image"]] },
            isReady: false
        )
    }

    @Test func `a migration whose image cannot be pulled is not waited for for ever`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            shop.server.change(Self.unpulled)
            try await shop.perform(.switchRelease)
            let trouble = try #require(try await shop.trouble(.migrate))
            #expect(trouble.code == "image-unavailable")
            #expect(trouble.message.contains("no such image"))
        }
    }

    @Test func `a quota that lets no pod be made is told`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .migrate)
            let sets = "/apis/apps/v1/namespaces/shop/replicasets"
            for pod in shop.server.objects(in: Shop.pods) {
                shop.server.remove(pod[path: ["metadata", "name"]]?.string ?? "", from: Shop.pods)
            }
            for set in shop.server.objects(in: sets) {
                var set = set
                set[path: ["status", "conditions"]] = [
                    ["type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"]
                ]
                shop.server.put(set, in: sets)
            }
            let trouble = try #require(try await shop.trouble(.migrate))
            #expect(trouble.code == "quota-exceeded")
        }
    }

    @Test func `a migration that lost a race is no failure as long as another pod's goes on`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .migrate)
            let pods = shop.server.objects(in: Shop.pods).filter { $0[path: ["spec", "initContainers"]] != nil }
            #expect(pods.count == 2)
            shop.server.put(Self.failing(pods[0]), in: Shop.pods)
            let at: JSONValue = ["running": ["startedAt": "2026-11-28T09:00:00Z"]]
            shop.server.put(pods[1].with(initStates: { _ in at }, isReady: false), in: Shop.pods)
            guard case .underway = try await shop.probe(.migrate) else {
                Issue.record("one of the two is at work")
                return
            }
        }
    }

    // MARK: Health

    @Test func `a release whose pods end again and again is unhealthy early`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .awaitHealth)
            shop.server.change { pod in
                var ill = pod.with(initStates: { _ in ["terminated": ["exitCode": 0]] }, isReady: false)
                let name = pod[path: ["spec", "containers"]]?.elements.first?["name"]
                ill[path: ["status", "containerStatuses"]] = [
                    [
                        "name": name ?? "", "restartCount": 4, "ready": false,
                        "state": ["waiting": ["reason": "CrashLoopBackOff"]],
                        "lastState": ["terminated": ["exitCode": 1, "reason": "Error"]],
                    ]
                ]
                return ill
            }
            let trouble = try #require(try await shop.trouble(.awaitHealth))
            #expect(trouble.code == "unhealthy")
            #expect(trouble.message.contains("again and again"))
        }
    }

    @Test func `an address that says another version keeps a release from being healthy`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .awaitHealth)
            shop.server.state.withLock { $0.scripts.removeAll() }
            shop.server.script { request in
                request.path.contains("/proxy/") ? ServerAnswer(["version": "1.0.0"]) : nil
            }
            let trouble = try #require(try await shop.trouble(.awaitHealth))
            #expect(trouble.code == "unhealthy")
            #expect(trouble.message.contains("says it is"))
        }
    }

    @Test func `a workload that stands at zero and should not keeps a release from being healthy`() async throws {
        var limits = Shop.limits
        limits.health = .seconds(1)
        for omitsReplicas in [false, true] {
            try await Shop.open(omitsReplicas: omitsReplicas, limits: limits) { (shop) async throws in
                try await shop.go(before: .awaitHealth)
                _ = try await shop.deployment.client.setScale(of: .deployments, "demo-api", in: "shop", to: 0)
                let trouble = try #require(try await shop.trouble(.awaitHealth))
                #expect(trouble.code == "unhealthy")
                let wanted = omitsReplicas ? 3 : 2
                #expect(trouble.message.contains("api stands at zero; the release wants \(wanted)"))
            }
        }
    }

    // MARK: The server

    @Test func `an API server that has trouble for a while is waited for`() async throws {
        try await Shop.open { (shop) async throws in
            let failures = (0..<30).map { _ in ServerAnswer.failure(503, "ServiceUnavailable", "starting") }
            for failure in failures { shop.server.once(at: "/secrets", failure) }
            try await shop.go(before: .stopWriters)
            #expect(try await shop.probe(.recordWriters) == .done(.done))
        }
    }

    @Test func `a right that is missing is named with the rule that would give it`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .stopWriters)
            let refusal =
                "deployments.apps \"demo-router\" is forbidden: User \"pawl\" cannot patch resource "
                + "\"deployments/scale\" in API group \"apps\" in the namespace \"shop\""
            shop.server.script { request in
                request.path.hasSuffix("/scale") ? .failure(403, "Forbidden", refusal) : nil
            }
            let trouble = try #require(try await shop.trouble(.stopWriters))
            #expect(trouble.code == "cluster-forbidden")
            #expect(trouble.blame == .operator)
            #expect(trouble.message.contains("patch deployments/scale (apps)"))
            #expect(trouble.remedy.contains("resources: [\"deployments/scale\"]"))
        }
    }

    @Test func `a chart that is not the installed one is not kept`() async throws {
        try await Shop.open { (shop) async throws in
            let other = HelmEffects(shop.deployment, installedChart: { _ in "\(shop.folder)/demo-1.2.0.tgz" }) { _, _ in
                throw CancellationError()
            }
            await #expect {
                try await other.perform(try shop.effect(.keepInstalled), in: try shop.context())
            } throws: { ($0 as? Trouble)?.code == "installed-files" }
        }
    }
}
