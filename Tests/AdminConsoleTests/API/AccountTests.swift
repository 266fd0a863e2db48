import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct AccountTests {
    private let new = #"{"role":"operator","password":"stapled batteries on horses"}"#
    private let place = "/api/v1/accounts/eve"

    @Test func `an admin adds an account, changes its role and removes it again, over the API as in the pages`()
        async throws
    {
        try await SimulatedConsole.with { console in
            let admin = try console.person(.admin)
            try await console.app.test(.router) { client in
                let added = try await admin.send(.put, place, new, to: client)
                #expect(added.status == .created && added.headers[.location] == place)
                #expect(try added.value("role") == "operator" && !added.text.contains("batteries"))
                let eve = try console.person(.operator)
                #expect(try await eve.get("/api/v1/accounts", of: client).status == .forbidden)
                let list = try await admin.get("/api/v1/accounts", of: client)
                let names = (try list.json["accounts"] as? [[String: Any]])?.map { $0["name"] as? String }
                #expect(names == ["admin", "eve", "operator"])
                let changed = try await admin.send(.put, place + "/role", #"{"role":"viewer"}"#, to: client)
                #expect(try changed.status == .ok && changed.value("role") == "viewer")
                #expect(try await admin.get(place, of: client).value("role") == "viewer")
                #expect(try await admin.send(.delete, place, to: client).status == .noContent)
                #expect(try await admin.get(place, of: client).status == .notFound)
                for (method, path) in [
                    (HTTPRequest.Method.delete, ""), (.delete, "/sessions"), (.delete, "/second-factor"),
                ] {
                    #expect(try await admin.send(method, place + path, to: client).status == .notFound)
                }
            }
            let trail = try console.store.audit(before: nil, limit: 20).reversed().map {
                "\($0.action) \($0.subject) \($0.outcome)"
            }
            #expect(
                trail.prefix(6) == [
                    "user-added eve operator asked", "user-added eve operator done",
                    "role-changed eve operator→viewer asked", "role-changed eve operator→viewer done",
                    "user-removed eve asked", "user-removed eve done",
                ]
            )
        }
    }

    @Test func `an account that there is stays as it is, and the last admin stays one`() async throws {
        try await SimulatedConsole.with { console in
            let admin = try console.person(.admin)
            try await console.app.test(.router) { client in
                #expect(try await admin.send(.put, place, new, to: client).status == .created)
                let before = try console.store.accounts()
                let again = try await admin.send(.put, place, new.replacing("operator", with: "admin"), to: client)
                #expect(try again.status == .conflict && again.value("code") == "account-exists")
                let own = "/api/v1/accounts/admin"
                let role = try await admin.send(.put, own + "/role", #"{"role":"viewer"}"#, to: client)
                #expect(try role.status == .conflict && role.value("code") == "last-admin")
                #expect(try await admin.send(.delete, own, to: client).status == .conflict)
                #expect(try console.store.accounts() == before)
            }
        }
    }

    @Test(arguments: [
        #"{"role":"root","password":"stapled batteries on horses"}"#, #"{"password":"stapled batteries on horses"}"#,
        #"{"role":"viewer"}"#, #"{"role":"viewer","password":"password1234"}"#, "[]", "",
        #"{"role":"viewer","password":"stapled batteries on horses","name":"eve"}"#,
    ])
    func `what is no account adds nobody`(body: String) async throws {
        try await SimulatedConsole.with { console in
            let admin = try console.person(.admin)
            try await console.app.test(.router) { client in
                let answer = try await admin.send(.put, place, body, to: client)
                #expect(try answer.status == .badRequest && answer.value("code") == "invalid-request")
                let name = try await admin.send(.put, "/api/v1/accounts/a%20b", new, to: client)
                #expect(name.status == .badRequest)
                #expect(try console.store.accounts().count == 1)
            }
        }
    }

    @Test func `another password ends the sessions, and revokes the tokens unless they are to be kept`() async throws {
        try await SimulatedConsole.with { console in
            let admin = try console.person(.admin)
            let other = try console.person(.operator)
            let name = other.account.name
            let token = try console.parts.tokens.make("t", role: .viewer, days: 1, for: name, of: .operator).text
            try await console.app.test(.router) { client in
                let theirs = "/api/v1/accounts/operator"
                var shown = try await admin.get(theirs, of: client).json
                #expect(shown["sessions"] as? Int == 1 && shown["tokens"] as? Int == 1)
                let password = #"{"password":"stapled batteries on horses","revokeTokens":false}"#
                #expect(try await admin.send(.put, theirs + "/password", password, to: client).status == .ok)
                #expect(try console.parts.sessions.visitor(other.cookie) == nil)
                #expect(try console.parts.tokens.visitor(token) != nil)
                let both = #"{"password":"stapled batteries on horses"}"#
                shown = try await admin.send(.put, theirs + "/password", both, to: client).json
                #expect(shown["sessions"] as? Int == 0 && shown["tokens"] as? Int == 0)
                #expect(
                    try console.store.audit(before: nil, limit: 1).map(\.subject) == ["operator, 1 API token revoked"]
                )
                let (accounts, place) = (console.parts.accounts, Client(address: "192.0.2.1"))
                #expect(try await accounts.shown(name.text, "stapled batteries on horses", from: place) != nil)
            }
        }
    }

    @Test func `an admin ends somebody's sessions but not the own one that asks, and takes a second factor away`()
        async throws
    {
        try await SimulatedConsole.with { console in
            let admin = try console.person(.admin)
            let elsewhere = try console.person(.admin)
            let name = admin.account.name
            try await console.app.test(.router) { client in
                let place = "/api/v1/accounts/admin"
                let ended = try await admin.send(.delete, place + "/sessions", to: client)
                #expect(ended.status == .noContent && ended.body.readableBytes == 0)
                #expect(try console.parts.sessions.visitor(elsewhere.cookie) == nil)
                #expect(try await admin.send(.delete, place + "/second-factor", to: client).status == .badRequest)
                let secret = console.parts.secondFactors.begin(name)
                let code = OneTimeCode.text(secret, step: OneTimeCode.step(at: SimulatedDesk.now))
                #expect(try console.parts.secondFactors.finish(name, code: code, by: admin.session) != nil)
                #expect(try await admin.get(place, of: client).json["secondFactor"] as? Bool == true)
                #expect(try await admin.send(.delete, place + "/second-factor", to: client).status == .noContent)
                #expect(try await admin.get(place, of: client).json["secondFactor"] as? Bool == false)
            }
        }
    }

    @Test func `whether everybody needs a second factor is a setting like the others`() async throws {
        try await SimulatedConsole.with { console in
            let admin = try console.person(.admin)
            let place = "/api/v1/settings/second-factor"
            try await console.app.test(.router) { client in
                let shown = try await admin.get(place, of: client)
                #expect(shown.text == #"{"needed":false}"#)
                for body in ["{}", #"{"needed":"yes"}"#, #"{"needed":true,"x":1}"#] {
                    #expect(try await admin.send(.put, place, body, to: client).status == .badRequest)
                }
                let outdated = try await admin.send(.put, place, #"{"needed":true}"#, to: client, ["If-Match": "\"x\""])
                #expect(outdated.status == .preconditionFailed)
                #expect(try !console.store.needsSecondFactor())
                let tag = try #require(shown.headers[.eTag])
                let set = try await admin.send(.put, place, #"{"needed":true}"#, to: client, ["If-Match": tag])
                #expect(set.status == .ok && set.text == #"{"needed":true}"#)
                #expect(try console.store.needsSecondFactor())
                let line = try #require(try console.store.audit(before: nil, limit: 1).first)
                #expect(line.action == "second-factor-rule" && line.subject == "needed")
            }
        }
    }
}
