import Foundation
import Hummingbird
import HummingbirdTesting
import Reports
import Simulators
import StateStore
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

/// Buttons that somebody presses twice, as by a double click: the browser shows the second answer.
struct PressedTwiceTests {
    private static let form = ["Content-Type": "application/x-www-form-urlencoded"]
    private static let set = "20261101T000000Z-2026.1.1"

    /// A run that waits after its migration has failed, which somebody has started on the command line.
    private func withWaitingRun(
        _ body: @Sendable @escaping (SimulatedConsole, RunID, any TestClientProtocol) async throws -> Void
    ) async throws {
        try await SimulatedConsole.with { console in
            let run = try console.desk.begin()
            try console.desk.carry(run, failing: .migrate)
            try await console.app.test(.router) { client in try await body(console, run, client) }
        }
    }

    @Test func `whoever presses Retry twice comes to the run both times, and somebody else is told of the first press`()
        async throws
    {
        try await withWaitingRun { console, run, client in
            let (person, other) = (try console.person(.operator), try console.person(.admin))
            func press(_ person: Person, _ body: String = "") async throws -> TestResponse {
                try await person.post("/runs/\(run)/retry", body, to: client, Self.form)
            }
            for _ in 1...2 { #expect(try await press(person).location == "/runs/\(run)") }
            #expect(try await press(other).status == .conflict)
            // Another release is another wish.
            #expect(try await press(person, "to=2026.2.2").status == .conflict)
            // By now it is at work on it.
            try console.desk.takeUp(run)
            #expect(try await press(person).location == "/runs/\(run)")
            #expect(try await press(other).status == .conflict)
            let trail = try console.store.audit(before: nil, limit: 100).map {
                "\($0.action) \($0.subject) \($0.outcome)"
            }
            #expect(trail.count { $0 == "retry run \(run), decided before done" } == 2)
        }
    }

    @Test func `whoever presses Abort again after it was declined is told why, and the trail says that it was refused`()
        async throws
    {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let run = try console.desk.begin()
            try console.desk.carry(run, until: .dump)
            try await console.app.test(.router) { client in
                func press() async throws -> TestResponse {
                    try await person.post("/runs/\(run)/abort", "", to: client, Self.form)
                }
                #expect(try await press().location == "/runs/\(run)")
                try console.desk.decline(run)
                try console.desk.carry(run)
                #expect(try await press().status == .conflict)
                let trail = try console.store.audit(before: nil, limit: 100).map { "\($0.action) \($0.outcome)" }
                #expect(trail.first { $0.hasPrefix("abort") } == "abort refused")
            }
        }
    }

    @Test func `whoever presses Abort twice comes to the run both times, and somebody else is told of the first press`()
        async throws
    {
        try await SimulatedConsole.with { console in
            let (person, other) = (try console.person(.operator), try console.person(.admin))
            let run = try console.desk.begin()
            try console.desk.carry(run, until: .dump)
            try await console.app.test(.router) { client in
                func press(_ person: Person) async throws -> TestResponse {
                    try await person.post("/runs/\(run)/abort", "", to: client, Self.form)
                }
                for _ in 1...2 { #expect(try await press(person).location == "/runs/\(run)") }
                #expect(try await press(other).status == .conflict)
                try console.desk.takeUp(run)
                #expect(try await press(person).location == "/runs/\(run)")
                #expect(try await press(other).status == .conflict)
            }
        }
    }

    @Test
    func `whoever restores twice out of an upgrade that waits comes to it both times, whoever has started it`()
        async throws
    {
        try await withWaitingRun { console, run, client in
            let (person, other) = (try console.person(.operator), try console.person(.admin))
            let sets = [try SimulatedDesk.set(Self.set), try SimulatedDesk.set("20261102T000000Z-2026.1.1")]
            console.desk.state.withLock { $0.sets = sets }
            func press(_ person: Person, _ set: String = Self.set) async throws -> TestResponse {
                try await person.post("/backups/\(set)/restore", "confirmation=2026.1.1", to: client, Self.form)
            }
            for _ in 1...2 { #expect(try await press(person).location == "/runs/\(run)") }
            #expect(try await press(other).status == .conflict)
            #expect(try await press(person, sets[1].id).status == .conflict)
            try console.desk.takeUp(run)
            #expect(try await press(person).location == "/runs/\(run)")
            // The checks, too, may stumble over the run that the first press has set to work.
            console.desk.state.withLock { $0.looksBeforeRestore = true }
            #expect(try await press(person).location == "/runs/\(run)")
            #expect(try await press(other).status == .conflict)
        }
    }

    @Test func `whoever presses Back up now twice gets one backup, and somebody else is told that there is one`()
        async throws
    {
        try await SimulatedConsole.with { console in
            let (person, other) = (try console.person(.operator), try console.person(.admin))
            console.desk.state.withLock { $0.holdsOneRun = true }
            try await console.app.test(.router) { client in
                for _ in 1...2 {
                    let answer = try await person.post("/backups", "", to: client, Self.form)
                    #expect(answer.location == "/backups")
                }
                #expect(try await other.post("/backups", "", to: client, Self.form).status == .conflict)
                #expect(console.desk.state.withLock { $0.jobs.count } == 1)
            }
        }
    }

    @Test func `whoever presses Prove again twice gets one proof, and none beside that of another set`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let sets = [try SimulatedDesk.set(Self.set), try SimulatedDesk.set("20261102T000000Z-2026.1.1")]
            console.desk.state.withLock {
                $0.holdsOneRun = true
                $0.sets = sets
            }
            try await console.app.test(.router) { client in
                func press(_ set: String) async throws -> TestResponse {
                    try await person.post("/backups/\(set)/prove", "", to: client, Self.form)
                }
                for _ in 1...2 {
                    let answer = try await press(Self.set)
                    #expect(answer.location == "/backups")
                }
                #expect(try await press(sets[1].id).status == .conflict)
                #expect(console.desk.state.withLock { $0.jobs.count } == 1)
            }
        }
    }
}
