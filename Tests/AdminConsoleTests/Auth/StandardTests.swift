import Foundation
import Testing

struct StandardTests {
    @Test func `each sentence in the table of ASVS is the name of a test`() throws {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let table = try String(contentsOf: root.appending(path: "docs/reference/asvs.md"), encoding: .utf8)
        let tests = try #require(FileManager.default.enumerator(atPath: root.path + "/Tests"))
        var sources = ""
        for case let path as String in tests where path.hasSuffix("Tests.swift") {
            sources += try String(contentsOfFile: "\(root.path)/Tests/\(path)", encoding: .utf8)
        }
        var count = 0
        for line in table.split(separator: "\n") where line.hasPrefix("| ") && !line.hasPrefix("| ---") {
            let shown = line.split(separator: "|").last ?? ""
            for sentence in shown.split(separator: "`").enumerated().filter({ $0.offset % 2 == 1 }).map(\.element) {
                count += 1
                let isThere = sources.contains("func `\(sentence)`(")
                #expect(isThere, "\(sentence)")
            }
        }
        #expect(count > 120)
    }
}
