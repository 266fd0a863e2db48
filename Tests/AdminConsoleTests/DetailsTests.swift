import Foundation
import Hummingbird
import HummingbirdTesting
import Simulators
import StateStore
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

/// The page of a run, and what can be downloaded of it.
struct DetailsTests {
    /// A run that waits for an operator after more lines of progress than a page shows.
    private func withLongRun(
        _ body: @Sendable @escaping (SimulatedConsole, Person, RunID, any TestClientProtocol) async throws -> Void
    ) async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try console.desk.carry(run, failing: .migrate)
            try console.desk.progress(run, (1...600).map { "line \($0)." })
            try await console.app.test(.router) { client in try await body(console, viewer, run, client) }
        }
    }

    @Test func `a page has the newest lines, the download every one, the report all but progress, and each says so`()
        async throws
    {
        try await withLongRun { _, viewer, run, client in
            let page = try await viewer.get("/runs/\(run)", of: client).text
            #expect(page.components(separatedBy: "<li class=\"\" data-id=").count - 1 == DetailsDoors.mostLines)
            #expect(page.contains("line 600.") && page.contains("line 101.") && !page.contains("line 100."))
            #expect(page.contains("Only the newest lines are shown; the download has every one."))
            let log = try await viewer.get("/runs/\(run)/log.txt", of: client).text
            #expect((1...600).allSatisfy { log.contains("line \($0).") } && log.contains("asked for 2026.1.1"))
            let report = try await viewer.get("/runs/\(run)/report.html", of: client).text
            #expect(report.contains("asked for 2026.1.1") && report.contains("It failed."))
            // The run as JSON has the newest of them.
            #expect(report.contains("600 lines of progress are left out") && !report.contains("line 599."))
            #expect(report.contains("What the tools said") && report.contains("dump.log"), "its evidence goes along")
            #expect(report.contains("The run as JSON") && report.contains("Written by Pawl"))
        }
    }

    @Test func `a page does not say that nothing was changed while services stand still`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let plan = RunPlan(from: Story.releases[0], hops: [Story.releases[1]], highWaterMark: nil)
            let run = try console.desk.begin(plan)
            try console.desk.carry(run, failing: .stopWriters, .putBack)
            try await console.app.test(.router) { client in
                let page = try await viewer.get("/runs/\(run)", of: client).text
                #expect(page.contains("Putting back has failed: services may stand still."))
                #expect(page.contains("Something was changed and not put back."))
                #expect(!page.contains("It has stopped where it is safe") && !page.contains("Nothing was changed"))
            }
        }
    }

    @Test func `a page of a later hop that was given up says what stays deployed`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let hops = [Story.releases[1], Story.releases[2]]
            let run = try console.desk.begin(RunPlan(from: Story.releases[0], hops: hops, highWaterMark: nil))
            try console.desk.carry(run, failing: .dump, inHop: 1)
            try await console.app.test(.router) { client in
                let page = try await viewer.get("/runs/\(run)", of: client).text
                #expect(
                    page.contains("\(hops[0]) is deployed and stays; \(hops[1]) was aborted, all of it was put back.")
                )
                #expect(page.contains("\(hops[0]) was deployed by this run and stays."))
                let passed = page.components(separatedBy: "Point of no return: passed").count - 1
                #expect(passed == 1, "of the hop before")
            }
        }
    }

    @Test func `a page reads no more of a run than it shows`() async throws {
        try await withLongRun { console, viewer, run, client in
            let before = console.desk.state.withLock { $0.reads }
            _ = try await viewer.get("/runs/\(run)", of: client)
            #expect(console.desk.state.withLock { $0.reads } == before, "nothing was read from the beginning")
        }
    }

    @Test func `a tool's log that is too long says how much of its beginning is left out`() async throws {
        try await withLongRun { console, viewer, run, client in
            #expect(!(try await viewer.get("/runs/\(run)/log.txt", of: client).text.contains("left out")))
            console.desk.state.withLock { $0.log = "first" + String(repeating: "x", count: (1 << 20) + 100) + "last" }
            let log = try await viewer.get("/runs/\(run)/log.txt", of: client).text
            #expect(log.contains("==> dump.log <==\n[109 B before this are left out; the whole log is in"))
            #expect(log.contains("xlast") && !log.contains("first"))
            let page = try await viewer.get("/runs/\(run)", of: client).text
            #expect(page.contains("Only the end is shown: 1.0 MB before this are left out"))
            let logs = try await viewer.get("/api/v1/runs/\(run)/logs", of: client).text
            #expect(logs.contains(#""omittedBytes":1048621"#))
        }
    }

    @Test func `without script a page comes again while a run is at work, and not while it waits for somebody`()
        async throws
    {
        let again = #"http-equiv="refresh" content="5; url=?live=1""#
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try await console.app.test(.router) { client in
                #expect(try await viewer.get("/runs/\(run)", of: client).text.contains(again))
                try console.desk.carry(run, failing: .migrate)
                let waiting = try await viewer.get("/runs/\(run)", of: client).text
                #expect(waiting.contains("It needs your decision") && !waiting.contains(again))
            }
        }
    }

    @Test func `for a retry only those releases are offered that a retry would take`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let run = try console.desk.begin()
            try console.desk.carry(run, failing: .migrate)
            try await console.app.test(.router) { client in
                #expect(try await !person.get("/runs/\(run)", of: client).text.contains("Go on with another release"))
                console.desk.state.withLock { $0.replacements = [Story.releases[2]] }
                let page = try await person.get("/runs/\(run)", of: client).text
                #expect(page.contains("<option>2026.2.2</option>"))
                let answer = try await person.get("/api/v1/runs/\(run)/replacements", of: client).text
                #expect(answer.contains(#""releases":["2026.2.2"]"#))
            }
        }
    }

    @Test func `whatever reads a whole run or the whole trail is one of those`() async throws {
        try await SimulatedConsole.with { console in
            let long = console.parts.doors().filter { $0.effort == .long }.map(\.path)
            #expect(
                long.sorted() == [
                    "/api/v1/audit", "/api/v1/audit.csv", "/api/v1/audit.json", "/api/v1/runs/:id/log",
                    "/api/v1/runs/:id/log.txt", "/api/v1/runs/:id/report.html", "/audit", "/audit.csv", "/audit.json",
                    "/runs/:id/log.txt", "/runs/:id/report.html",
                ]
            )
            let viewer = try console.person(.viewer)
            let run = try console.desk.begin()
            try await console.app.test(.router) { client in
                var turns = try (0..<LongAnswers.mostOfOne).map { _ in
                    try console.parts.longAnswers.begin(for: "viewer")
                }
                let refused = try await viewer.get("/runs/\(run)/log.txt", of: client)
                #expect(refused.status == .tooManyRequests && refused.headers[.retryAfter] == "5")
                #expect(try await viewer.get("/runs/\(run)", of: client).status == .ok)
                turns.removeLast()
                for _ in 0..<5 { #expect(try await viewer.get("/runs/\(run)/log.txt", of: client).status == .ok) }
                #expect(turns.count == console.parts.longAnswers.count)
            }
        }
    }
}
