import Hummingbird
import HummingbirdTesting
import StateStore
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

@testable import AdminConsole

struct IdempotencyTests {
    private let upgrade = #"{"kind":"upgrade"}"#

    @Test func `asked twice under one key, it is done once and answered the same`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                let key = ["Idempotency-Key": "k-1"]
                let first = try await person.post("/api/v1/runs", upgrade, to: client, key)
                let second = try await person.post("/api/v1/runs", upgrade, to: client, key)
                #expect(first.status == .created)
                #expect(second.status == .created)
                #expect(first.text == second.text)
                #expect(first.headers[.location] == second.headers[.location])
                #expect(try console.store.runs().count == 1)
                let other = try await person.post("/api/v1/runs", upgrade, to: client, ["Idempotency-Key": "k-2"])
                #expect(try other.value("id") != first.value("id"))
            }
        }
    }

    @Test func `a key is of one account and one request`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let admin = try console.person(.admin)
            try await console.app.test(.router) { client in
                let key = ["Idempotency-Key": "k"]
                _ = try await person.post("/api/v1/runs", upgrade, to: client, key)
                let other = try await person.post(
                    "/api/v1/runs",
                    #"{"kind":"upgrade","rehearse":true}"#,
                    to: client,
                    key
                )
                #expect(other.status == .unprocessableContent)
                #expect(try other.value("code") == "key-reused")
                #expect(try await person.post("/api/v1/check", to: client, key).status == .unprocessableContent)
                #expect(try await admin.post("/api/v1/runs", upgrade, to: client, key).status == .created)
                #expect(try console.store.runs().count == 2)
                for bad in ["", "a b", String(repeating: "k", count: 129)] {
                    let answer = try await person.post("/api/v1/runs", upgrade, to: client, ["Idempotency-Key": bad])
                    #expect(answer.status == .badRequest)
                }
            }
        }
    }

    @Test func `a refusal is answered again too`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            console.desk.state.withLock {
                $0.findings = [.init(check: "a", title: "A", outcome: .fail, message: "", remedy: nil)]
            }
            try await console.app.test(.router) { client in
                let key = ["Idempotency-Key": "k"]
                let first = try await person.post("/api/v1/runs", upgrade, to: client, key)
                console.desk.state.withLock { $0.findings = [] }
                let second = try await person.post("/api/v1/runs", upgrade, to: client, key)
                #expect(first.status == .conflict)
                #expect(second.text == first.text)
                #expect(try console.store.runs().isEmpty)
            }
        }
    }

    @Test func `a request whose end nobody knows is not done again`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            let request = KeyedRequest(account: person.account.name, key: "k", digest: "d")
            #expect(try console.store.take(request, at: SimulatedDesk.now) == .new)
            #expect(try console.store.take(request, at: SimulatedDesk.now) == .unanswered)
            try console.store.release(request)
            #expect(try console.store.take(request, at: SimulatedDesk.now) == .new)
            let answer = KeptAnswer(status: 201, type: "application/json", location: nil, body: "{}")
            try console.store.keep(answer, of: request)
            try console.store.release(request)
            #expect(try console.store.take(request, at: SimulatedDesk.now) == .answered(answer))
            let tomorrow = Moment(microseconds: SimulatedDesk.now.microseconds + 86_401_000_000)
            #expect(try console.store.take(request, at: tomorrow) == .new)
        }
    }
}
