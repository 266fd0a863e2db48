import Archives
import Foundation
import Kubernetes
import SimulatedCluster
import Testing
import UpgradeModel

@testable import Orchestrated

@Suite struct ChartArchiveTests {
    /// An archive of these files, in memory.
    private func archive(_ files: [(String, [UInt8])]) throws -> [UInt8] {
        var tar: [UInt8] = []
        for (name, bytes) in files { tar += Self.block(name, bytes) }
        return try Gzip.packed(tar + [UInt8](repeating: 0, count: 1024))
    }

    private func archive(_ files: [String: String]) throws -> [UInt8] {
        try archive(files.sorted { $0.key < $1.key }.map { ($0.key, Array($0.value.utf8)) })
    }

    /// A file of a tar archive, by hand, so that its name can be as wrong as a test needs.
    private static func block(_ name: String, _ bytes: [UInt8], type: Character = "0") -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: Array(text.utf8))
        }
        func octal(_ number: Int, _ digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put(octal(bytes.count, 11), at: 124)
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar\u{0}00", at: 257)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0}", at: 148)
        return header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    private func read(_ bytes: [UInt8]) async throws -> ChartArchive {
        try await withScratchFolder { folder in
            try Data(bytes).write(to: URL(filePath: "\(folder)/chart.tgz"))
            return try ChartArchive.read(path: "\(folder)/chart.tgz")
        }
    }

    /// The trouble with an archive.
    private func trouble(_ bytes: [UInt8]) async -> Trouble? {
        await #expect(throws: Trouble.self) { try await read(bytes) }
    }

    private let plain = [
        "demo/Chart.yaml":
            "apiVersion: v2\nname: demo\nversion: 1.2.0\nappVersion: \"2026.10.1\"\nkubeVersion: '>=1.20'\n",
        "demo/values.yaml": "\u{FEFF}a: {b: 1}\nenabled: no\n",
        "demo/templates/a.yaml": "kind: A", "demo/templates/sub/_b.tpl": "b", "demo/README.md": "words",
        "demo/crds/c.yaml": "kind: C",
    ]

    @Test func `a chart tells what it is and what is in it`() async throws {
        let chart = try await read(archive(plain))
        #expect(chart.name == "demo" && chart.version == "1.2.0")
        #expect(chart.appVersion == "2026.10.1" && chart.kubernetes == ">=1.20")
        #expect(chart.defaultValues == ["a": ["b": 1], "enabled": false])
        #expect(
            chart.templates == [
                "templates/a.yaml": Array("kind: A".utf8), "templates/sub/_b.tpl": Array("b".utf8),
            ]
        )
        #expect(Set(chart.files.keys) == ["Chart.yaml", "values.yaml", "README.md", "crds/c.yaml"])
        #expect(!chart.hasDependencies && chart.missingDependencies.isEmpty && chart.subcharts.isEmpty)
    }

    @Test func `subcharts are read, packed or not, and their values stand below the chart's`() async throws {
        var files = plain.map { ($0.key, Array($0.value.utf8)) }
        files.removeAll { $0.0 == "demo/Chart.yaml" || $0.0 == "demo/values.yaml" }
        let about = """
            apiVersion: v2
            name: demo
            version: 1.2.0
            dependencies:
            - {name: store, version: 1.x, alias: cache, condition: cache.enabled}
            - {name: common, version: 1.x}
            - {name: absent, version: 1.x, condition: absent.enabled}
            """
        files.append(("demo/Chart.yaml", Array(about.utf8)))
        files.append(("demo/values.yaml", Array("cache: {size: 2, old: null}\n".utf8)))
        files.append(("demo/charts/common/Chart.yaml", Array("name: common\nversion: 1.0.0\n".utf8)))
        files.append(("demo/charts/common/templates/_x.tpl", []))
        let store = try archive([
            "store/Chart.yaml": "name: store\nversion: 1.0.0\n", "store/values.yaml": "size: 1\nport: 6379\nold: 1\n",
        ])
        files.append(("demo/charts/store-1.0.0.tgz", store))
        files.append(("demo/charts/README.md", Array("words".utf8)))
        files.append(("demo/charts/_ignored/x", []))
        let chart = try await read(archive(files))
        #expect(Set(chart.subcharts.map(\.name)) == ["common", "store"])
        #expect(chart.defaultValues[path: ["cache", "size"]] == 2)
        #expect(chart.defaultValues[path: ["cache", "port"]] == 6379)
        #expect(chart.defaultValues[path: ["cache", "old"]] == nil)
        #expect(chart.defaultValues["store"] == nil && chart.defaultValues["common"] == [:])
        #expect(chart.hasDependencies)
        #expect(chart.missingDependencies == ["absent"])
        #expect(chart.templates.keys.allSatisfy { $0.hasPrefix("templates/") })
    }

    @Test(arguments: [
        "../Chart.yaml", "/etc/passwd", "demo/../../x", "demo/templates/../../../x", "Chart.yaml", "other/x",
    ])
    func `names that lead elsewhere are refused`(_ name: String) async throws {
        let files = plain.map { ($0.key, Array($0.value.utf8)) } + [(name, Array("x".utf8))]
        let found = try await trouble(archive(files))
        #expect(found?.code == "chart-invalid")
        #expect(found?.blame == .release)
    }

    @Test func `links, names given twice and subcharts that are none are refused`() async throws {
        let whole = plain.map { ($0.key, Array($0.value.utf8)) }
        var tar = whole.flatMap { Self.block($0.0, $0.1) }
        tar += Self.block("demo/link", [], type: "2")
        #expect(try await trouble(Gzip.packed(tar + [UInt8](repeating: 0, count: 1024)))?.code == "chart-invalid")
        #expect(try await trouble(archive(whole + [("demo/Chart.yaml", [])]))?.code == "chart-invalid")
        for name in ["demo/charts/x.tgz", "demo/charts/x/values.yaml"] {
            let found = try await trouble(archive(whole + [(name, Array("garbage".utf8))]))
            #expect(found?.code == "chart-invalid")
            #expect(found?.message.contains("subchart") == true)
        }
    }

    @Test func `charts in charts in charts end somewhere`() async throws {
        var inner = try archive(["c/Chart.yaml": "name: c\nversion: 1.0.0\n"])
        for _ in 0..<20 {
            inner = try archive([
                ("c/Chart.yaml", Array("name: c\nversion: 1.0.0\n".utf8)), ("c/charts/c-1.0.0.tgz", inner),
            ])
        }
        #expect(await trouble(inner)?.code == "chart-invalid")
    }

    @Test(arguments: [
        ["demo/Chart.yaml": "name: demo\n"], ["demo/Chart.yaml": "version: 1.0.0\n"], ["demo/Chart.yaml": "- a"],
        ["demo/Chart.yaml": "name: ["], ["demo/values.yaml": "a: 1"], [:],
        ["demo/Chart.yaml": "name: demo\nversion: 1.0.0\n", "demo/values.yaml": "text"],
    ])
    func `a chart without what it must have is none`(_ files: [String: String]) async throws {
        #expect(try await trouble(archive(files))?.code == "chart-invalid")
    }

    @Test func `what is no archive is refused, and what is not there is told`() async throws {
        let whole = try archive(plain)
        let plainTar = plain.flatMap { Self.block($0.key, Array($0.value.utf8)) } + [UInt8](repeating: 0, count: 1024)
        let bomb = try Gzip.packed([UInt8](repeating: 0, count: 110 << 20))
        for bytes in [[], Array("text".utf8), Array(whole.dropLast(9)), Array(whole.prefix(40)), plainTar, bomb] {
            #expect(await trouble(bytes)?.code == "chart-invalid")
        }
        let error = #expect(throws: Trouble.self) { try ChartArchive.read(path: "/nowhere/chart.tgz") }
        #expect(error?.code == "chart-unreadable")
        #expect(error?.blame == .environment)
    }

    @Test func `a record is compared with a chart, template by template`() async throws {
        let chart = try await read(archive(plain))
        var fixture = ReleaseFixture(chart: "demo", chartVersion: "1.2.0")
        fixture.templates = ["templates/a.yaml": "kind: A", "templates/sub/_b.tpl": "b"]
        #expect(try HelmRecord(fixture.json, object: "").differences(from: chart).isEmpty)
        fixture.templates["templates/a.yaml"] = "kind: B"
        fixture.templates["templates/more.yaml"] = ""
        fixture.chartVersion = "1.1.0"
        let differences = try HelmRecord(fixture.json, object: "").differences(from: chart)
        #expect(
            differences == [
                "its version is 1.2.0 and not 1.1.0", "its templates differ: “templates/a.yaml”, “templates/more.yaml”",
            ]
        )
    }
}
