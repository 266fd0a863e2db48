import Foundation
import Kubernetes
import SimulatedCluster
import Synchronization
import Testing
import UpgradeModel

@testable import Orchestrated

@Suite(.timeLimit(.minutes(5))) struct HelmRecordsTests {
    /// Serves these records while `body` runs.
    private func withRecords(
        _ fixtures: [ReleaseFixture],
        _ body: @Sendable @escaping (HelmRecords, SimulatedAPIServer) async throws -> Void
    ) async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            for fixture in fixtures { server.put(try fixture.secret(), in: ReleaseFixture.collection) }
            let client = KubernetesClient.plain(port)
            try await body(HelmRecords(client: client, namespace: "shop", release: "demo"), server)
            await client.shutdown()
        }
    }

    @Test func `the heads come newest first, of this release alone, and no record is asked for`() async throws {
        var fixtures = [1, 2, 9, 10].map { ReleaseFixture(revision: $0, status: .superseded) }
        fixtures[3].status = .pendingUpgrade
        fixtures[3].labels = ["pawl": "7.h0.a1.10"]
        fixtures.append(ReleaseFixture(name: "demo.v2", revision: 3))
        fixtures.append(ReleaseFixture(name: "other", revision: 11))
        try await withRecords(fixtures) { (records, server) async throws in
            server.put(
                ["metadata": ["name": "sh.helm.release.v1.demo.vx", "labels": ["owner": "helm", "name": "demo"]]],
                in: ReleaseFixture.collection
            )
            let heads = try await records.heads()
            #expect(heads.map(\.revision) == [10, 9, 2, 1])
            #expect(heads.map(\.status) == [.pendingUpgrade, .superseded, .superseded, .superseded])
            #expect(heads[0].labels["pawl"] == "7.h0.a1.10")
            #expect(heads[0].object == "sh.helm.release.v1.demo.v10")
            #expect(heads[0].modifiedAt == Moment(microseconds: 1_770_000_000_000_000))
            #expect(heads[0].createdAt == Moment("2026-02-03T03:05:06Z"))
            let asked = server.seen
            #expect(asked.allSatisfy { $0.query["labelSelector"] == "owner=helm,name=demo" })
            #expect(asked.allSatisfy { $0.header("accept")?.contains("as=PartialObjectMetadataList") == true })
        }
    }

    @Test func `the newest record and the deployed one are told apart`() async throws {
        let fixtures = [
            ReleaseFixture(revision: 1, status: .superseded), ReleaseFixture(revision: 2, status: .deployed),
            ReleaseFixture(revision: 3, status: .failed),
        ]
        try await withRecords(fixtures) { (records, _) async throws in
            #expect(try await records.newest()?.revision == 3)
            #expect(try await records.deployed()?.revision == 2)
            #expect(try await records.record(1)?.status == .superseded)
            #expect(try await records.record(4) == nil)
        }
    }

    @Test func `where nothing is deployed, nothing that failed or was superseded counts as deployed`() async throws {
        let fixtures = [
            ReleaseFixture(revision: 1, status: .superseded), ReleaseFixture(revision: 2, status: .failed),
        ]
        try await withRecords(fixtures) { (records, _) async throws in
            #expect(try await records.deployed() == nil)
        }
        try await withRecords([]) { (records, _) async throws in
            #expect(try await records.heads().isEmpty)
            #expect(try await records.newest() == nil)
        }
    }

    @Test func `of records that change while they are read, what is read in the end counts`() async throws {
        try await withRecords([ReleaseFixture(revision: 1)]) { (records, server) async throws in
            // Between the look at the heads and its reading, revision 1 makes way for revision 2.
            let before = try ReleaseFixture(revision: 1, status: .superseded).secret()
            let after = try ReleaseFixture(revision: 2).secret()
            server.script { [weak server] request in
                guard request.path.hasSuffix("demo.v1") else { return nil }
                server?.put(before, in: ReleaseFixture.collection)
                server?.put(after, in: ReleaseFixture.collection)
                return nil
            }
            #expect(try await records.deployed()?.revision == 2)
            #expect(server.seen.filter { $0.path == ReleaseFixture.collection }.count == 2)
        }
    }

    @Test func `a record that makes no sense is told by its name, and crashes nothing`() async throws {
        let fixture = ReleaseFixture(revision: 3)
        let payloads: [[UInt8]] = [
            [], Array("garbage".utf8), try ReleasePayload.packed(["name": "demo"]),
            try ReleasePayload.packed(ReleaseFixture(revision: 2).json),
            try ReleasePayload.packed(ReleaseFixture(name: "other", revision: 3).json),
        ]
        for payload in payloads {
            try await withRecords([]) { (records, server) async throws in
                server.put(fixture.secret(holding: payload), in: ReleaseFixture.collection)
                let error = await #expect(throws: Trouble.self) { try await records.newest() }
                #expect(error?.code == "helm-record-unreadable")
                #expect(error?.message.contains("sh.helm.release.v1.demo.v3") == true)
            }
        }
    }

    @Test func `a revision that a dead Helm has left is marked as failed, and is otherwise what it was`() async throws {
        let fixture = ReleaseFixture(revision: 2, status: .pendingUpgrade, labels: ["pawl": "x"])
        try await withRecords([ReleaseFixture(revision: 1), fixture]) { (records, server) async throws in
            let head = try #require(try await records.heads().first)
            try await records.markFailed(head, saying: "unlocked by Pawl: run 7")
            let after = try #require(try await records.heads().first)
            #expect(after.status == .failed)
            #expect(after.labels["pawl"] == "x")
            #expect(after.modifiedAt != head.modifiedAt)
            let stored = try #require(
                server.state.withLock { $0.objects["\(ReleaseFixture.collection)/\(head.object)"] }
            )
            let payload = try #require(ClusterSecret(stored).value("release"))
            var expected = fixture.json
            expected[path: ["info", "status"]] = "failed"
            expected[path: ["info", "description"]] = "unlocked by Pawl: run 7"
            #expect(try ReleasePayload.json(payload) == expected)
            #expect(stored["type"] == "helm.sh/release.v1")
            #expect(try await records.newest()?.description == "unlocked by Pawl: run 7")
        }
    }

    @Test func `a revision that somebody has changed meanwhile is left alone`() async throws {
        let fixture = ReleaseFixture(revision: 2, status: .pendingUpgrade)
        try await withRecords([fixture]) { (records, server) async throws in
            let head = try #require(try await records.heads().first)
            var done = fixture
            done.status = .deployed
            server.put(try done.secret(), in: ReleaseFixture.collection)
            let error = await #expect(throws: Trouble.self) { try await records.markFailed(head, saying: "x") }
            #expect(error?.code == "helm-record-changed")
            #expect(try await records.newest()?.status == .deployed)
            // The same where it changes between the reading and the writing.
            let now = ReleaseFixture(revision: 3, status: .pendingUpgrade)
            server.put(try now.secret(), in: ReleaseFixture.collection)
            let pending = try #require(try await records.heads().first)
            server.script { request in
                request.method == "PUT" ? .failure(409, "Conflict", "the object has been modified") : nil
            }
            let late = await #expect(throws: Trouble.self) { try await records.markFailed(pending, saying: "x") }
            #expect(late?.code == "helm-record-changed")
        }
    }

    @Test func `a write whose answer was lost is not taken for somebody else's`() async throws {
        let fixture = ReleaseFixture(revision: 2, status: .pendingUpgrade)
        try await withRecords([fixture]) { (records, server) async throws in
            let head = try #require(try await records.heads().first)
            server.script { [weak server] request in
                guard request.method == "PUT" else { return nil }
                _ = server?.own(request)
                return .failure(409, "Conflict", "the object has been modified")
            }
            try await records.markFailed(head, saying: "unlocked")
            #expect(try await records.newest()?.status == .failed)
        }
    }

    @Test func `a write that came through unheard is found by the next try`() async throws {
        let fixture = ReleaseFixture(revision: 2, status: .pendingUpgrade)
        try await withRecords([fixture]) { (records, server) async throws in
            let head = try #require(try await records.heads().first)
            let isAway = Mutex(true)
            server.script { [weak server] request in
                guard request.method == "PUT", isAway.withLock({ $0 }) else { return nil }
                _ = server?.own(request)
                return .failure(422, "Invalid", "the answer of somebody in between")
            }
            await #expect(throws: Trouble.self) { try await records.markFailed(head, saying: "unlocked") }
            isAway.withLock { $0 = false }
            try await records.markFailed(head, saying: "unlocked")
            #expect(try await records.newest()?.status == .failed)
            // Other words are somebody else's.
            let error = await #expect(throws: Trouble.self) { try await records.markFailed(head, saying: "x") }
            #expect(error?.code == "helm-record-changed")
        }
    }

    @Test func `a release that is deployed is never marked as failed`() async throws {
        try await withRecords([ReleaseFixture(revision: 1)]) { (records, server) async throws in
            let head = try #require(try await records.heads().first)
            await #expect(throws: Trouble.self) { try await records.markFailed(head, saying: "x") }
            #expect(server.seen.allSatisfy { $0.method == "GET" })
        }
    }

    @Test(arguments: ["", "a,b", "a=b", "A", "x y", "demo)"]) func `a name that no release can have asks nothing`(
        _ name: String
    ) async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            let records = HelmRecords(client: .plain(port), namespace: "shop", release: name)
            let error = await #expect(throws: Trouble.self) { try await records.heads() }
            #expect(error?.code == "helm-release-name")
            #expect(server.seen.isEmpty)
        }
    }

    @Test func `a cluster that says no is told with its own words`() async throws {
        try await withRecords([]) { (records, server) async throws in
            let said =
                "secrets is forbidden: User \"me\" cannot list resource \"secrets\" in API group \"\""
                + " in the namespace \"shop\""
            server.script { _ in .failure(403, "Forbidden", said) }
            let error = await #expect(throws: Trouble.self) { try await records.heads() }
            #expect(error?.code == "cluster-forbidden")
            #expect(error?.remedy.contains("verbs: [\"list\"]") == true)
        }
    }
}
