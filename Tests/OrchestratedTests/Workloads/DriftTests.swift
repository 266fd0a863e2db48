import Kubernetes
import SimulatedCluster
import Testing
import UpgradeModel

@testable import Orchestrated

/// What was done behind Pawl's back, as the records and the workloads tell it.
@Suite(.timeLimit(.minutes(5))) struct DriftTests {
    private func drift(_ shop: Shop, above mark: String? = nil) async throws -> [String] {
        try await shop.deployment.observe(above: try mark.map { try ReleaseVersion($0) }).drift
    }

    @Test func `what runs as the record says has not drifted`() async throws {
        try await Shop.open { (shop) async throws in
            let state = try await shop.deployment.observe(above: try ReleaseVersion("1.0.0"))
            #expect(state.drift == [])
            #expect(try ReleaseVersion("1.0.0") == state.installedVersion)
            #expect(try ReleaseVersion("1.0.0") == state.chartVersion)
            #expect(state.pending == nil)
            #expect(state.workloads.map(\.component) == ["api", "database", "router", "worker"])
            #expect(state.workloads.map(\.isDatabase) == [false, true, false, false])
            #expect(state.workloads.map(\.isWriter) == [true, false, true, true])
            #expect(state.workloads[0].readyReplicas == 2)
        }
    }

    @Test func `helm rollback behind Pawl's back is seen, even without a mark`() async throws {
        try await Shop.open { (shop) async throws in
            try Shop.install("1.1.0", revision: 2, on: shop.server)
            try Shop.install("1.0.0", revision: 3, on: shop.server, description: "Rollback to 1")
            let clauses = try await drift(shop)
            #expect(clauses.count == 1)
            #expect(clauses[0].contains("revision 3 is 1.0.0, older than 1.1.0"))
            #expect(clauses[0].contains("Rollback to 1"))
            let above = try await drift(shop, above: "1.1.0")
            #expect(above.contains { $0.contains("whose migrations have started here") })
            #expect(above.contains { $0.contains("api runs 1.0.0, older than 1.1.0") })
        }
    }

    @Test func `what a restore has brought back is no drift`() async throws {
        try await Shop.open { (shop) async throws in
            try Shop.install("1.1.0", revision: 2, on: shop.server)
            let restore = HelmTask(
                run: try #require(RunID(Shop.run)),
                hop: 0,
                isRestore: true,
                attempt: 2,
                release: try ReleaseVersion("1.0.0")
            )
            let labels = [HelmTask.label: restore.mark(3)]
            try Shop.install("1.0.0", revision: 3, on: shop.server, description: restore.description, labels: labels)
            #expect(try await drift(shop) == [])
        }
    }

    @Test func `an image that was set by hand is told`() async throws {
        try await Shop.open { (shop) async throws in
            var api = Shop.objects("1.0.0")[1]
            api[path: ["spec", "template", "spec", "containers"]] = [["name": "api", "image": "shop/api:debug"]]
            shop.server.put(api, in: Shop.deployments)
            #expect(try await drift(shop) == ["api runs shop/api:debug; revision 1 says shop/api:1.0.0"])
        }
    }

    @Test func `a workload that was removed is told`() async throws {
        try await Shop.open { (shop) async throws in
            shop.server.remove("demo-worker", from: Shop.deployments)
            #expect(try await drift(shop) == ["Deployment demo-worker of revision 1 is missing"])
        }
    }

    @Test func `workloads that contradict one another are mixed, and the oldest counts`() async throws {
        try await Shop.open { (shop) async throws in
            shop.server.put(Shop.objects("1.1.0")[2], in: Shop.deployments)
            let state = try await shop.deployment.observe()
            guard case .mixed = state.release else {
                Issue.record("the worker is of another version")
                return
            }
            #expect(try ReleaseVersion("1.0.0") == state.installedVersion)
        }
    }

    @Test(arguments: [("shop/api:1.2.3", "1.2.3"), ("host:5000/shop/api", nil), ("a:1@sha256:00", "1"), ("a", nil)])
    func `the tag of an image is read`(_ image: String, _ tag: String?) {
        #expect(imageTag(image) == tag)
    }
}
