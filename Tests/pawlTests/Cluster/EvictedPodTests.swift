import Kubernetes
import SimulatedCluster
import Testing
import UpgradeModel

@testable import pawl

/// A pod that runs Pawl and is evicted in the middle: the next one has the same data folder and another host's name.
@Suite(.timeLimit(.minutes(3))) struct EvictedPodTests {
    private static let leases = "/apis/coordination.k8s.io/v1/namespaces/shop/leases"

    private static func lease(of holder: String) -> JSONValue {
        [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": ["name": "pawl.shop", "namespace": "shop"],
            "spec": [
                "holderIdentity": .string(holder), "leaseDurationSeconds": 1, "leaseTransitions": 3,
                "renewTime": "2026-11-28T09:00:00.000000Z", "acquireTime": "2026-11-28T09:00:00.000000Z",
            ],
        ]
    }

    @Test func `what a pod of the same data folder has held is taken as soon as it lapses`() async throws {
        try await SimulatedAPIServer.serve { server, port in
            let paper = try PaperCluster(port: port)
            let workplace = try paper.workplace()
            let owner = try DataFolderOwner(of: workplace.data)
            server.put(Self.lease(of: "\(owner.id)/pawl-0-evicted/7"), in: Self.leases)
            // One that is waited for without end would never be had.
            let hold = try #require(try await workplace.claim.take())
            let held = server.objects(in: Self.leases).first?[path: ["spec", "holderIdentity"]]?.string
            #expect(held == owner.process)
            await hold.release()
        }
    }

    @Test func `what another console holds is never waited for`() async throws {
        try await SimulatedAPIServer.serve { server, port in
            let paper = try PaperCluster(port: port)
            server.put(Self.lease(of: "another-folder/console/1"), in: Self.leases)
            let trouble = try await #require(throws: Trouble.self) { _ = try await paper.workplace().claim.take() }
            #expect(trouble.code == "another-run" && trouble.message.contains("another-folder"))
        }
    }
}
