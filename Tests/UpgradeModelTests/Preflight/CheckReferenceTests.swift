import Foundation
import Testing
import UpgradeModel

@Suite struct CheckReferenceTests {
    /// The checks that the reference lists, those of upgrades and those of restores.
    private func listed() throws -> (upgrades: [String], restores: [String]) {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 {
            root.deleteLastPathComponent()
        }
        let page = root.appendingPathComponent("docs/reference/preflight-checks.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let parts = text.split(separator: "\n## Restore\n")
        let lists = parts.map { part in part.matches(of: #/(?m)^\| `([a-z-]+)` \|/#).map { String($0.1) } }
        try #require(lists.count == 2)
        return (lists[0], lists[1])
    }

    @Test func `the reference lists every check, in order`() throws {
        #expect(try listed().upgrades == Check.singleVM.map(\.id))
    }

    @Test func `the reference lists every check of a restore, in order`() throws {
        let checks = PreflightReport(of: try RestoreObservation.well()).findings.map(\.check)
        let inPlace = PreflightReport(of: try RestoreObservation.restoredOutside()).findings.map(\.check)
        #expect(try listed().restores == checks + inPlace.filter { !checks.contains($0) })
    }
}
