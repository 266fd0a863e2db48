import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import StateStore
import Synchronization
import Reports
import Testing
import UpgradeModel

@testable import AdminConsole

/// Pages that are the answer to a form, and are drawn anew from an address of their own.
struct FormAnswerTests {
    private func section(_ name: String, of text: String) throws -> Substring {
        let begin = try #require(text.range(of: "data-live=\"\(name)\""))
        let end = try #require(text.range(of: "</section>", range: begin.upperBound..<text.endIndex))
        return text[begin.upperBound..<end.lowerBound]
    }

    @Test func `the page says where it is found, and a problem is in no part that is drawn anew`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                let form = ["to": "2026.2.1", "confirmation": "2026.1.1", "csrf": person.visitor.csrf]
                let answer = try await client.execute(
                    uri: "/upgrade",
                    method: .post,
                    headers: person.headers(["Content-Type": "application/x-www-form-urlencoded"]),
                    body: ByteBuffer(string: form.map { "\($0.key)=\($0.value)" }.joined(separator: "&"))
                ) { $0 }
                #expect(answer.status == .unprocessableContent)
                #expect(answer.text.contains(#"data-self="/upgrade?to=2026.2.1""#))
                #expect(answer.text.contains("Type 2026.2.1 to confirm; “2026.1.1” is not it."))
                for name in ["checks", "plan", "deploy"] {
                    #expect(!(try section(name, of: answer.text).contains("is not it")), "\(name)")
                }
                // Also where no release was named: what is newest may change, the heading does not.
                let page = try await person.get("/upgrade", of: client).text
                #expect(page.contains(#"data-self="/upgrade?to=2026.2.1""#))
                #expect(!(try await person.get("/history", of: client).text.contains("data-self")))
            }
        }
    }

    @Test func `whoever presses Deploy twice comes to the run, and somebody else is told that there is one`()
        async throws
    {
        try await SimulatedConsole.with { console in
            console.desk.state.withLock { $0.holdsOneRun = true }
            let person = try console.person(.operator)
            let other = try console.person(.admin)
            try await console.app.test(.router) { client in
                let form = ["Content-Type": "application/x-www-form-urlencoded"]
                let body = "to=2026.2.1&confirmation=2026.2.1"
                let first = try await person.post("/upgrade", body, to: client, form)
                #expect(first.status == .seeOther && first.location.hasPrefix("/runs/"))
                let second = try await person.post("/upgrade", body, to: client, form)
                #expect(second.status == .seeOther && second.location == first.location)
                #expect(try await other.post("/upgrade", body, to: client, form).status == .conflict)
                #expect(try console.store.runs().count == 1)
                let page = try await other.get("/upgrade?to=2026.2.1", of: client).text
                #expect(page.contains("Another run has not ended"))
            }
        }
    }

    @Test func `what checks have found before a run is not shown after it, nor what they found from another release`()
        async throws
    {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            @Sendable func find(_ title: String) {
                let finding = Finding(check: "x", title: title, outcome: .warn, message: "Seen.", remedy: "See to it.")
                console.desk.state.withLock { $0.findings = [finding] }
            }
            try await console.app.test(.router) { client in
                func page() async throws -> String {
                    try await person.get("/upgrade?to=2026.2.1", of: client).text
                }
                find("Found at first")
                try await until { try await page().contains("Found at first") }
                find("Found later")
                #expect(try await page().contains("Found at first"))
                _ = try await console.desk.upgrade(to: nil, rehearse: false, by: "cron") {}
                #expect(try await !page().contains("Found at first"))
                // Whoever asks for it has the checks run again, whatever was found.
                let form = ["Content-Type": "application/x-www-form-urlencoded"]
                #expect(try await person.post("/upgrade/checks", "to=2026.2.1", to: client, form).status == .seeOther)
                try await until { try await page().contains("Found later") }
            }
        }
    }

    @Test func `what checks have found on one way is not shown for another to the same release`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            @Sendable func find(_ title: String) {
                let finding = Finding(check: "x", title: title, outcome: .warn, message: "Seen.", remedy: "See to it.")
                console.desk.state.withLock { $0.findings = [finding] }
            }
            try await console.app.test(.router) { client in
                func page() async throws -> String {
                    try await person.get("/upgrade?to=2026.2.1", of: client).text
                }
                find("Found on the short way")
                try await until { try await page().contains("Found on the short way") }
                find("Found on the long way")
                var stop = CatalogEntry(version: "2026.1.2", releasedAt: "2026-01-15")
                stop.isRequired = true
                console.desk.state.withLock { [stop] state in
                    state.catalog = Catalog.validating([
                        CatalogEntry(version: "2026.1.1", releasedAt: "2026-01-01"), stop,
                        CatalogEntry(version: "2026.2.1", releasedAt: "2026-02-01"),
                    ])
                }
                let fresh = try await page()
                #expect(fresh.contains("2 hops") && !fresh.contains("Found on the short way"))
                try await until { try await page().contains("Found on the long way") }
            }
        }
    }

    @Test func `a look that gave way to somebody who deploys is as if it had never been`() async throws {
        let now = Moment(wholeSeconds: 1_795_000_000)
        let room = LookRoom<Int>(now: { now })
        func standing() async -> String { "\(await room.standing(of: "x"))" }
        for (code, end) in [("look-interrupted", "never"), ("compose-file", "failed")] {
            await room.begin("x") { _ in throw Trouble(.operator, code, "It was not done.", remedy: "Look again.") }
            try await until { await !standing().hasPrefix("running") }
            #expect(await standing().hasPrefix(end))
        }
        await room.begin("x") { _ in 1 }
        try await until { await standing().hasPrefix("done") }
    }

    @Test func `a look says how far it is, and nothing that comes late takes it back`() async throws {
        let now = Moment(wholeSeconds: 1_795_000_000)
        let room = LookRoom<DryRunReport>(now: { now })
        let (end, ending) = AsyncStream.makeStream(of: Void.self)
        await room.begin("x") { looking in
            let found = Finding(check: "compose", title: "Compose", outcome: .warn, message: "Old.", remedy: "Renew.")
            looking(LookProgress(.databases, findings: [found]))
            for look in [Look.engine, .services] { looking(LookProgress(look, findings: [])) }
            for await _ in end {}
            throw Trouble(.operator, "look-interrupted", "It was not done.", remedy: "Look again.")
        }
        func progress() async -> LookProgress? {
            if case .running(_, let progress) = await room.standing(of: "x") { progress } else { nil }
        }
        try await until { await progress()?.done == 2 }
        let page = UpgradePage.Checks(await room.standing(of: "x"))
        #expect(page.looking == "Looking at the databases: 3 of 6; 27 checks to come")
        #expect(page.lookedAt == 2 && page.toLookAt == 6)
        #expect(page.groups.map(\.heading) == ["Warnings: not in the way (1)"] && !page.allow && page.verdict == nil)
        ending.finish()
        try await until { if case .never = await room.standing(of: "x") { true } else { false } }
    }

    @Test func `whoever watches over the console is turned away in problem details`() async throws {
        try await SimulatedConsole.with { console in
            try await console.app.test(.router) { client in
                for path in ["/healthz", "/readyz", "/metrics"] {
                    let answer = try await client.execute(uri: path, method: .get, headers: [:]) { $0 }
                    #expect(path == "/metrics" || answer.status == .ok)
                }
                for kind in [RateLimits.Kind.probe, .anonymous] {
                    while (try? console.parts.rates.take(kind, "local")) != nil {}
                }
                for path in ["/healthz", "/readyz", "/metrics"] {
                    let answer = try await client.execute(uri: path, method: .get, headers: [:]) { $0 }
                    #expect(answer.status == .tooManyRequests)
                    #expect(answer.headers[.contentType] == "application/problem+json", "\(path)")
                }
            }
        }
    }
}
