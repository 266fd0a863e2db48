import Foundation
import Kubernetes
import SimulatedCluster
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import Orchestrated

/// What a restore does to a Helm release besides its databases.
@Suite(.timeLimit(.minutes(5))) struct RestoreReleaseTests {
    @Test func `a release that a set carries takes the place of what was kept of it`() async throws {
        try await Shop.open { (shop) async throws in
            let version = try ReleaseVersion("1.0.0")
            try await shop.perform(.keepInstalled)
            let carried = ChartFolder(path: "\(shop.folder)/set")
            let kept = shop.deployment.folder.release(version)
            try FileManager.default.copyItem(atPath: kept.path, toPath: carried.path)
            #expect(try shop.deployment.isKept(carried, as: version))
            try Data("tier: silver\n".utf8).write(to: URL(filePath: carried.operatorValues))
            #expect(try !shop.deployment.isKept(carried, as: version))
            try shop.deployment.keep(carried, as: version)
            #expect(try shop.deployment.isKept(carried, as: version))
            #expect(try String(contentsOfFile: kept.operatorValues, encoding: .utf8) == "tier: silver\n")
            try FileManager.default.removeItem(atPath: carried.operatorValues)
            #expect(throws: Trouble.self) { try shop.deployment.keep(carried, as: version) }
        }
    }

    @Test func `what holds data and is not in the release that comes back is named, unless it is to be kept`()
        async throws
    {
        try await Shop.open { (shop) async throws in
            let objects = try Shop.objects("1.0.0").map { try #require(ManifestObject($0)) }
            #expect(try await shop.deployment.lost(to: objects) == [])
            #expect(try await shop.deployment.lost(to: []) == ["Deployment/demo-database"])
            var database = try #require(Shop.objects("1.0.0").last)
            database[path: ["metadata", "annotations", "helm.sh/resource-policy"]] = "keep"
            shop.server.put(database, in: Shop.deployments)
            #expect(try await shop.deployment.lost(to: []) == [])
        }
    }

    @Test func `what must be done before Helm upgrades is done before every upgrade, and keeps it from being made`()
        async throws
    {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            let seen = Mutex<[HelmTask]>([])
            let deployment = HelmDeployment(
                place: shop.deployment.place,
                product: shop.deployment.product,
                settings: [:],
                client: shop.deployment.client,
                helm: shop.deployment.helm,
                folder: shop.deployment.folder,
                limits: shop.deployment.limits,
                beforeUpgrade: { task throws(Trouble) in
                    seen.withLock { $0.append(task) }
                    if task.attempt == 1 {
                        throw Trouble(.operator, "not-yet", "Not yet.", changed: true, remedy: "Retry.")
                    }
                }
            )
            let context = try shop.context()
            for attempt in [1, 2] {
                let effect = try shop.effect(.switchRelease, attempt: attempt)
                let task = HelmEffects.task(effect, context)
                let record = HelmEffects.record(effect, context)
                do throws(Trouble) {
                    try await deployment.deploy(task, recordedAt: record, logs: context.folder) { _, _ in }
                } catch {
                    #expect(error.code == "not-yet")
                }
                #expect(shop.calls.upgrades.count == attempt - 1)
            }
            #expect(seen.withLock { $0.map(\.attempt) } == [1, 2])
        }
    }

    @Test func `what runs of another release is told`() async throws {
        try await Shop.open { (shop) async throws in
            let state = try await shop.deployment.observe()
            #expect(state.strangers(to: try ReleaseVersion("1.0.0")) == [])
            #expect(state.strangers(to: try ReleaseVersion("1.1.0")) == ["the workloads are of 1.0.0"])
        }
    }
}
