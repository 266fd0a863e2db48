import HTTPTypes
import HummingbirdTesting
import StateStore
import Synchronization
import Testing
import UpgradeModel

@testable import AdminConsole

struct EntityTagTests {
    private static func channel(_ secret: String) -> String {
        """
        {"allowsLocal":false,"channels":[{"name":"ops","on":true,"kind":"webhook","events":["run-started","new-version"],\
        "url":"https://hooks.example.org/x","secret":"\(secret)"}]}
        """
    }

    @Test(arguments: [
        ("schedule", #"{"schedule":"@daily","zone":"UTC"}"#, #"{"schedule":"@hourly","zone":"UTC"}"#),
        (
            "windows", #"{"zone":"UTC","windows":[]}"#,
            #"{"zone":"UTC","windows":[{"days":["mon"],"from":"10:00","to":"11:00"}]}"#
        ),
        ("notifications", channel("0123456789abcdef"), channel("0123456789abcdeX")),
    ])
    func `a setting is changed over the state that somebody has read, and over no other`(
        name: String,
        one: String,
        other: String
    ) async throws {
        try await SimulatedConsole.with { console in
            let admin = try console.person(.admin)
            let place = "/api/v1/settings/\(name)"
            try await console.app.test(.router) { client in
                func tag() async throws -> String {
                    try #require(try await admin.get(place, of: client).headers[.eTag])
                }
                let first = try await tag()
                #expect(first.count == 66 && first.hasPrefix("\"") && first.hasSuffix("\""))
                #expect(try await admin.send(.put, place, one, to: client, ["If-Match": first]).status == .ok)
                let second = try await tag()
                #expect(second != first)
                let kept = try console.store.settings()
                for outdated in [first, "W/\(second)", "\"x\", \(first)", "x"] {
                    let answer = try await admin.send(.put, place, other, to: client, ["If-Match": outdated])
                    #expect(answer.status == .preconditionFailed, "\(outdated)")
                    #expect(try answer.value("code") == "setting-changed")
                    #expect(answer.headers[.contentType] == "application/problem+json")
                }
                #expect(try console.store.settings() == kept)
                #expect(try console.store.audit(before: nil, limit: 1).map(\.outcome) == [.refused])
                let listed = ["If-Match": "\"x\", \(second)"]
                #expect(try await admin.send(.put, place, other, to: client, listed).status == .ok)
                #expect(try await tag() != second)
                #expect(try await admin.send(.put, place, one, to: client, ["If-Match": "*"]).status == .ok)
                #expect(try await admin.send(.put, place, other, to: client).status == .ok)
            }
        }
    }

    @Test func `the tag of a setting is another one when only a secret is, and cannot be made without the seed`()
        async throws
    {
        let (one, other) = (Self.channel("0123456789abcdef"), Self.channel("0123456789abcdeX"))
        try await SimulatedConsole.with { console in
            let admin = try console.person(.admin)
            let place = "/api/v1/settings/notifications"
            try await console.app.test(.router) { client in
                #expect(try await admin.send(.put, place, one, to: client).status == .ok)
                let first = try await admin.get(place, of: client)
                let id = try #require(try console.store.settings().notifications.channels.first?.id)
                let changed = other.replacing(#""name""#, with: #""id":"\#(id)","name""#)
                #expect(try await admin.send(.put, place, changed, to: client).status == .ok)
                let second = try await admin.get(place, of: client)
                #expect(first.text == second.text && first.headers[.eTag] != second.headers[.eTag])
            }
            try await SimulatedConsole.with { elsewhere in
                let (here, there) = (try console.store.edition(of: .checks), try elsewhere.store.edition(of: .checks))
                #expect(here != there)
            }
        }
    }

    @Test func `of two changes over the same state one is done`() async throws {
        try await SimulatedConsole.with { console in
            let edition = try console.store.edition(of: .windows)
            try console.store.set(ConsoleSettings.Windows(zone: "Europe/Madrid"), over: edition)
            let trouble = #expect(throws: Trouble.self) {
                try console.store.set(ConsoleSettings.Windows(zone: "Europe/Paris"), over: edition)
            }
            #expect(trouble?.code == "setting-changed")
            #expect(try console.store.settings().windows.zone == "Europe/Madrid")
        }
    }

    @Test func `a body is read once, for the audit trail and for the answer`() throws {
        let reading = BodyReading()
        let reads = Mutex(0)
        for _ in 0..<2 {
            let given = try reading.once {
                reads.withLock { $0 += 1 }
                return ScheduleDocument.Given(schedule: "@daily", zone: "UTC")
            }
            #expect(given.schedule == "@daily")
        }
        let failing = BodyReading()
        for _ in 0..<2 {
            #expect(throws: Refusal.wrongType) {
                try failing.once { () throws -> ScheduleDocument.Given in
                    reads.withLock { $0 += 1 }
                    throw Refusal.wrongType
                }
            }
        }
        #expect(reads.withLock(\.self) == 2)
    }
}
