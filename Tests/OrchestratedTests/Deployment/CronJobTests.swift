import Foundation
import Kubernetes
import SimulatedCluster
import Testing
import UpgradeEngine
import UpgradeModel

@testable import Orchestrated

/// Timetables of a release, whose jobs may write while its databases are backed up.
@Suite(.timeLimit(.minutes(5))) struct CronJobTests {
    private static let timetables = "/apis/batch/v1/namespaces/shop/cronjobs"
    private static let jobs = "/apis/batch/v1/namespaces/shop/jobs"

    private static func timetable(_ name: String, isSuspended: Bool? = nil, release: String = "demo") -> JSONValue {
        var object: JSONValue = [
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": [
                "name": .string(name), "namespace": "shop", "uid": .string("uid-\(name)"),
                "annotations": ["meta.helm.sh/release-name": .string(release)],
            ],
            "spec": ["schedule": "@daily"],
        ]
        if let isSuspended { object[path: ["spec", "suspend"]] = .bool(isSuspended) }
        return object
    }

    /// Which of them rest, by name.
    private static func resting(_ shop: Shop) -> [String: Bool] {
        let pairs = shop.server.objects(in: timetables).map { object in
            (PlainObject(object).metadata.name, object[path: ["spec", "suspend"]]?.bool ?? false)
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func isMarked(_ shop: Shop) -> Bool {
        shop.server.objects(in: timetables).contains { object in
            PlainObject(object).metadata.managers.contains { $0.name == "pawl" }
        }
    }

    private static func install(on shop: Shop) {
        shop.server.put(timetable("demo-nightly"), in: timetables)
        shop.server.put(timetable("demo-paused", isSuspended: true), in: timetables)
        shop.server.put(timetable("other", release: "other"), in: timetables)
    }

    @Test func `timetables rest while writers do, and an abort puts back what they were`() async throws {
        try await Shop.open { (shop) async throws in
            Self.install(on: shop)
            try await shop.go(before: .stopWriters)
            let record = try #require(try ScaledWriters.read("\(shop.folder)/run/writers-0.json"))
            #expect(record.cronJobs?.map(\.name) == ["demo-nightly", "demo-paused"])
            #expect(record.cronJobs?.map(\.isSuspended) == [false, true])
            // One that comes late is written down, too.
            shop.server.put(Self.timetable("demo-late"), in: Self.timetables)
            try await shop.perform(.stopWriters)
            let all = ["demo-late": true, "demo-nightly": true, "demo-paused": true, "other": false]
            #expect(Self.resting(shop) == all)
            #expect(try await shop.probe(.stopWriters) == .done(.done))
            try await shop.perform(.removeWriters)
            #expect(!Self.isMarked(shop))
            guard case .underway = try await shop.probe(.putBack) else {
                Issue.record("timetables rest")
                return
            }
            try await shop.perform(.putBack)
            #expect(try await shop.probe(.putBack) == .done(.done))
            let before = ["demo-late": false, "demo-nightly": false, "demo-paused": true, "other": false]
            #expect(Self.resting(shop) == before)
            #expect(!Self.isMarked(shop))
        }
    }

    @Test func `timetables go on once the release is started, by its manifest and else by what they were`()
        async throws
    {
        try await Shop.open { (shop) async throws in
            let deployment = shop.deployment
            Self.install(on: shop)
            try await shop.go(before: .removeWriters)
            let recorded = [try #require(try ScaledWriters.read("\(shop.folder)/run/writers-0.json"))]
            let silent = try [Self.timetable("demo-nightly"), Self.timetable("demo-paused")].map {
                try #require(ManifestObject($0))
            }
            let stated = try #require(ManifestObject(Self.timetable("demo-nightly", isSuspended: true)))
            let found = try await deployment.cronJobs()
            #expect(found.map { deployment.isAsleep($0, described: silent, recorded: recorded) } == [true, false])
            #expect(found.map { deployment.isAsleep($0, described: [stated], recorded: recorded) } == [false, false])
            #expect(found.map { deployment.isAsleep($0, described: [], recorded: recorded) } == [false, false])
            try await deployment.wakeCronJobs(described: silent, recorded: recorded) { _, _ in }
            #expect(Self.resting(shop) == ["demo-nightly": false, "demo-paused": true, "other": false])
            #expect(!Self.isMarked(shop))
            // What was resumed behind Pawl's back is told.
            let trouble = try #require(try await shop.trouble(.removeWriters))
            #expect(trouble.code == "writer-scaled")
            #expect(trouble.message.contains("CronJob demo-nightly"))
        }
    }

    @Test func `timetables go on when the migrations are over, and not before`() async throws {
        try await Shop.open { (shop) async throws in
            Self.install(on: shop)
            try await shop.go(before: .switchRelease)
            // As Helm leaves it, where the chart says nothing of it.
            let nightly = Self.timetable("demo-nightly")
            let manifest = Shop.objects("1.1.0").map { "---\n\($0.text)\n" }.joined() + "---\n\(nightly.text)\n"
            var fixture = ReleaseFixture(revision: 2, labels: ["pawl": "\(Shop.run).h0.a1.2"])
            (fixture.appVersion, fixture.chartVersion, fixture.manifest) = ("1.1.0", "1.1.0", manifest)
            shop.server.put(try fixture.secret(), in: ReleaseFixture.collection)
            try await shop.perform(.switchRelease)
            #expect(shop.replicas["worker"] == 1)
            #expect(Self.resting(shop)["demo-nightly"] == true)
            #expect(try await shop.probe(.switchRelease) == .done(.done))
            guard case .underway = try await shop.probe(.start) else {
                Issue.record("a timetable rests")
                return
            }
            try await shop.perform(.start)
            #expect(Self.resting(shop)["demo-nightly"] == false)
            #expect(try await shop.probe(.start) == .done(.done))
        }
    }

    @Test func `a job that a timetable has started is waited for`() async throws {
        var limits = Shop.limits
        limits.stop = .milliseconds(200)
        try await Shop.open(limits: limits) { (shop) async throws in
            Self.install(on: shop)
            func job(_ name: String, of owner: String) -> JSONValue {
                let reference: JSONValue = [
                    "kind": "CronJob", "name": .string(owner), "uid": .string("uid-\(owner)"), "controller": true,
                ]
                return [
                    "metadata": ["name": .string(name), "ownerReferences": [reference]], "status": ["active": 1],
                ]
            }
            shop.server.put(job("other-1", of: "other"), in: Self.jobs)
            shop.server.put(job("demo-nightly-1", of: "demo-nightly"), in: Self.jobs)
            try await shop.go(before: .stopWriters)
            let trouble = try #require(try await shop.trouble(.stopWriters))
            #expect(trouble.code == "writer-running")
            #expect(trouble.message.contains("demo-nightly-1"))
            shop.server.remove("demo-nightly-1", from: Self.jobs)
            try await shop.perform(.stopWriters)
        }
    }

    @Test func `clusters that serve only the older kind are asked for that`() async throws {
        try await Shop.open { (shop) async throws in
            shop.server.script { request in
                request.path.hasPrefix("/apis/batch/v1/") && request.path.contains("/cronjobs")
                    ? ServerAnswer(404, text: "404 page not found", type: "text/plain") : nil
            }
            let older = "/apis/batch/v1beta1/namespaces/shop/cronjobs"
            shop.server.put(Self.timetable("demo-nightly"), in: older)
            try await shop.go(before: .removeWriters)
            #expect(shop.server.objects(in: older).first?[path: ["spec", "suspend"]]?.bool == true)
            try await shop.perform(.putBack)
            #expect(shop.server.objects(in: older).first?[path: ["spec", "suspend"]]?.bool == false)
        }
    }

    @Test func `who may not look at timetables is told the rule`() async throws {
        try await Shop.open { (shop) async throws in
            let refusal =
                "cronjobs.batch is forbidden: User \"pawl\" cannot list resource \"cronjobs\" in API group \"batch\" in "
                + "the namespace \"shop\""
            shop.server.script { request in
                request.path.hasSuffix("/cronjobs") ? .failure(403, "Forbidden", refusal) : nil
            }
            try await shop.go(before: .recordWriters)
            let trouble = try #require(try await shop.trouble(.recordWriters))
            #expect(trouble.code == "cluster-forbidden")
            #expect(trouble.remedy.contains("resources: [\"cronjobs\"]"))
        }
    }

    @Test func `records of before timetables were written down are read, and the timetables added`() async throws {
        try await Shop.open { (shop) async throws in
            Self.install(on: shop)
            try await shop.go(before: .stopWriters)
            let path = "\(shop.folder)/run/writers-0.json"
            var record = try #require(try ScaledWriters.read(path))
            record.cronJobs = nil
            try record.write(to: path)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(!text.contains("cronJobs"))
            try await shop.perform(.stopWriters)
            #expect(try ScaledWriters.read(path)?.cronJobs?.map(\.isSuspended) == [false, true])
        }
    }
}
