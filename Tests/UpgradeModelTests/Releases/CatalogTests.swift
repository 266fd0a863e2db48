import Simulators
import Testing

@testable import UpgradeModel

private func reasons(_ catalog: Catalog) -> [String: QuarantinedRelease.Reason] {
    Dictionary(catalog.quarantined.map { ($0.text, $0.reason) }) { first, _ in first }
}

@Suite struct CatalogTests {
    @Test func `releases are ordered by version whatever the order of the list`() {
        let catalog = Catalog.validating(["2.0", "1.0-rc.1", "10.0", "1.0", "1.0-1"].map { .made($0) })
        #expect(catalog.releases.map(\.version.text) == ["1.0-rc.1", "1.0", "1.0-1", "2.0", "10.0"])
        #expect(catalog.quarantined.isEmpty)
        #expect(catalog.release(version("10.0.0"))?.version.text == "10.0")
        #expect(catalog.release(version("3")) == nil)
        #expect(catalog.newest(for: .singleVM)?.version.text == "10.0")
    }

    @Test func `one bad entry never takes the rest with it`() {
        var problem = CatalogEntry.made("1.1")
        problem.problem = "“required” must be true or false"
        var noDate = CatalogEntry.made("1.2")
        noDate.releasedAt = nil
        let catalog = Catalog.validating([
            .made("1.0"), problem, noDate, .made("junk"), .made("1.3", "2026-02-30"), .made("1.4", chart: "x"),
            .made("1.5", package: "x"), .made("1.6", kubernetes: "x"), CatalogEntry(), .made("1.7", console: "x"),
        ])
        #expect(catalog.releases.map(\.version.text) == ["1.0", "1.7"])
        let reasons = reasons(catalog)
        #expect(reasons["1.1"] == .unreadable("“required” must be true or false"))
        #expect(reasons["1.2"] == .unreadableDate)
        #expect(reasons["1.3"] == .unreadableDate)
        #expect(reasons["junk"] == .unreadableVersion(.segment("junk")))
        #expect(reasons[""] == .unreadableVersion(.empty))
        #expect(reasons["1.4"]?.description == "its chart version cannot be read: “x” is not a number")
        #expect(catalog.quarantined.count == 8)
    }

    @Test func `a calendar version may be one year away from its date and no more`() {
        let catalog = Catalog.validating([
            .made("2023.1.10", "2024-01-10"), .made("2025.1.10", "2024-12-31"), .made("2026.1.10", "2024-12-31"),
            .made("2022.1.10", "2024-01-01"), .made("2026.13.1", "2024-12-31"), .made("2026.1", "2024-12-31"),
        ])
        #expect(catalog.quarantined.map(\.text) == ["2026.1.10", "2022.1.10"])
        #expect(catalog.quarantined.first?.reason == .implausibleYear(version: 2026, released: 2024))
    }

    @Test func `of one version the highest chart stands`() {
        let catalog = Catalog.validating([
            .made("2022.5.23", "2022-05-23", chart: "1.23.2"), .made("2022.05.23", "2022-05-23", chart: "1.23.10"),
            .made("2022.05.23.0", "2022-05-23"),
        ])
        #expect(catalog.releases.map(\.version.text) == ["2022.05.23"])
        #expect(catalog.quarantined.map(\.text) == ["2022.5.23", "2022.05.23.0"])
        #expect(catalog.quarantined.map(\.reason) == [.superseded(by: "1.23.10"), .superseded(by: "1.23.10")])
        #expect(catalog.quarantine(of: version("2022.5.23")) == nil)
    }

    @Test func `the same chart with different content quarantines all`() {
        let catalog = Catalog.validating([
            .made("1.0", chart: "5"), .made("1.0", "2026-01-02", chart: "5.0"), .made("1.0", chart: "4"),
            .made("2.0"), .made("2.0"), .made("3.0"), .made("3.0", "2026-01-02"),
            .made("4.0", chart: "1"), .made("4.0", "2026-01-02", chart: "1"), .made("4.0", chart: "2"),
        ])
        #expect(catalog.releases.map(\.version.text) == ["2.0", "4.0"])
        #expect(
            catalog.quarantined.filter { $0.version == version("1.0") }.map(\.reason)
                == .init(repeating: .contradiction, count: 3)
        )
        #expect(catalog.quarantined.filter { $0.version == version("2.0") }.map(\.reason) == [.superseded(by: nil)])
        #expect(catalog.quarantined.filter { $0.version == version("3.0") }.count == 2)
        #expect(catalog.release(version("4.0"))?.chartVersion == version("2"))
        #expect(catalog.quarantine(of: version("3.0.0"))?.reason == .contradiction)
    }

    @Test func `the dates of a Helm index never quarantine`() {
        var noDate = CatalogEntry.made("1.2")
        noDate.releasedAt = nil
        let header = CatalogHeader(format: .helmIndex)
        let entries: [CatalogEntry] = [
            .made("2021.1.10", "2026-01-10T01:02:03.123456789Z"), noDate, .made("1.3", "yesterday"),
        ]
        let catalog = Catalog.validating(entries, header: header)
        #expect(catalog.quarantined.isEmpty)
        #expect(catalog.release(version("2021.1.10"))?.releasedAt == day("2026-01-10"))
        #expect(catalog.release(version("1.2"))?.releasedAt == nil)
        #expect(Catalog.validating(entries).releases.isEmpty)
    }

    @Test func `a package must be named, measured and inside the source`() {
        func entry(_ path: String?, _ digest: String?, _ bytes: Int?) -> CatalogEntry {
            var entry = CatalogEntry.made("1.0")
            (entry.packagePath, entry.packageSHA256, entry.packageBytes) = (path, digest, bytes)
            return entry
        }
        let digest = String(repeating: "aB", count: 32)
        let good = Catalog.validating([entry("a/b.tar.gz", "sha256:" + digest, 5)])
        #expect(good.releases.first?.package?.sha256?.hexadecimal == String(repeating: "ab", count: 32))
        #expect(good.releases.first?.package?.bytes == 5)
        for (path, digest, bytes) in [
            ("/etc/passwd", digest, 5), ("a/../b", digest, 5), ("..", digest, 5), ("", digest, 5),
            ("a\u{0}b", digest, 5),
            ("a", "abc", 5), ("a", digest + "0", 5), ("a", digest, -1), (nil, digest, 5), ("a\nb", digest, 5),
        ] as [(String?, String?, Int?)] {
            #expect(Catalog.validating([entry(path, digest, bytes)]).releases.isEmpty, "\(path ?? "nil")")
        }
        let helm = Catalog.validating([entry("https://x.example/a.tgz", nil, nil)], header: .init(format: .helmIndex))
        #expect(helm.releases.count == 1)
    }

    @Test func `unknown deployments are none of ours and none means all`() {
        let catalog = Catalog.validating([
            .made("1.0"), .made("2.0", for: ["single-vm"]), .made("3.0", for: ["orchestrated", "mainframe"]),
            .made("4.0", for: ["mainframe"]), .made("5.0", for: []), .made("6.0", for: ["embedded-cluster"]),
        ])
        func published(_ kind: DeploymentKind) -> [String] {
            catalog.releases.filter { $0.isPublished(for: kind) }.map(\.version.text)
        }
        #expect(published(.singleVM) == ["1.0", "2.0"])
        #expect(published(.orchestrated) == ["1.0", "3.0"])
        #expect(published(.embeddedCluster) == ["1.0", "3.0"])
    }

    @Test func `the real history is read with all its faults`() throws {
        let catalog = try RealReleases.catalog()
        let entries = try RealReleases.entries()
        #expect(entries.count == 247)
        #expect(catalog.releases.count == 239)
        #expect(
            Set(catalog.quarantined.map(\.text)) == [
                "2022.05.23", "2099.1.10-rc.1", "2099.6.15-rc.1", "2099.8.16-rc.2", "2098.12.12-rc.1", "2098.12.12",
                "2097.11.11-rc.3", "2097.11.11",
            ]
        )
        #expect(
            catalog.quarantine(of: version("2098.12.12"))?.reason == .implausibleYear(version: 2098, released: 2023)
        )
        #expect(catalog.release(version("2022.05.23"))?.chartVersion == version("1.23.2"))
        #expect(catalog.newest(for: .singleVM)?.version.text == "2026.7.16")
        #expect(catalog.newest(for: .singleVM, prereleases: true)?.version.text == "2026.8.11-rc.7")
        #expect(catalog.releases.filter(\.isPrerelease).count == 130)
    }

    @Test func `random entries are sorted out as the rules say, one by one`() {
        var generator = SeededGenerator(seed: 21)
        for _ in 0..<2_000 {
            let entries = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                CatalogEntry.made(
                    ["1.0", "1.0.0", "1.00", "2.0", "2025.1.1", "2025.01.1", "2031.1.1", "x"].random(&generator),
                    ["2025-01-01", "2025-01-01", "2024-06-01", "never"].random(&generator),
                    chart: [nil, "1", "2", "2.0", "y"].random(&generator)
                )
            }
            let catalog = Catalog.validating(entries)
            #expect(catalog.releases.count + catalog.quarantined.count == entries.count)
            for (index, entry) in entries.enumerated() {
                let stands = stands(index, entries)
                let release = catalog.releases.contains {
                    $0.version.text == entry.version && $0.sameContent(as: entry)
                }
                if stands { #expect(release, "\(entries) \(index)") }
            }
            #expect(catalog.releases.count == entries.indices.count { stands($0, entries) })
        }
    }

    /// Whether an entry stands, judged by the sentences of the contract alone.
    private func stands(_ index: Int, _ entries: [CatalogEntry]) -> Bool {
        func isReadable(_ entry: CatalogEntry) -> Bool {
            guard let version = entry.version.flatMap({ try? ReleaseVersion($0) }),
                let day = entry.releasedAt.flatMap({ Day($0) })
            else { return false }
            if let chart = entry.chartVersion, (try? ReleaseVersion(chart)) == nil { return false }
            return version.calendarYear.map { abs($0 - day.year) <= 1 } ?? true
        }
        func chart(_ entry: CatalogEntry) -> ReleaseVersion { version(entry.chartVersion ?? "0") }
        guard isReadable(entries[index]) else { return false }
        let me = entries[index]
        let rivals = entries.indices.filter {
            isReadable(entries[$0]) && version(entries[$0].version ?? "") == version(me.version ?? "")
        }
        guard rivals.allSatisfy({ chart(entries[$0]) <= chart(me) }) else { return false }
        let twins = rivals.filter { chart(entries[$0]) == chart(me) }
        return twins.allSatisfy { entries[$0].releasedAt == me.releasedAt } && twins.first == index
    }
}

extension Release {
    fileprivate func sameContent(as entry: CatalogEntry) -> Bool {
        releasedAt?.description == entry.releasedAt && chartVersion?.text == entry.chartVersion
    }
}

extension Array {
    fileprivate func random(_ generator: inout SeededGenerator) -> Element {
        self[Int.random(in: indices, using: &generator)]
    }
}
