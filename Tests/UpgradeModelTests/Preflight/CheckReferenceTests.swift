import Foundation
import Testing
import UpgradeModel

@Suite struct CheckReferenceTests {
    /// The sections of the reference by their headings; what comes before the first has the empty one.
    private func sections() throws -> [String: String] {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 {
            root.deleteLastPathComponent()
        }
        let page = root.appendingPathComponent("docs/reference/preflight-checks.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        var sections: [String: String] = [:]
        var heading = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
            } else {
                sections[heading, default: ""] += "\(line)\n"
            }
        }
        return sections
    }

    /// The checks that a section lists in its tables, in order.
    private func listed(_ heading: String) throws -> [String] {
        let section = try #require(try sections()[heading])
        return section.matches(of: #/(?m)^\| `([a-z-]+)` \|/#).map { String($0.1) }
    }

    /// The checks that a piece of text names.
    private func named(_ text: Substring) -> [String] {
        text.matches(of: #/`([a-z-]+)`/#).map { String($0.1) }
    }

    @Test func `the reference lists every check, in order`() throws {
        #expect(try listed("") == Check.singleVM.map(\.id))
    }

    @Test func `the reference lists every check that only a cluster has, in order`() throws {
        let others = Check.singleVM.map(\.id)
        #expect(try listed("In a cluster") == Check.orchestrated.map(\.id).filter { !others.contains($0) })
    }

    @Test func `the reference says which checks a cluster does not have`() throws {
        let section = try #require(try sections()["In a cluster"])
        let sentence = try #require(section.split(separator: " are not done").first)
        let own = Check.orchestrated.map(\.id)
        #expect(named(sentence).sorted() == Check.singleVM.map(\.id).filter { !own.contains($0) }.sorted())
    }

    @Test func `the reference lists the checks in place of a failed release`() throws {
        let section = try #require(try sections()["In a cluster"])
        let words = try #require(section.firstRange(of: "In place of a failed release, the checks are: "))
        let sentence = section[words.upperBound...].prefix { $0 != "." }
        #expect(named(sentence).sorted() == Check.replacementOrchestrated.map(\.id).sorted())
    }

    @Test func `the reference lists every check of a restore, in order`() throws {
        let checks = PreflightReport(of: try RestoreObservation.well()).findings.map(\.check)
        let inPlace = PreflightReport(of: try RestoreObservation.restoredOutside()).findings.map(\.check)
        #expect(try listed("Restore") == checks + inPlace.filter { !checks.contains($0) })
    }
}
