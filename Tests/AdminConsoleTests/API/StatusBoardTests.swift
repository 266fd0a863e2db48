import Hummingbird
import HummingbirdTesting
import Reports
import StateStore
import Synchronization
import Testing
import UpgradeModel

@testable import AdminConsole

struct StatusBoardTests {
    @Test func `however many ask, the installation is looked at once`() async throws {
        try await SimulatedConsole.with { console in
            let board = console.parts.board
            await withDiscardingTaskGroup { group in
                for _ in 0..<200 {
                    group.addTask {
                        let snapshot = try? await board.current()
                        #expect(snapshot?.report.installed?.version == "2026.1.1")
                    }
                }
            }
            let (looks, atOnce) = console.desk.state.withLock { ($0.looks, $0.looksAtOnce) }
            #expect(looks <= 2)
            #expect(atOnce == 1)
        }
    }

    @Test func `a page waits for an installation that does not answer for a bounded time only`() async throws {
        try await SimulatedConsole.with { console in
            let (board, desk) = (console.parts.board, console.desk)
            desk.state.withLock { $0.isHung = true }
            let trouble = await #expect(throws: Trouble.self) { try await board.fresh(within: .milliseconds(20)) }
            #expect(trouble?.code == "look-too-slow")
            let panel = await ServicesPanel(within: .milliseconds(20)) { try await desk.services() }
            #expect(panel.trouble?.contains("could not be looked at within") == true)
            desk.state.withLock { $0.isHung = false }
            let seen = try await board.fresh()
            #expect(seen.report.installed?.version == "2026.1.1")
            desk.state.withLock { $0.isHung = true }
            let older = try await board.fresh(within: .milliseconds(20))
            #expect(older.takenAt == seen.takenAt)
            desk.state.withLock { $0.isHung = false }
        }
    }

    @Test func `what is written shows without anybody waiting for it`() async throws {
        try await SimulatedConsole.with { console in
            let viewer = try console.person(.viewer)
            try await console.app.test(.router) { client in
                let answer = try await viewer.get("/api/v1/status", of: client)
                #expect(answer.headers[.age].flatMap { Int($0) } != nil)
                console.desk.state.withLock { $0.installed = nil }
                _ = try console.desk.begin()
                try await until("the status is looked at again") {
                    console.desk.state.withLock { $0.looks } >= 2
                }
                try await until { console.desk.state.withLock { $0.looksNow } == 0 }
                let later = try await viewer.get("/api/v1/status", of: client)
                #expect(try later.json["installed"] is String == false)
            }
        }
    }
}
