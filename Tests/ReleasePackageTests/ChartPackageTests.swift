import Foundation
import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct ChartPackageTests {
    /// A whole package, from the example of the reference.
    private func package() throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try folder.write("release.yaml", try Reference.example("release-package.md", "chart"))
        try folder.write("demo-1.1.0.tgz", "1234567")
        try folder.write("values.yaml", "router:\n  replicas: 2\n")
        try folder.write("NOTES.md", "# 1.1.0\n")
        try folder.write("images/a.tar", "12345")
        return folder
    }

    private func entry(_ version: String = "1.1.0", chart: String? = "1.1.0") throws -> Release {
        Release(
            version: try ReleaseVersion(version),
            chartVersion: try chart.map { try ReleaseVersion($0) },
            releasedAt: Day("2026-03-02"),
            packageMinVersion: try ReleaseVersion("1.0.0")
        )
    }

    private func refusal(_ folder: ScratchFolder, entry: Release? = nil) throws -> Trouble {
        let trouble = try trouble { () throws(Trouble) in try ChartPackage.open(folder.path, entry: entry) }
        #expect(trouble.blame == .release)
        #expect(!trouble.changed)
        return trouble
    }

    @Test func `a whole package is opened`() throws {
        let folder = try package()
        let package = try ChartPackage.open(folder.path, entry: try entry())
        #expect(package.file.release.version == (try ReleaseVersion("1.1.0")))
        #expect(package.file.release.deployments == [.orchestrated])
        #expect(package.file.images.isEmpty)
        #expect(package.chart == folder.at("demo-1.1.0.tgz"))
        #expect(package.chartName == "demo")
        #expect(package.chartVersion == (try ReleaseVersion("1.1.0")))
        #expect(package.chartBytes == 7)
        #expect(package.values == folder.at("values.yaml"))
        #expect(package.valuesText == bytes("router:\n  replicas: 2\n"))
        #expect(package.imageArchives.map(\.bytes) == [5])
        #expect(package.notes == "# 1.1.0\n")
    }

    @Test func `values, notes and images may be left out`() throws {
        let folder = try package()
        for name in ["values.yaml", "NOTES.md", "images"] {
            try FileManager.default.removeItem(atPath: folder.at(name))
        }
        let package = try ChartPackage.open(folder.path)
        #expect(package.values == nil)
        #expect(package.valuesText.isEmpty)
        #expect(package.imageArchives.isEmpty)
        #expect(package.notes == nil)
    }

    @Test func `a folder with both forms is opened as either`() throws {
        let folder = try package()
        try folder.write("release.yaml", try Reference.example("release-package.md", "release"))
        try folder.write("docker-compose.yml", try Reference.example("release-package.md", "compose"))
        try folder.write("env.defaults", try Reference.example("release-package.md", "defaults"))
        #expect(try ChartPackage.open(folder.path).chartName == "demo")
        #expect(try PackageFolder.open(folder.path).file.images.count == 2)
    }

    @Test func `a package of another release than the catalog speaks of is refused`() throws {
        let folder = try package()
        for entry in [try entry("1.2.0"), try entry(chart: "2.0.0"), try entry(chart: nil)] {
            #expect(try refusal(folder, entry: entry).code == "package-contradicts-catalog")
        }
    }

    @Test func `a chart is the product's or refused`() throws {
        let folder = try package()
        let package = try ChartPackage.open(folder.path)
        func product(_ chart: String) -> OrchestratedProduct {
            OrchestratedProduct(chart: chart, databaseWorkloads: [], writers: [], migrations: [], health: [])
        }
        try package.checkChart(of: product("demo"))
        let trouble = try trouble { () throws(Trouble) in try package.checkChart(of: product("other")) }
        #expect(trouble.blame == .release)
        #expect(trouble.message.contains("`other`"))
    }

    @Test func `a chart's name may hold what looks like a version`() throws {
        let folder = try package()
        try FileManager.default.moveItem(atPath: folder.at("demo-1.1.0.tgz"), toPath: folder.at("demo-2-1.1.0.tgz"))
        #expect(try ChartPackage.open(folder.path).chartName == "demo-2")
    }

    @Test(arguments: [
        "demo-1.2.0.tgz", "demo-1.1.tgz", "demo.tgz", "-1.1.0.tgz", "1.1.0.tgz", "demo-1.1.0-1.tgz", ".demo-1.1.0.tgz",
    ])
    func `an archive of another name than release_yaml asks for is refused`(name: String) throws {
        let folder = try package()
        try FileManager.default.moveItem(atPath: folder.at("demo-1.1.0.tgz"), toPath: folder.at(name))
        let trouble = try refusal(folder)
        #expect(trouble.message.contains(name), "\(trouble.message)")
        #expect(trouble.message.contains("1.1.0"), "\(trouble.message)")
    }

    @Test func `a package without a chart, or with two, is refused`() throws {
        let folder = try package()
        try folder.write("other-1.1.0.tgz", "")
        #expect(try refusal(folder).message.contains("demo-1.1.0.tgz, other-1.1.0.tgz"))
        for name in ["demo-1.1.0.tgz", "other-1.1.0.tgz"] {
            try FileManager.default.removeItem(atPath: folder.at(name))
        }
        #expect(try refusal(folder).message.contains("the chart's archive is missing"))
    }

    @Test func `a link or a folder in the place of the chart is refused`() throws {
        let folder = try package()
        let chart = folder.at("demo-1.1.0.tgz")
        try FileManager.default.removeItem(atPath: chart)
        try FileManager.default.createSymbolicLink(atPath: chart, withDestinationPath: "/etc/passwd")
        #expect(try refusal(folder).message.contains("not a regular file"))
        try FileManager.default.removeItem(atPath: chart)
        try FileManager.default.createDirectory(atPath: chart, withIntermediateDirectories: false)
        #expect(try refusal(folder).message.contains("not a regular file"))
    }

    @Test func `a release without a chart version is none for a cluster`() throws {
        let folder = try package()
        let text = try Reference.example("release-package.md", "chart")
        try folder.write("release.yaml", text.replacing("chartVersion: 1.1.0\n", with: ""))
        #expect(try refusal(folder).message.contains("chartVersion"))
    }

    @Test func `release_yaml must be there`() throws {
        let folder = try package()
        try FileManager.default.removeItem(atPath: folder.at("release.yaml"))
        #expect(try refusal(folder).message.contains("release.yaml is missing"))
    }

    @Test(arguments: ["- a\n", "just text\n", "a: [\n", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n"])
    func `values that are no mapping are refused with their line`(text: String) throws {
        let folder = try package()
        try folder.write("values.yaml", text)
        let trouble = try refusal(folder)
        #expect(trouble.message.firstMatch(of: #/values\.yaml:[0-9]+: /#) != nil, "\(trouble.message)")
    }

    @Test func `values that are only a comment are none, and no error`() throws {
        let folder = try package()
        try folder.write("values.yaml", "# nothing\n")
        #expect(try ChartPackage.open(folder.path).values == folder.at("values.yaml"))
    }

    @Test func `a device in the place of the values is not read`() throws {
        let folder = try package()
        try FileManager.default.removeItem(atPath: folder.at("values.yaml"))
        try FileManager.default.createSymbolicLink(atPath: folder.at("values.yaml"), withDestinationPath: "/dev/zero")
        #expect(try refusal(folder).message.contains("values.yaml"))
    }
}
