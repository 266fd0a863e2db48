import Foundation
import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct PackageFolderTests {
    /// A whole package, from the examples of the reference.
    private func package() throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try folder.write("release.yaml", try Reference.example("release-package.md", "release"))
        try folder.write("docker-compose.yml", try Reference.example("release-package.md", "compose"))
        try folder.write("env.defaults", try Reference.example("release-package.md", "defaults"))
        try folder.write("NOTES.md", "# 1.1.0\n")
        try folder.write("images/a.tar", "12345")
        return folder
    }

    private func entry(_ version: String = "1.1.0", chart: String? = "1.1.0", required: Bool = false) throws -> Release
    {
        Release(
            version: try ReleaseVersion(version),
            chartVersion: try chart.map { try ReleaseVersion($0) },
            releasedAt: Day("2026-03-02"),
            isRequired: required,
            packageMinVersion: try ReleaseVersion("1.0.0")
        )
    }

    @Test func `a whole package is opened`() throws {
        let folder = try package()
        let package = try PackageFolder.open(folder.path, entry: try entry())
        #expect(package.file.release.version == (try ReleaseVersion("1.1.0")))
        #expect(package.file.release.deployments == [.singleVM])
        #expect(package.file.release.releasedAt == Day("2026-03-02"))
        #expect(package.file.images.count == 2)
        #expect(package.notes == "# 1.1.0\n")
        #expect(package.imageArchives.map(\.bytes) == [5])
        let customer = try EnvironmentFile(bytes("ROUTER_PORT=9\nDOMAIN=d\n"), path: "customer.env", blame: .operator)
        let environment = try package.environment(customer: customer)
        #expect(environment.values["ROUTER_PORT"] == "9")
        #expect(environment.text.hasPrefix("# Made by Pawl for release 1.1.0"))
        let compose = try package.compose(environment: environment.values)
        #expect(compose.service("api")?.ports.first?.published == 9)
        try package.checkPins(of: compose)
    }

    @Test func `defaults, notes and images may be left out`() throws {
        let folder = try package()
        for name in ["env.defaults", "NOTES.md", "images"] {
            try FileManager.default.removeItem(atPath: folder.at(name))
        }
        let compose = try Reference.example("release-package.md", "compose")
        try folder.write("docker-compose.yml", compose.replacing("${ROUTER_PORT}", with: "80"))
        let package = try PackageFolder.open(folder.path)
        #expect(package.defaults.entries.isEmpty)
        #expect(package.notes == nil)
        #expect(package.imageArchives.isEmpty)
    }

    @Test func `a package of another release than the catalog speaks of is refused`() throws {
        let folder = try package()
        for entry in [try entry("1.2.0"), try entry(chart: "2.0.0"), try entry(chart: nil), try entry(required: true)] {
            let trouble = try trouble { () throws(Trouble) in try PackageFolder.open(folder.path, entry: entry) }
            #expect(trouble.blame == .release)
            #expect(trouble.code == "package-contradicts-catalog")
        }
        #expect(try PackageFolder.open(folder.path, entry: try entry("1.1")).file.release.version.text == "1.1.0")
    }

    @Test(arguments: ["release.yaml", "docker-compose.yml"])
    func `a file that is missing is named`(name: String) throws {
        let folder = try package()
        try FileManager.default.removeItem(atPath: folder.at(name))
        let trouble = try trouble { () throws(Trouble) in try PackageFolder.open(folder.path) }
        #expect(trouble.blame == .release)
        #expect(trouble.message.contains("\(name) is missing"), "\(trouble.message)")
    }

    @Test func `an image that is not pinned is named`() throws {
        let folder = try package()
        let text = try Reference.example("release-package.md", "release")
        try folder.write("release.yaml", text.replacing("pawl-demo/database:15", with: "pawl-demo/other:15"))
        let package = try PackageFolder.open(folder.path)
        let compose = try package.compose(environment: ["ROUTER_PORT": "1"])
        #expect(package.unpinnedImages(of: compose) == ["pawl-demo/database:15"])
        let trouble = try trouble { () throws(Trouble) in try package.checkPins(of: compose) }
        #expect(trouble.message.contains("pawl-demo/database:15"))
    }

    @Test func `an image that is named by digest needs no id`() throws {
        let folder = try package()
        let package = try PackageFolder.open(folder.path)
        let image = "a@sha256:" + String(repeating: "0", count: 64)
        #expect(package.unpinnedImages(of: ComposeFile(services: [ComposeService(name: "a", image: image)])) == [])
    }

    @Test func `a link in the place of an image archive is refused`() throws {
        let folder = try package()
        try FileManager.default.createSymbolicLink(
            atPath: folder.at("images/b.tar"),
            withDestinationPath: "/etc/passwd"
        )
        let trouble = try trouble { () throws(Trouble) in try PackageFolder.open(folder.path) }
        #expect(trouble.message.contains("images/b.tar"))
    }

    @Test(arguments: [
        ("version: 1.1.0\n", "version: one\n"), ("version: 1.1.0\n", ""),
        ("releasedAt: 2026-03-02", "releasedAt: soon"),
        ("deployments: [single-vm]", "deployments: [cloud]"), ("required: false", "required: perhaps"),
        ("sha256:9f86", "sha256:xx86"), ("kind: Release", "kind: Product"), ("required: false", "mandatory: false"),
        ("packageMinVersion: 1.0.0", "packageMinVersion: old"),
    ])
    func `what is wrong in release.yaml is named with its line`(right: String, wrong: String) throws {
        let text = try Reference.example("release-package.md", "release")
        #expect(text.contains(right))
        let broken = text.replacing(right, with: wrong, maxReplacements: 1)
        let trouble = try trouble { () throws(Trouble) in try ReleaseFile.read(bytes(broken), path: "release.yaml") }
        #expect(trouble.blame == .release)
        #expect(trouble.message.firstMatch(of: #/release\.yaml:[0-9]+: /#) != nil, "\(trouble.message)")
    }

    @Test(arguments: ["0123.json", "blobs/sha256/0123"])
    func `an image in an archive tells its variables and labels without being loaded`(name: String) async throws {
        let folder = try package()
        let configuration = #"{"config": {"Env": ["PG_MAJOR=15"], "Labels": {"a": "b"}}, "os": "linux"}"#
        try folder.write("image/\(name)", configuration)
        try folder.write("image/manifest.json", "[]")
        let tar = Process()
        tar.executableURL = URL(filePath: "/usr/bin/env")
        tar.arguments = ["tar", "-C", folder.at("image"), "-cf", folder.at("images/a.tar"), "."]
        try tar.run()
        tar.waitUntilExit()
        let opened = try PackageFolder.open(folder.path, entry: try entry())
        let image = try #require(try opened.archivedImage("sha256:0123"))
        #expect(image.environment == ["PG_MAJOR=15"])
        #expect(image.labels == ["a": "b"])
        #expect(try opened.archivedImage("sha256:4567") == nil)
    }

    @Test func `an archive of images that is none is the release's fault`() throws {
        let folder = try package()
        let opened = try PackageFolder.open(folder.path, entry: try entry())
        let trouble = #expect(throws: Trouble.self) { try opened.archivedImage("sha256:0123") }
        #expect(trouble?.blame == .release)
    }
}
