import Foundation
import Testing
import UpgradeModel

@testable import ReleaseSource

private func json(_ text: String) throws -> Catalog {
    try CatalogFile.read(Array(text.utf8), name: "catalog.json")
}

private func trouble(_ text: String, name: String = "catalog.json") -> Trouble? {
    do throws(Trouble) {
        _ = try CatalogFile.read(Array(text.utf8), name: name)
        return nil
    } catch {
        return error
    }
}

@Suite struct CatalogFileTests {
    @Test func `a catalog is read with every field`() throws {
        let digest = String(repeating: "0f", count: 32)
        let catalog = try json(
            """
            {"catalog":1,"product":"demo","channel":"stable","generatedAt":"2026-03-02T10:00:00Z","console":"pawl",
             "new":true,"releases":[
              {"version":"1.1.0","chartVersion":"1.1.0","releasedAt":"2026-03-02","prerelease":false,
               "deployments":["single-vm","orchestrated"],"required":true,"packageMinVersion":"1.0.0",
               "kubernetes":"1.30","minConsoleVersion":"0.1.0","notes":"# Notes","later":{},
               "package":{"path":"1.1.0.tar.gz","sha256":"\(digest)","bytes":1234}},
              {"version":"1.0.0","releasedAt":"2026-01-02T23:30:00-02:00","chartVersion":null,"package":null}]}
            """
        )
        #expect(catalog.header.product == "demo" && catalog.header.channel == "stable")
        #expect(catalog.header.generatedAt?.description == "2026-03-02T10:00:00Z")
        #expect(catalog.header.countsConsoleAsPawl)
        #expect(catalog.releases.map(\.version.text) == ["1.0.0", "1.1.0"])
        let release = try #require(catalog.releases.last)
        #expect(release.isRequired && release.chartVersion?.text == "1.1.0" && release.notes == "# Notes")
        #expect(release.kubernetes == KubernetesMinor(major: 1, minor: 30))
        #expect(release.deployments == [.singleVM, .orchestrated])
        #expect(release.package == PackageReference(path: "1.1.0.tar.gz", sha256: ContentDigest(digest), bytes: 1234))
        #expect(catalog.releases.first?.releasedAt?.description == "2026-01-03")
        #expect(catalog.quarantined.isEmpty)
    }

    @Test func `one bad release is put in quarantine and the rest stays`() throws {
        let catalog = try json(
            """
            {"releases":[{"version":"1.0","releasedAt":"2026-01-01"},
              {"version":"1.1","releasedAt":"2026-01-01","required":"yes"},
              7,
              {"version":["1.2"],"releasedAt":"2026-01-01"},
              {"version":"1.3","releasedAt":"2026-01-01","package":"1.3.tar.gz"},
              {"version":"1.4","releasedAt":"2026-01-01","deployments":["single-vm",1.5]},
              {"version":"1.5","releasedAt":"2026-01-01","deployments":[{}]},
              {"version":"1.6"}]}
            """
        )
        #expect(catalog.releases.map(\.version.text) == ["1.0", "1.4"])
        #expect(catalog.quarantined.map(\.text) == ["1.1", "", "", "1.3", "1.5", "1.6"])
        #expect(
            catalog.quarantined.first?.reason.description
                == "“required” must be true or false, and is a string (line 2)"
        )
        // What cannot be read might say that it must not be passed by.
        #expect(catalog.quarantined.first?.isRequired == true)
        #expect(catalog.quarantined.dropFirst().allSatisfy { !$0.isRequired })
    }

    @Test(arguments: [
        "", "[]", "{", "{}", "{\"releases\":{}}", "{\"catalog\":2,\"releases\":[]}",
        "{\"catalog\":\"1\",\"releases\":[]}",
        "{\"generatedAt\":\"yesterday\",\"releases\":[]}", "{\"releases\":[]}x", "{\"releases\":[],\"releases\":[]}",
        "{\"releases\":[\"\u{0}\"]}",
    ])
    func `what is no catalog is the publisher's fault`(_ text: String) throws {
        let refused = try #require(trouble(text))
        #expect(refused.blame == .release)
        #expect(refused.code == "catalog-invalid")
        #expect(refused.message.contains("catalog.json"))
    }

    @Test func `a bomb is refused in bounded time`() {
        var yaml = "releases:\n- &a0 {version: x}\n"
        for level in 1...40 { yaml += "- &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(trouble(yaml, name: "index.yaml")?.code == "catalog-invalid")
        #expect(trouble(String(repeating: "[", count: 1 << 20))?.code == "catalog-invalid")
    }

    @Test func `a Helm index is a catalog`() throws {
        let index = """
            apiVersion: v1
            generated: "2026-07-23T10:00:00.123456789Z"
            entries:
              carto:
              - {version: 1.280.1, appVersion: 2026.7.16, created: "2026-07-23T09:00:00Z", urls: [charts/carto-1.280.1.tgz],
                 digest: \(String(repeating: "ab", count: 32)), description: The platform}
              - {version: 1.279.6-beta, appVersion: 2026.7.15, created: "2026-07-23T09:00:00Z"}
              - {version: 1.100.0, appVersion: 2021.1.2, created: "2026-07-23T09:00:00Z"}
              - {version: 1.99.0, appVersion: 2021.01.02, created: nonsense}
              - {version: 1.98.0}
              - {appVersion: 2020.1.1}
            """
        let catalog = try CatalogFile.read(Array(index.utf8), name: "index.yaml")
        #expect(catalog.header.format == .helmIndex)
        #expect(catalog.header.generatedAt != nil)
        #expect(catalog.releases.map(\.version.text) == ["2021.1.2", "2026.7.15", "2026.7.16"])
        #expect(catalog.releases.map(\.isPrerelease) == [false, true, false])
        #expect(catalog.releases.last?.package?.path == "charts/carto-1.280.1.tgz")
        #expect(catalog.releases.last?.package?.sha256 != nil)
        #expect(catalog.quarantined.map(\.text) == ["2021.01.02", "", "2020.1.1"])
        let two = index + "\n  other:\n  - {version: 1.0.0, appVersion: 1.0.0}\n"
        #expect(trouble(two, name: "index.yaml")?.message.contains("“other”") == true)
        #expect(try CatalogFile.read(Array(two.utf8), name: "index.yaml", chart: "carto").releases.count == 3)
    }

    @Test func `the real history is read from its file`() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let catalog = try CatalogFile.read(path: tests.appending(path: "Fixtures/carto-releases.json").path)
        #expect(catalog.releases.count == 239 && catalog.quarantined.count == 8)
        #expect(catalog.header.product == "carto")
    }

    @Test func `a file that is not there is not the publisher's fault`() {
        let trouble = #expect(throws: Trouble.self) { try CatalogFile.read(path: "/nowhere/catalog.json") }
        #expect(trouble?.blame == .environment)
        #expect(trouble?.code == "catalog-unreadable")
    }
}
