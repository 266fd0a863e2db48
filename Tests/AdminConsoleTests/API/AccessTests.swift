import HTTPTypes
import Hummingbird
import HummingbirdTesting
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct AccessTests {
    private let new = #"{"name":"ci","role":"viewer","days":30}"#

    @Test func `a token is made over the API, said once, and revoked`() async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                let made = try await person.post("/api/v1/tokens", new, to: client)
                #expect(made.status == .created)
                let text = try #require(try made.value("token"))
                #expect(try console.parts.tokens.visitor(text)?.role == .viewer)
                #expect(try made.value("expiresAt") == SimulatedDesk.now.adding(.seconds(30 * 86_400)).description)
                let list = try await person.get("/api/v1/tokens", of: client)
                let rows = try #require(try list.json["tokens"] as? [[String: Any]])
                #expect(rows.map { $0["name"] as? String } == ["ci"] && !list.text.contains("pawl_"))
                let id = try #require(try made.value("id"))
                #expect(try await person.send(.delete, "/api/v1/tokens/\(id)", to: client).status == .noContent)
                #expect(try console.parts.tokens.visitor(text) == nil)
                #expect(try await person.send(.delete, "/api/v1/tokens/\(id)", to: client).status == .notFound)
            }
            let trail = try console.store.audit(before: nil, limit: 20).reversed().map {
                "\($0.action) \($0.subject) \($0.outcome)"
            }
            #expect(
                trail.prefix(4) == [
                    "token-made ci viewer for 30 days asked", "token-made ci viewer for 30 days done",
                    "token-revoked ci of operator asked", "token-revoked ci of operator done",
                ]
            )
        }
    }

    @Test func `a token asked for twice under one key is made once, and its text is nowhere on the disk`() async throws
    {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                let key = ["Idempotency-Key": "k"]
                let first = try await person.post("/api/v1/tokens", new, to: client, key)
                let second = try await person.post("/api/v1/tokens", new, to: client, key)
                #expect(first.status == .created && second.status == .created)
                #expect(try first.value("token") != nil && second.json["token"] is String == false)
                #expect(try second.json.keys.contains("token") && first.value("id") == second.value("id"))
                #expect(try console.store.tokens(of: nil).count == 1)
            }
        }
    }

    @Test(arguments: [
        #"{"name":"ci","role":"admin","days":30}"#, #"{"name":"ci","role":"viewer","days":366}"#,
        #"{"name":"ci","role":"viewer","days":0}"#, #"{"name":"ci","role":"viewer","days":"30"}"#,
        #"{"name":"ci","role":"viewer"}"#, #"{"role":"viewer","days":30}"#, #"{"name":"ci","days":30}"#,
        #"{"name":"ci","role":"viewer","days":30,"account":"admin"}"#, #"{"name":"ci","role":"viewer","days":1.5}"#,
    ])
    func `what is no token, or would do more than its maker, is not made`(body: String) async throws {
        try await SimulatedConsole.with { console in
            let person = try console.person(.operator)
            try await console.app.test(.router) { client in
                let answer = try await person.post("/api/v1/tokens", body, to: client)
                #expect(try answer.status == .badRequest && answer.value("code") == "invalid-request")
                #expect(try console.store.tokens(of: nil).isEmpty)
            }
        }
    }

    @Test func `of others' tokens only an admin sees and revokes any, and a token revokes itself`() async throws {
        try await SimulatedConsole.with { console in
            let (admin, viewer) = (try console.person(.admin), try console.person(.viewer))
            let name = try console.person(.operator).account.name
            let tokens = try ["a", "b"].map {
                try console.parts.tokens.make($0, role: .viewer, days: 1, for: name, of: .operator)
            }
            try await console.app.test(.router) { client in
                let first = "/api/v1/tokens/\(tokens[0].record.id)"
                #expect(try await viewer.send(.delete, first, to: client).status == .notFound)
                #expect(try await viewer.get("/api/v1/tokens", of: client).text == #"{"tokens":[]}"#)
                #expect(try await admin.get("/api/v1/tokens", of: client).text.contains(#""account":"operator""#))
                #expect(try await admin.send(.delete, first, to: client).status == .noContent)
                let headers: HTTPFields = [.authorization: "Bearer \(tokens[1].text)"]
                let second = "/api/v1/tokens/\(tokens[1].record.id)"
                let answer = try await client.execute(uri: second, method: .delete, headers: headers) { $0 }
                #expect(answer.status == .noContent)
                #expect(try console.parts.tokens.visitor(tokens[1].text) == nil)
            }
        }
    }

    @Test func `people see their sessions over the API, end one, and end all others`() async throws {
        try await SimulatedConsole.with { console in
            let people = try (0..<4).map { _ in try console.person(.viewer) }
            let stranger = try console.person(.operator)
            try await console.app.test(.router) { client in
                let list = try await people[0].get("/api/v1/sessions", of: client)
                let rows = try #require(try list.json["sessions"] as? [[String: Any]])
                #expect(rows.count == 4)
                #expect(
                    rows.filter { $0["current"] as? Bool == true }.map { $0["id"] as? String } == [people[0].session]
                )
                let one = "/api/v1/sessions/\(people[1].session)"
                #expect(try await stranger.send(.delete, one, to: client).status == .notFound)
                #expect(try await people[0].send(.delete, one, to: client).status == .noContent)
                #expect(try console.parts.sessions.visitor(people[1].cookie) == nil)
                #expect(try await people[0].send(.delete, "/api/v1/sessions", to: client).status == .noContent)
                #expect(try people.dropFirst().allSatisfy { try console.parts.sessions.visitor($0.cookie) == nil })
                #expect(try console.parts.sessions.visitor(stranger.cookie) != nil)
                let own = try await people[0].send(.delete, "/api/v1/sessions/\(people[0].session)", to: client)
                #expect(own.status == .noContent && own.headers[.setCookie]?.contains("Max-Age=0") == true)
                #expect(try await people[0].get("/api/v1/sessions", of: client).status == .unauthorized)
            }
        }
    }
}
