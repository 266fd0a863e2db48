import Kubernetes
import Processes
import SimulatedCluster
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import Orchestrated

/// A cluster, or a Helm, on a bad day: each is told by what it is, leaves a safe state, and can be gone on from.
@Suite(.timeLimit(.minutes(5))) struct ClusterTroubleTests {
    // MARK: The API server

    /// What an API server, or whatever stands before it, says instead of an answer.
    enum Nonsense: String, Sendable, CaseIterable {
        case tooManyRequests, internalError, webPage, halfAnObject

        var answer: ServerAnswer {
            switch self {
            case .tooManyRequests: .failure(429, "TooManyRequests", "slow down")
            case .internalError: .failure(500, "InternalError", "etcdserver: request timed out")
            case .webPage: ServerAnswer(200, text: "<html><title>Bad Gateway</title></html>", type: "text/html")
            case .halfAnObject: ServerAnswer(200, text: "{\"kind\": \"List\", \"items\": [{", breaksOff: true)
            }
        }
    }

    @Test(arguments: Nonsense.allCases)
    func `a server that answers with anything but an answer is waited for`(nonsense: Nonsense) async throws {
        try await Shop.open { (shop) async throws in
            for _ in 0..<20 { shop.server.once(at: "/secrets", nonsense.answer) }
            try await shop.go(before: .stopWriters)
            #expect(try await shop.probe(.recordWriters) == .done(.done))
        }
    }

    @Test func `a server that has come back knows nobody at first, and is waited for`() async throws {
        try await Shop.open { (shop) async throws in
            for _ in 0..<20 { shop.server.once(at: "/secrets", .failure(503, "ServiceUnavailable", "starting")) }
            for _ in 0..<10 { shop.server.once(at: "/secrets", .failure(401, "Unauthorized", "Unauthorized")) }
            try await shop.go(before: .stopWriters)
            #expect(try await shop.probe(.recordWriters) == .done(.done))
        }
    }

    @Test func `an account that is known no more is told, and with a new one it goes on`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .stopWriters)
            let isKnown = Mutex(false)
            shop.server.script { _ in
                isKnown.withLock { $0 } ? nil : .failure(401, "Unauthorized", "Unauthorized")
            }
            let trouble = try #require(try await shop.trouble(.stopWriters))
            #expect(trouble.code == "cluster-credentials")
            #expect(trouble.blame == .operator)
            isKnown.withLock { $0 = true }
            try await shop.perform(.stopWriters)
            #expect(try await shop.probe(.stopWriters) == .done(.done))
        }
    }

    @Test func `a watch that breaks off and has gaps keeps no end of a migration from being seen`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            let atWork: JSONValue = ["running": ["startedAt": "2026-11-28T09:00:00Z"]]
            shop.server.change { pod in
                let migrates = pod[path: ["spec", "initContainers"]] != nil
                return migrates
                    ? pod.with(initStates: { _ in atWork }, isReady: false) : SimulatedAPIServer.running(pod)
            }
            try await shop.perform(.switchRelease)
            async let outcome = shop.perform(.migrate)
            // It has begun to watch when the server hears of it; that comes within the test's own time.
            while !shop.server.seen.contains(where: { $0.path == Shop.pods && $0.query["watch"] == "true" }) {
                await Task.yield()
            }
            shop.server.forget()
            shop.server.closeWatches()
            shop.server.change(SimulatedAPIServer.running)
            #expect(try await outcome == .done)
        }
    }

    // MARK: What is gone

    @Test func `a release that somebody has removed is told before anything is migrated`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .removeWriters)
            shop.server.remove("sh.helm.release.v1.demo.v1", from: ReleaseFixture.collection)
            let trouble = try #require(try await shop.trouble(.removeWriters))
            #expect(trouble.code == "helm-release-missing")
            #expect(!trouble.changed)
        }
    }

    @Test func `a release that somebody removes while it is waited for is not called unhealthy`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .awaitHealth)
            for secret in shop.server.objects(in: ReleaseFixture.collection) {
                let name = secret[path: ["metadata", "name"]]?.string ?? ""
                if name.hasPrefix("sh.helm.release") { shop.server.remove(name, from: ReleaseFixture.collection) }
            }
            #expect(try await shop.trouble(.awaitHealth)?.code == "helm-release-missing")
        }
    }

    @Test(arguments: [false, true]) func `a namespace that is deleted is told as that`(isGoing: Bool) async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            let namespace: JSONValue = [
                "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop"],
                "status": ["phase": "Terminating"],
            ]
            shop.server.script { request in
                guard request.path == "/api/v1/namespaces/shop" else { return nil }
                return isGoing
                    ? ServerAnswer(namespace) : .failure(404, "NotFound", "namespaces \"shop\" not found")
            }
            shop.server.remove("sh.helm.release.v1.demo.v1", from: ReleaseFixture.collection)
            let trouble = try #require(try await shop.trouble(.switchRelease))
            #expect(trouble.code == "namespace-gone")
            #expect(trouble.message.contains(isGoing ? "is being deleted" : "is not there any more"))
            #expect(trouble.remedy.contains("RESTORE.md"))
            #expect(shop.calls.upgrades.isEmpty)
        }
    }

    @Test func `workloads that are gone with their namespace are no migration that has vanished`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .migrate)
            for object in shop.server.objects(in: Shop.deployments) {
                shop.server.remove(object[path: ["metadata", "name"]]?.string ?? "", from: Shop.deployments)
            }
            #expect(try await shop.trouble(.migrate)?.code == "migration-vanished")
            shop.server.script { request in
                request.path == "/api/v1/namespaces/shop"
                    ? .failure(404, "NotFound", "namespaces \"shop\" not found") : nil
            }
            #expect(try await shop.trouble(.migrate)?.code == "namespace-gone")
        }
    }

    // MARK: Pods that do not come to run

    @Test func `a migration whose pod no machine has room for is told with the scheduler's words`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            shop.server.change { pod in
                var pod = pod
                pod["status"] = [
                    "phase": "Pending",
                    "conditions": [
                        [
                            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                            "message": "0/1 nodes are available: 1 Insufficient cpu.",
                        ]
                    ],
                ]
                return pod
            }
            try await shop.perform(.switchRelease)
            let trouble = try #require(try await shop.trouble(.migrate))
            #expect(trouble.code == "pods-unschedulable")
            #expect(trouble.blame == .environment)
            #expect(trouble.message.contains("Insufficient cpu"))
        }
    }

    @Test func `a webhook that lets no pod be made is told with its words`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .migrate)
            let sets = "/apis/apps/v1/namespaces/shop/replicasets"
            for pod in shop.server.objects(in: Shop.pods) {
                shop.server.remove(pod[path: ["metadata", "name"]]?.string ?? "", from: Shop.pods)
            }
            for set in shop.server.objects(in: sets) {
                var set = set
                let message = "admission webhook \"policy.example\" denied the request: no root"
                set[path: ["status", "conditions"]] = [
                    ["type": "ReplicaFailure", "status": "True", "message": .string(message)]
                ]
                shop.server.put(set, in: sets)
            }
            let trouble = try #require(try await shop.trouble(.migrate))
            #expect(trouble.code == "pods-refused")
            #expect(trouble.message.contains("policy.example"))
        }
    }

    @Test func `an image that cannot be pulled is told long before a release's time to get healthy is over`()
        async throws
    {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .awaitHealth)
            shop.server.change { pod in
                var pod = pod.with(initStates: { _ in ["terminated": ["exitCode": 0]] }, isReady: false)
                let name = pod[path: ["spec", "containers"]]?.elements.first?["name"]
                pod[path: ["status", "containerStatuses"]] = [
                    [
                        "name": name ?? "", "restartCount": 0, "ready": false,
                        "state": ["waiting": ["reason": "ImagePullBackOff", "message": "no such image"]],
                    ]
                ]
                return pod
            }
            let begun = ContinuousClock.now
            let trouble = try #require(try await shop.trouble(.awaitHealth))
            #expect(trouble.code == "image-unavailable")
            #expect(trouble.blame == .environment)
            #expect(trouble.message.contains("no such image"))
            #expect(begun.duration(to: .now) < Shop.limits.health)
        }
    }

    // MARK: Helm

    @Test func `a Helm that hangs is ended, and it goes forward from there`() async throws {
        var limits = Shop.limits
        limits.helm = .seconds(4)
        limits.grace = .seconds(1)
        try await Shop.open(limits: limits) { (shop) async throws in
            try await shop.go(before: .switchRelease)
            shop.calls.next(.hangs)
            let trouble = try #require(try await shop.trouble(.switchRelease))
            #expect(trouble.code == "helm-failed")
            #expect(trouble.message.contains("had not finished"))
            #expect(try await shop.probe(.switchRelease) == .notStarted, "nothing of it lives")
            try await shop.perform(.switchRelease)
            #expect(try await shop.probe(.switchRelease) == .done(.done))
            #expect(shop.calls.upgrades.count == 2)
        }
    }

    @Test func `a Helm whose cluster goes away has said nothing about the release, and it goes forward`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            shop.calls.next(.ends(1, "Error: UPGRADE FAILED: dial tcp 10.0.0.1:6443: connect: connection refused\n"))
            try Shop.record(
                "1.1.0",
                2,
                on: shop.server,
                status: .failed,
                description: "Upgrade \"demo\" failed: connect: connection refused",
                labels: ["pawl": "\(Shop.run).h0.a1.2"]
            )
            let trouble = try #require(try await shop.trouble(.switchRelease))
            #expect(trouble.code == "cluster-unreachable")
            #expect(trouble.isOfEngine, "the runner waits and goes on")
            guard case .underway = try await shop.probe(.switchRelease) else {
                Issue.record("it is to go on")
                return
            }
            try await shop.perform(.switchRelease)
            let heads = try await shop.deployment.heads()
            #expect(heads.first?.revision == 3 && heads.first?.status == .deployed)
        }
    }

    @Test func `a Helm that is killed while it renders says nothing about the chart`() async throws {
        let killed = Trouble.ofRendering(try await collect(Command("sh", ["-c", "kill -9 $$"])))
        #expect(killed.blame == .environment && killed.code == "helm-failed")
        let refused = Trouble.ofRendering(
            try await collect(Command("sh", ["-c", "echo 'Error: parse error at (api.yaml:3)' >&2; exit 1"]))
        )
        #expect(refused.blame == .release && refused.code == "chart-refused")
        #expect(refused.message.contains("api.yaml:3"))
    }
}
