import Foundation
import Simulators
import Testing

@testable import UpgradeModel

@Suite struct ReleaseVersionTests {
    @Test func `versions sort as their publishers mean them`() throws {
        let ascending = [
            "1.2.3-alpha", "1.2.3-alpha.1", "1.2.3-alpha.beta", "1.2.3-beta.2", "1.2.3-beta.11", "1.2.3-rc.1",
            "1.2.3-rc.1-1", "1.2.3-rc2", "1.2.3", "1.2.3-0", "1.2.3-1-rc.1", "1.2.3-1", "1.2.3-patch2", "1.2.3-10",
            "1.2.4-rc.1", "1.2.4", "1.10", "1.280.1", "2021.11.30", "2021.11.30.01", "2022.05.12-5", "2022.05.23",
            "2022.5.24-1", "2022.8.19", "2022.8.19-1", "2022.8.19-2", "2022.10.7-1", "2024.01.5", "2025.7.16-rc.4",
            "2025.7.16-rc.10", "2025.7.16",
        ].map { try? ReleaseVersion($0) }
        let versions = ascending.compactMap(\.self)
        #expect(versions.count == ascending.count)
        for (first, left) in versions.enumerated() {
            for (second, right) in versions.enumerated() {
                #expect((left < right) == (first < second), "\(left) \(right)")
                #expect((left == right) == (first == second), "\(left) \(right)")
            }
        }
    }

    @Test(arguments: [
        ("2024.01.5", "2024.1.5"), ("2022.05.23", "2022.5.23"), ("v1.2.3", "1.2.3"), ("1.2", "1.2.0"),
        ("1.2.3+build.5", "1.2.3"), ("1.2.3-rc1", "1.2.3-rc.1"), ("1.2.3-RC.01", "1.2.3-rc.1"),
        ("1.2.3-1", "1.2.3-patch1"), ("1.2.3-1", "1.2.3-patch.1"), ("0.0", "0"), ("0.0.0-rc.1", "0-rc.1"),
    ])
    func `spellings of one version are equal and hash alike`(_ first: String, _ second: String) throws {
        let (first, second) = (try ReleaseVersion(first), try ReleaseVersion(second))
        #expect(first == second)
        #expect(!(first < second) && !(second < first))
        #expect(Set([first, second]).count == 1)
        #expect(first.description != second.description)
    }

    @Test(arguments: [
        "", " 1", "1 ", "1..2", ".1", "1.", "-1", "1-", "1--1", "a", "1.a", "1.2.3-foo", "1.2.3-SNAPSHOT", "1.2.3-rc.",
        "1.2.3-1a", "1.2.3-patchx", "1.2.3+", "1.2.3+ä", "1.٢.3", "1.2.3\n", "1.2.3\u{0}", "1.2.3-rc.ä", "version1",
        "9999999999999999999.1", "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17", "1.2.3-rc..1",
        String(repeating: "1", count: 129),
    ])
    func `what cannot be ordered is no version`(_ text: String) {
        #expect(throws: VersionError.self) { try ReleaseVersion(text) }
    }

    @Test func `prereleases and years are known`() throws {
        #expect(try ReleaseVersion("2023.3.31-rc.1").isPrerelease)
        #expect(try ReleaseVersion("1.0-alpha-nightly").isPrerelease)
        #expect(try !ReleaseVersion("2022.8.19-1").isPrerelease)
        #expect(try ReleaseVersion("2098.12.12-rc.1").calendarYear == 2098)
        #expect(try ReleaseVersion("2021.11.30.01").calendarYear == 2021)
        #expect(try ReleaseVersion("2024.0.0").calendarYear == nil)
        #expect(try ReleaseVersion("1.280.1").calendarYear == nil)
        #expect(try ReleaseVersion("2024.13.1").calendarYear == nil)
    }

    @Test func `a version is written as it was published`() throws {
        let versions = [try ReleaseVersion("2022.05.23"), try ReleaseVersion("v1.2.3-rc.1+5")]
        let data = try JSONEncoder().encode(versions)
        #expect(String(decoding: data, as: UTF8.self) == #"["2022.05.23","v1.2.3-rc.1+5"]"#)
        #expect(try JSONDecoder().decode([ReleaseVersion].self, from: data).map(\.text) == versions.map(\.text))
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([ReleaseVersion].self, from: Data(#"["x"]"#.utf8))
        }
    }

    @Test func `random versions have one order`() throws {
        var generator = SeededGenerator(seed: 3)
        let suffixes = ["", "", "-rc.1", "-rc.2", "-beta", "-alpha.x", "-1", "-2", "-patch1", "-rc.1-1", "-1-rc.1"]
        let versions = try (0..<120).map { _ in
            let segments = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                Int.random(in: 0...2, using: &generator)
            }
            let suffix = suffixes.randomElement(using: &generator) ?? ""
            return try ReleaseVersion(segments.map(String.init).joined(separator: ".") + suffix)
        }
        for first in versions {
            for second in versions {
                #expect([first < second, first == second, second < first].count { $0 } == 1)
                if first == second { #expect(first.hashValue == second.hashValue) }
                for third in versions where first < second && second < third {
                    if !(first < third) { Issue.record("\(first) \(second) \(third)") }
                }
            }
        }
    }
}
