import Archives
import Foundation
import Kubernetes
import Testing
import UpgradeModel

@testable import Orchestrated

@Suite struct HelmRecordTests {
    @Test func `a record tells everything that is asked of it`() throws {
        var fixture = ReleaseFixture(revision: 4, status: .pendingUpgrade, description: "Preparing upgrade")
        fixture.config = ["database": ["host": "db"], "gone": .null]
        fixture.values = ["database": ["host": "localhost", "port": 5432], "gone": 1]
        fixture.hooks = [
            [
                "name": "check", "kind": "Job", "path": "demo/templates/check.yaml", "manifest": "kind: Job",
                "events": ["pre-upgrade"], "weight": -5, "delete_policies": ["hook-succeeded"],
                "last_run": ["started_at": "", "completed_at": "", "phase": "Failed"],
            ]
        ]
        let record = try HelmRecord(fixture.json, object: "s")
        #expect(record.name == "demo" && record.namespace == "shop" && record.revision == 4 && record.object == "s")
        #expect(record.status == .pendingUpgrade && record.description == "Preparing upgrade")
        #expect(record.chartName == "demo" && record.chartVersion == "1.0.0" && record.appVersion == "2026.10.1")
        #expect(record.config[path: ["database", "host"]] == "db")
        #expect(record.values == ["database": ["host": "db", "port": 5432]])
        #expect(record.manifest.contains("kind: ConfigMap"))
        #expect(record.firstDeployed == Moment("2026-01-02T03:04:05.123456Z"))
        #expect(record.lastDeployed == Moment("2026-02-03T03:05:06Z"))
        #expect(record.templates == ["templates/a.yaml": Array("kind: ConfigMap\n".utf8)])
        #expect(!record.isServerSide)
        let hook = try #require(record.hooks.first)
        #expect(hook.name == "check" && hook.kind == "Job" && hook.weight == -5 && hook.lastPhase == "Failed")
        #expect(hook.events == ["pre-upgrade"] && hook.deletePolicies == ["hook-succeeded"])
        #expect(Mirror(reflecting: record).children.isEmpty, "what prints every field would print the values")
    }

    @Test func `what is not there is empty, and a time of the year 1 is none`() throws {
        let json: JSONValue = [
            "name": "demo", "version": 1, "info": ["status": "brand-new", "last_deployed": "0001-01-01T00:00:00Z"],
            "chart": ["metadata": ["name": "demo", "version": "1.0.0", "appVersion": ""]], "apply_method": "ssa",
        ]
        let record = try HelmRecord(json, object: "")
        #expect(record.status == .unknown)
        #expect(record.appVersion == nil && record.lastDeployed == nil && record.firstDeployed == nil)
        #expect(record.hooks.isEmpty && record.templates.isEmpty && record.manifest.isEmpty)
        #expect(record.config == [:] && record.values == [:])
        #expect(record.isServerSide)
    }

    @Test(arguments: [
        ["name"], ["version"], ["info"], ["info", "status"], ["chart"], ["chart", "metadata"],
        ["chart", "metadata", "name"], ["chart", "metadata", "version"],
    ])
    func `a record without what it must have is none`(path: [String]) throws {
        let others: [JSONValue?] = [
            nil, JSONValue.null, .object([]), .array([]), .string(""), .number("-1"), .bool(true),
        ]
        for other in others {
            var json = ReleaseFixture().json
            json[path: path] = other
            #expect(throws: ReleasePayload.Unreadable.self) { try HelmRecord(json, object: "") }
        }
    }

    @Test func `fields of any other kind than expected crash nothing`() throws {
        let wrong: [JSONValue] = [.null, .bool(true), .number("1e999"), "text", [], [:], [.null], ["x": .null]]
        let paths = [
            ["config"], ["manifest"], ["hooks"], ["chart", "values"], ["info", "description"], ["namespace"],
        ]
        for path in paths {
            for value in wrong {
                var json = ReleaseFixture().json
                json[path: path] = value
                #expect(throws: Never.self) { try HelmRecord(json, object: "") }
            }
        }
        var json = ReleaseFixture().json
        json[path: ["chart", "templates"]] = [["name": "a", "data": "%%%"]]
        #expect(throws: ReleasePayload.Unreadable.self) { try HelmRecord(json, object: "") }
    }

    @Test func `what is written is read, every field and number as it was`() throws {
        var fixture = ReleaseFixture()
        fixture.config = [
            "text": "ä \u{1F600} \"\\\n", "big": .number("12345678901234567890"), "exponent": .number("1e+06"),
        ]
        let payload = try ReleasePayload.packed(fixture.json)
        #expect(try ReleasePayload.json(payload) == fixture.json)
        let base64 = try #require(Data(base64Encoded: Data(payload)))
        #expect(Gzip.isPacked(Array(base64)))
    }

    @Test func `a record from before Helm packed them is read`() throws {
        let payload = Array(Data(ReleaseFixture().json.bytes).base64EncodedData())
        #expect(try ReleasePayload.json(payload) == ReleaseFixture().json)
    }

    @Test func `what is no record is refused`() throws {
        func base64(_ bytes: [UInt8]) -> [UInt8] { Array(Data(bytes).base64EncodedData()) }
        let whole = try Gzip.packed(ReleaseFixture().json.bytes)
        let bomb = try Gzip.packed([UInt8](repeating: UInt8(ascii: " "), count: ReleasePayload.limit + 1))
        let hostile: [[UInt8]] = [
            [], Array("not base64!".utf8), base64([]), base64([0x1F, 0x8B, 0x08]), base64(Array("{".utf8)),
            base64(Array("[]".utf8)), base64(Array("null".utf8)), base64(Array(whole.dropLast(5))),
            base64(Array(whole.prefix(20))), base64([0x1F, 0x8B, 0x08] + [UInt8](repeating: 0xAA, count: 300)),
            base64(try Gzip.packed(Array("{\"a\":1,\"a\":2}".utf8))), base64(try Gzip.packed([0xFF, 0xFE])),
            base64(try Gzip.packed(Array(String(repeating: "[", count: 100_000).utf8))), base64(bomb),
        ]
        for (number, payload) in hostile.enumerated() {
            #expect(throws: ReleasePayload.Unreadable.self, "\(number)") { try ReleasePayload.json(payload) }
        }
    }
}
