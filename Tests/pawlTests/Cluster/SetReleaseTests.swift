import Foundation
import Orchestrated
import Processes
import Testing
import UpgradeModel

@testable import pawl

@Suite struct SetReleaseTests {
    private static let product = OrchestratedProduct(
        chart: "demo",
        databaseWorkloads: [],
        writers: [],
        migrations: [],
        health: []
    )

    /// A folder with a release as sets carry it, which goes afterwards.
    private func with(_ chart: String, _ body: (ChartFolder) throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.path + "/pawl-release-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: "\(root)/source/demo", withIntermediateDirectories: true)
        func write(_ text: String, _ name: String) throws {
            try Data(text.utf8).write(to: URL(filePath: "\(root)/\(name)"))
        }
        try write(chart, "source/demo/Chart.yaml")
        let packing = Command("tar", ["-C", "\(root)/source", "-czf", "\(root)/demo-1.4.0.tgz", "demo"])
        #expect(try await collect(packing, deadline: .seconds(60)).status.isSuccess)
        try write("replicas: 2\n", "operator-values.yaml")
        try write(
            #"{"format": 1, "chart": "demo", "chartVersion": "1.4.0", "archive": "demo-1.4.0.tgz", "revision": 3}"#,
            "record.json"
        )
        try body(ChartFolder(path: root))
    }

    private func troubles(_ folder: ChartFolder, as version: String) throws -> [String] {
        try SetRelease.troubles(of: folder, as: ReleaseVersion(version), for: Self.product)
    }

    @Test func `a set's chart must be the product's, and of the set's release`() async throws {
        try await with("apiVersion: v2\nname: demo\nversion: 1.4.0\nappVersion: \"2026.7.20\"\n") { folder in
            #expect(try troubles(folder, as: "2026.7.20") == [])
            #expect(try troubles(folder, as: "1.4.0") == [], "releases may be called after the chart")
            #expect(try troubles(folder, as: "2026.11.9").count == 1)
            try FileManager.default.removeItem(atPath: folder.operatorValues)
            #expect(try troubles(folder, as: "2026.7.20") == ["release/record.json, or what it names, is missing"])
        }
        try await with("apiVersion: v2\nname: shop\nversion: 1.4.0\n") { (folder) throws in
            #expect(try troubles(folder, as: "1.4.0") == ["its chart is shop and not demo"])
        }
    }

    @Test func `what lies in a folder of unpacked sets is of the kind that the set says`() async throws {
        try await TestPlace.with { (place) async throws in
            let set = try place.set()
            #expect(!set.manifest.isOfHelmRelease)
        }
    }
}
