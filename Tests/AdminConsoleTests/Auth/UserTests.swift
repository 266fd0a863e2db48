import Foundation
import HTTPTypes
import HummingbirdTesting
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct UserTests {
    private let form = ["name": "eve", "role": "operator", "password": "stapled batteries on horses"]

    @Test func `an admin adds a user, changes the role and removes the user again, and sessions end`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let admin = try console.browser("ada", client)
                #expect(try await admin.post("/settings/users", form).status == .seeOther)
                let eve = try console.browser("eve", client)
                #expect(try await eve.get("/settings").location == "/settings/password")
                #expect(try await admin.post("/settings/users/eve/role", ["role": "viewer"]).status == .seeOther)
                #expect(try await eve.get("/settings").status == .seeOther)
                let again = try console.browser("eve", client)
                let name = try #require(AccountName("eve"))
                let token = try console.parts.tokens.make("t", role: .viewer, days: 1, for: name, of: .viewer).text
                #expect(try console.parts.tokens.visitor(token) != nil)
                #expect(try await admin.post("/settings/users/eve/remove").status == .seeOther)
                #expect(try await again.get("/settings").status == .seeOther)
                #expect(try console.parts.tokens.visitor(token) == nil)
                #expect(try await admin.get("/settings/users").status == .ok)
            }
            #expect(
                try console.trail() == [
                    "ada user-added eve operator asked", "ada user-added eve operator done",
                    "ada role-changed eve operator→viewer asked", "ada role-changed eve operator→viewer done",
                    "ada user-removed eve asked", "ada user-removed eve done",
                ]
            )
        }
    }

    @Test func `a name that is taken, a weak password and an unknown role add nobody`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let admin = try console.browser("ada", client)
                for change in [["name": "ada"], ["password": "password1234"], ["role": "root"], ["name": "a b"]] {
                    let answer = try await admin.post("/settings/users", form.merging(change) { $1 })
                    #expect(answer.status == .unprocessableContent)
                }
                #expect(try console.store.accounts().count == 1)
            }
        }
    }

    @Test func `passwords that were published are refused, in any case, and few others`() throws {
        let name = try #require(AccountName("ada"))
        for password in [
            "justinbieber", "JUSTINBIEBER", "1q2w3e4r5t6y", "needforspeed", "leavemealone", "counterstrike",
            "correcthorsebatterystaple", "michaelstever", "playstation3", "thecakeisalie",
        ] {
            #expect(BreachedPasswords.contains(password))
            #expect(throws: AdminConsole.Refusal.self) { try Accounts.checkPassword(password, of: name) }
        }
        // One in 300 is expected; of so many never one in 200.
        #expect((0..<20_000).count { BreachedPasswords.contains("trumpet lilac anvil \($0)") } < 100)
    }

    @Test func `the last admin stays one, whoever asks`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let admin = try console.browser("ada", client)
                #expect(try await admin.post("/settings/users/ada/role", ["role": "viewer"]).status == .conflict)
                #expect(try await admin.post("/settings/users/ada/remove").status == .conflict)
                #expect(try console.store.accounts().map(\.role) == [.admin])
                #expect(try await admin.get("/settings/users").status == .ok)
            }
            #expect(try console.trail().last == "ada user-removed ada refused")
        }
    }

    @Test func `an admin ends somebody's sessions and gives them another password`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.add("eve", .viewer)
            try await console.test { client in
                let admin = try console.browser("ada", client)
                let eve = try console.browser("eve", client)
                #expect(try await admin.post("/settings/users/eve/end-sessions").status == .seeOther)
                #expect(try await eve.get("/settings").status == .seeOther)
                let again = try console.browser("eve", client)
                let fresh = "stapled batteries on horses"
                #expect(try await admin.post("/settings/users/eve/password", ["password": fresh]).status == .seeOther)
                #expect(try await again.get("/settings").status == .seeOther)
                let answer = try await Browser(client: client, console: console)
                    .post("/sign-in", ["name": "eve", "password": fresh])
                #expect(answer.status == .seeOther)
            }
        }
    }

    @Test func `whoever has a password that somebody else has chosen passes no door before they choose their own`()
        async throws
    {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try console.store.setNeedsSecondFactor(true)
            try await console.add("eve", .admin, isGiven: true)
            try await console.test { client in
                var eve = try console.browser("eve", client)
                for door in console.parts.doors() where door.permission != nil && !door.excuses.contains(.ownPassword) {
                    // The oldest of many requests are forgotten.
                    console.clock.advance(seconds: 1)
                    let path = door.path.replacing(/:\w+/, with: "none")
                    let answer = try await eve.ask(door, at: path)
                    switch door.kind {
                    case .page: #expect(answer.location == "/settings/password", "\(door.path)")
                    case .api:
                        #expect(answer.status == .forbidden, "\(door.path)")
                        #expect(door.path.hasSuffix("/events") || answer.text.contains("\"password-to-change\""))
                    }
                }
                #expect(try await eve.get("/settings/password").text.contains("Somebody else has chosen your password"))
                let fresh = "stapled batteries on horses"
                let form = ["current": GuardedConsole.password, "password": fresh, "again": fresh]
                let answer = try await eve.post("/settings/password", form)
                #expect(answer.location == "/settings/password?done=1")
                eve = eve.following(answer)
                // What comes next is no other than for everybody.
                #expect(try await eve.get("/").location == "/settings/second-factor")
                try console.store.setNeedsSecondFactor(false)
                #expect(try await eve.get("/settings").status == .ok)
            }
        }
    }

    @Test func `an admin who sets another's password makes them choose their own, and not so for their own account`()
        async throws
    {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.add("eve", .viewer)
            try await console.test { client in
                let admin = try console.browser("ada", client)
                let form = ["password": "stapled batteries on horses"]
                #expect(try await admin.post("/settings/users/eve/password", form).status == .seeOther)
                #expect(try await admin.get("/settings/users").text.contains("to be changed at the next sign-in"))
                let eve = try console.browser("eve", client)
                #expect(try await eve.get("/").location == "/settings/password")
                #expect(try await admin.post("/settings/users/ada/password", form).status == .seeOther)
                #expect(try await admin.get("/settings").status == .ok)
            }
        }
    }

    @Test func `with another password an admin revokes the tokens as well, unless they are to stay`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            let eve = try await console.add("eve", .operator)
            let tokens = try ["a", "b"].map {
                try console.parts.tokens.make($0, role: .operator, days: 9, for: eve.name, of: .operator).text
            }
            try await console.test { client in
                let admin = try console.browser("ada", client)
                let page = try await admin.get("/settings/users").text
                #expect(page.contains("name=\"revokeTokens\" value=\"yes\" checked"))
                var form = ["password": "stapled batteries on horses"]
                #expect(try await admin.post("/settings/users/eve/password", form).status == .seeOther)
                #expect(try console.parts.tokens.visitor(tokens[0]) != nil)
                form["revokeTokens"] = "yes"
                #expect(try await admin.post("/settings/users/eve/password", form).status == .seeOther)
                for token in tokens { #expect(try console.parts.tokens.visitor(token) == nil) }
                #expect(try console.trail().last == "ada password-reset eve, 2 API tokens revoked done")
                #expect(try await !admin.get("/settings/users").text.contains("revokeTokens"))
            }
        }
    }

    @Test func `a token is shown once, does no more than its maker, expires, and can be revoked`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .operator)
            try await console.test { client in
                let ada = try console.browser("ada", client)
                let form = ["name": "ci", "role": "operator", "days": "30"]
                let above = try await ada.post("/settings/tokens", form.merging(["role": "admin"]) { $1 })
                #expect(above.status == .unprocessableContent)
                let page = try await ada.post("/settings/tokens", form)
                let start = try #require(page.text.range(of: "pawl_"))
                let token = String(page.text[start.lowerBound...].prefix { $0 != "<" })
                #expect(token.utf8.count == 48)
                #expect(try await !ada.get("/settings/tokens").text.contains("pawl_"))
                var program = Browser(client: client, console: console)
                program.fields[.authorization] = "Bearer \(token)"
                // The desk is closed: whoever hears of that has been let in.
                #expect(try await program.get("/api/v1/status").status == .serviceUnavailable)
                #expect(try console.parts.tokens.visitor(token)?.role == .operator)
                var account = try #require(try AccountName("ada").flatMap { try console.store.account($0) })
                account.role = .viewer
                try console.store.put(account)
                #expect(try console.parts.tokens.visitor(token)?.role == .viewer)
                let kept = try #require(try console.store.tokens(of: nil).first)
                #expect(!"\(kept)".contains(token))
                console.clock.advance(seconds: 30 * 86_400)
                #expect(try await program.get("/api/v1/status").status == .unauthorized)
                let second = try console.parts.tokens.make("b", role: .viewer, days: 1, for: account.name, of: .viewer)
                #expect(try console.parts.tokens.visitor(second.text) != nil)
                #expect(try console.trail().contains("ada token-made ci operator for 30 days done"))
                let later = try console.browser("ada", client)
                #expect(try await later.post("/settings/tokens/\(second.record.id)/revoke").status == .seeOther)
                #expect(try console.parts.tokens.visitor(second.text) == nil)
                #expect(try console.trail().last == "ada token-revoked b of ada done")
            }
        }
    }

    @Test func `nobody but an admin revokes the token of somebody else`() async throws {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .operator)
            try await console.add("bob", .operator)
            try await console.add("root", .admin)
            let token = try console.parts.tokens.make("t", role: .viewer, days: 1, for: ada.name, of: .operator).record
            try await console.test { client in
                let bob = try console.browser("bob", client)
                #expect(try await !bob.get("/settings/tokens").text.contains(token.id))
                #expect(try await bob.post("/settings/tokens/\(token.id)/revoke").status == .notFound)
                let root = try console.browser("root", client)
                #expect(try await root.post("/settings/tokens/\(token.id)/revoke").status == .seeOther)
            }
        }
    }
}
