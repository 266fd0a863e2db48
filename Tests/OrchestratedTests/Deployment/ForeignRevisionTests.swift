import Foundation
import Kubernetes
import SimulatedCluster
import Testing
import UpgradeEngine
import UpgradeModel

@testable import Orchestrated

/// Revisions of a release that somebody else makes while Pawl is at work on it.
@Suite(.timeLimit(.minutes(5))) struct ForeignRevisionTests {
    /// What of a restore to 1.0.0 that came out of the hop is done in an attempt.
    private func restoring(_ shop: Shop) throws -> EffectContext {
        var context = try shop.context()
        let release = try ReleaseVersion("1.0.0")
        let set = BackupSetID(at: Moment(microseconds: 0), release: release)
        context.restore = RestorePlan(set: set, release: release, databases: ["demo"])
        return context
    }

    @Test func `over a newer release of somebody else's nothing is deployed, however often it is retried`()
        async throws
    {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            try Shop.record("1.2.0", 2, on: shop.server)
            for attempt in 1...3 {
                let trouble = try #require(try await shop.trouble(.switchRelease, attempt: attempt))
                #expect(trouble.code == "helm-changed")
                #expect(trouble.changed)
                #expect(
                    trouble.remedy.contains("restore the backup, or retry with a release that is not older than 1.2.0")
                )
            }
            // Neither is it where somebody else has put an older one over the newer.
            try Shop.record("1.0.0", 3, on: shop.server)
            let trouble = try #require(try await shop.trouble(.switchRelease, attempt: 4))
            #expect(trouble.message.contains("revision 2"))
            #expect(shop.calls.upgrades.isEmpty)
        }
    }

    @Test func `over a revision whose record makes no sense nothing is deployed`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .switchRelease)
            let secret = ReleaseFixture(revision: 2, status: .failed).secret(holding: Array("garbage".utf8))
            shop.server.put(secret, in: ReleaseFixture.collection)
            for attempt in 1...2 {
                let trouble = try #require(try await shop.trouble(.switchRelease, attempt: attempt))
                #expect(trouble.code == "helm-changed")
                #expect(trouble.remedy.contains("restore the backup"))
            }
            #expect(shop.calls.upgrades.isEmpty)
        }
    }

    @Test func `a restore that is tried again goes by the record of its first attempt`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.perform(.keepInstalled)
            let context = try restoring(shop)
            let record = try shop.effect(.recordWriters, attempt: 2, to: "1.0.0")
            _ = try await shop.effects.perform(record, in: context)
            try Shop.record("1.0.0", 2, on: shop.server, description: "Rollback to 1")
            for attempt in 2...4 {
                let effect = try shop.effect(.switchRelease, attempt: attempt, to: "1.0.0")
                let trouble = await #expect(throws: Trouble.self) {
                    try await shop.effects.perform(effect, in: context)
                }
                #expect(trouble?.code == "helm-changed")
                #expect(trouble?.remedy.contains("then restore the backup.") == true)
            }
            shop.server.remove("sh.helm.release.v1.demo.v2", from: ReleaseFixture.collection)
            let effect = try shop.effect(.switchRelease, attempt: 4, to: "1.0.0")
            _ = try await shop.effects.perform(effect, in: context)
            #expect(try await shop.effects.probe(effect, in: context) == .done(.done))
            // The start of a later attempt finds what an earlier one has deployed.
            let start = try shop.effect(.start, attempt: 5, to: "1.0.0")
            #expect(try await shop.effects.probe(start, in: context) == .done(.done))
        }
    }

    @Test func `where no record says what the newest revision was, nothing is deployed`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.perform(.keepInstalled)
            let effect = try shop.effect(.switchRelease, attempt: 3, to: "1.0.0")
            let trouble = await #expect(throws: Trouble.self) {
                try await shop.effects.perform(effect, in: try restoring(shop))
            }
            #expect(trouble?.code == "record-missing")
            #expect(shop.calls.upgrades.isEmpty)
        }
    }

    @Test(arguments: ["1.0.0", "1.2.0"])
    func `what somebody has deployed since the installed release was put aside is told before anything stops`(
        version: String
    ) async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .recordWriters)
            try Shop.record(version, 2, on: shop.server)
            let trouble = try #require(try await shop.trouble(.recordWriters))
            #expect(trouble.code == "helm-changed")
            #expect(trouble.message.contains("revision 2"))
            #expect(!trouble.changed)
            #expect(try await shop.probe(.recordWriters) == .notStarted)
        }
    }

    @Test func `what is older than the release that was put aside is gone forward from`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .recordWriters)
            let path = "\(shop.folder)/writers.json"
            let newer = try ReleaseVersion("1.1.0")
            let record = try await shop.deployment.recordWriters(of: newer, at: path, isUpgrade: true)
            #expect(record.revision == 1)
        }
    }

    @Test func `a revision over the one that Pawl has deployed is told at every later step`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .migrate)
            try Shop.record("1.1.0", 3, on: shop.server, description: "By hand")
            for kind in [Effect.Kind.migrate, .start, .awaitHealth] {
                let trouble = try #require(try await shop.trouble(kind))
                #expect(trouble.code == "helm-changed")
                #expect(trouble.message.contains("By hand"))
                #expect(trouble.remedy.contains("to deploy over it, retry"))
            }
            for kind in [Effect.Kind.switchRelease, .migrate, .start] {
                guard case .underway = try await shop.probe(kind) else {
                    Issue.record("\(kind) is not done: the newest revision is another")
                    return
                }
            }
            // Who was told so and retries goes over it.
            try await shop.perform(.migrate, attempt: 2)
            #expect(try await shop.probe(.migrate, attempt: 2) == .done(.done))
            #expect(shop.calls.upgrades.count == 2)
        }
    }

    @Test func `a newer release over the one that Pawl has deployed is not called healthy`() async throws {
        try await Shop.open { (shop) async throws in
            try await shop.go(before: .awaitHealth)
            try Shop.install("1.2.0", revision: 3, on: shop.server)
            let trouble = try #require(try await shop.trouble(.awaitHealth))
            #expect(trouble.code == "helm-changed")
            #expect(trouble.remedy.contains("not older than 1.2.0"))
        }
    }
}
