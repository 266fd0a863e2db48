import AdminConsole
import Foundation
import Reports
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

@testable import pawl

/// What the console reads of a run, and what of it it leaves out.
struct RunReadingTests {
    @Test func `a run can be had whole, without its progress, between two events, and from its end`() async throws {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let workplace = try paper.workplace()
        let desk = InstallationDesk(workplace: workplace)
        let effect = Effect(.dump, hop: 0, target: try ReleaseVersion("2026.2.1"))
        let lease = try workplace.store.takeLease(owner: "test", at: Workplace.now())
        for words in ["one", "two"] {
            _ = try workplace.store.append(
                [.progress(effect, Progress(words))],
                to: id,
                at: Workplace.now(),
                under: lease,
                highWaterMark: nil
            )
        }
        let all = try await desk.story(of: id, withProgress: true)
        #expect(all.suffix(2).map(\.message) == ["one", "two"])
        let events = try await desk.story(of: id, withProgress: false)
        #expect(events.map(\.id) == all.filter { $0.kind != "progress" }.map(\.id))
        #expect(try await desk.newestEvents(of: id, most: 1).map(\.message) == ["two"])
        let span = try await desk.span(of: id)
        #expect(span.lowerBound == all.first?.id && span.upperBound == all.last?.id)
        let middle = try await desk.events(of: id, after: span.lowerBound, through: span.upperBound - 1)
        #expect(middle.map(\.id) == all.dropFirst().dropLast().map(\.id))
        #expect(try await desk.run(id).events == all.count)
        let nobody = try #require(RunID("nobody"))
        await #expect(throws: Trouble.self) { try await desk.span(of: nobody) }
    }

    @Test func `the end of a log begins with a whole line, so that no half of a secret stands there`() async throws {
        let paper = try PaperInstallation()
        try paper.write("opt/customer.env", "DB_PASSWORD=hunter22\n")
        let id = try paper.recordWaiting()
        let lines = (0..<100).map { "connecting with hunter22, try \($0)\n" }.joined()
        try paper.write("data/runs/\(id)/dump.log", lines)
        let desk = InstallationDesk(workplace: try paper.workplace())
        for bytes in 40...80 {
            let log = try await desk.log("dump.log", of: id, bytes: bytes)
            #expect(log.text.hasPrefix("connecting with \(Redaction.mask), try 9"), "\(log.text)")
            let shown = log.text.replacingOccurrences(of: Redaction.mask, with: "hunter22").utf8.count
            #expect(Int(log.omittedBytes) + shown == lines.utf8.count)
        }
        let whole = try await desk.log("dump.log", of: id, bytes: 1 << 20)
        #expect(whole.omittedBytes == 0 && whole.text.hasSuffix("try 99\n"))
    }
}
