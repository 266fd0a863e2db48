import Foundation
import Testing
import UpgradeModel

@Suite struct CheckReferenceTests {
    @Test func `the reference lists every check, in order`() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 {
            root.deleteLastPathComponent()
        }
        let page = root.appendingPathComponent("docs/reference/preflight-checks.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let listed = text.matches(of: #/(?m)^\| `([a-z-]+)` \|/#).map { String($0.1) }
        #expect(listed == Check.singleVM.map(\.id))
    }
}
