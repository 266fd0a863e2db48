import Kubernetes
import SimulatedCluster
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import Orchestrated

/// A hop over a release that is guarded.
@Suite(.timeLimit(.minutes(3))) struct GuardedHopTests {
    private static let maps = "/api/v1/namespaces/shop/configmaps"
    private static let policy = GuardPolicy(namespace: "shop", release: "demo")

    private static func install(_ word: GuardWord, on server: SimulatedAPIServer) {
        server.servePolicies()
        server.put(policy.configMap(word), in: maps)
        server.put(policy.policy, in: SimulatedAPIServer.policies)
        server.put(policy.binding, in: SimulatedAPIServer.policyBindings)
    }

    private static func word(_ server: SimulatedAPIServer) throws -> GuardWord {
        GuardWord(ConfigMap(try #require(server.objects(in: maps).first)))
    }

    @Test func `the guard is told before Helm what may run, and afterwards that the run is over`() async throws {
        try await Shop.open { (shop) async throws in
            Self.install(GuardWord(mark: "1.0.0", allowed: ["1.0.0"]), on: shop.server)
            try await shop.go(before: .switchRelease)
            // Before the point of no return what runs stays what may run.
            #expect(try Self.word(shop.server).allowed == ["1.0.0"])
            try await shop.perform(.switchRelease)
            let during = try Self.word(shop.server)
            #expect(during.mark == "1.1.0")
            #expect(during.allowed == ["1.1.0"])
            #expect(during.others == ["Deployment/demo-database=15"])
            #expect(during.run == Shop.run)
            for kind in [Effect.Kind.migrate, .start, .awaitHealth] { try await shop.perform(kind) }
            let after = try Self.word(shop.server)
            #expect(after.run == nil)
            #expect(after.allowed == ["1.1.0"])
            #expect(shop.calls.upgrades.count == 1)
        }
    }

    @Test func `where the guard goes on to reject what comes, Helm is not called`() async throws {
        try await Shop.open { (shop) async throws in
            let tries = Mutex(0)
            shop.server.script { request in
                guard request.query["dryRun"] == "All" else { return nil }
                tries.withLock { $0 += 1 }
                return .failure(
                    403,
                    "Forbidden",
                    "deployments.apps \"demo-api\" is forbidden: ValidatingAdmissionPolicy 'pawl-shop-demo' with binding "
                        + "'pawl-shop-demo' denied request: no"
                )
            }
            Self.install(GuardWord(mark: "1.0.0", allowed: ["1.0.0"]), on: shop.server)
            try await shop.go(before: .switchRelease)
            let trouble = try await shop.trouble(.switchRelease)
            #expect(trouble?.code == "guard-stale")
            #expect(trouble?.changed == true)
            #expect(tries.withLock { $0 } > 1)
            #expect(shop.calls.upgrades.isEmpty)
        }
    }

    @Test func `who may not tell the guard is stopped before Helm is called`() async throws {
        try await Shop.open { (shop) async throws in
            shop.server.script { request in
                guard request.method == "PATCH", request.path.hasPrefix(Self.maps) else { return nil }
                return .failure(
                    403,
                    "Forbidden",
                    "configmaps \"pawl-guard.demo\" is forbidden: User \"pawl\" cannot patch resource \"configmaps\" in "
                        + "API group \"\" in the namespace \"shop\""
                )
            }
            Self.install(GuardWord(mark: "1.0.0", allowed: ["1.0.0"]), on: shop.server)
            try await shop.go(before: .switchRelease)
            let trouble = try await shop.trouble(.switchRelease)
            #expect(trouble?.code == "cluster-forbidden")
            #expect(trouble?.changed == true)
            #expect(shop.calls.upgrades.isEmpty)
        }
    }

    @Test func `a ConfigMap of that name that is not Pawl's is not touched`() async throws {
        try await Shop.open { (shop) async throws in
            let foreign: JSONValue = ["metadata": ["name": "pawl-guard.demo"], "data": ["allowed": "none"]]
            shop.server.put(foreign, in: Self.maps)
            try await shop.go(before: .migrate)
            #expect(try Self.word(shop.server).allowed == ["none"])
        }
    }
}
