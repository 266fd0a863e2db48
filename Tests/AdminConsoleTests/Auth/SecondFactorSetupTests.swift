import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct SecondFactorSetupTests {
    @Test func `a second factor is set up with a code of its own, ends other sessions, and shows recovery codes once`()
        async throws
    {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .viewer)
            try await console.test { client in
                let browser = try console.browser("ada", client)
                let other = try console.browser("ada", client)
                let early = try await browser.post("/settings/second-factor", ["code": "123456"])
                #expect(early.status == .unprocessableContent)
                let offer = try await browser.post("/settings/second-factor/begin")
                let secret = try #require(console.parts.secondFactors.begun(ada.name))
                #expect(offer.text.contains(Base32.groups(Base32.text(secret), separator: " ")))
                #expect(offer.text.contains("otpauth://totp/Pawl%20Demo:ada?secret=\(Base32.text(secret))"))
                // Nothing has changed yet, and nobody sees the secret by coming back.
                #expect(try console.store.secondFactor(of: ada.name) == nil)
                #expect(try await !browser.get("/settings/second-factor").text.contains(Base32.text(secret)))
                let wrong = try await browser.post("/settings/second-factor", ["code": console.wrongCode(secret)])
                #expect(wrong.status == .unprocessableContent)
                let done = try await browser.post("/settings/second-factor", ["code": console.code(secret)])
                #expect(done.status == .ok)
                let codes = done.text.matches(of: /<code>((?:[A-Z2-7]{4}-){5}[A-Z2-7]{4})<\/code>/).map { String($0.1) }
                #expect(Set(codes).count == SecondFactors.recoveryCodes)
                #expect(try await other.get("/settings").status == .seeOther)
                #expect(try await browser.get("/settings").status == .seeOther)
                let mine = browser.following(done)
                // Its forms carry the mark of the session as it is now.
                #expect(done.text.contains(mine.csrf))
                let page = try await mine.get("/settings/second-factor").text
                for code in codes { #expect(!page.contains(code)) }
                // The code that set it up is used up.
                let place = try Place(Client(address: "a", browser: nil), of: "ada", console.store)
                #expect(try console.parts.secondFactors.shown(console.code(secret), of: ada.name, from: place) == nil)
                let remade = try await mine.post("/settings/second-factor/recovery-codes")
                #expect(remade.text.contains("shown this once"))
                #expect(try console.parts.secondFactors.shown(codes[0], of: ada.name, from: place) == nil)
                #expect(try await mine.post("/settings/second-factor/remove").status == .seeOther)
                #expect(try console.store.secondFactor(of: ada.name) == nil)
            }
            let trail = try console.trail()
            for line in [
                "ada second-factor-begun ada done", "ada second-factor-set ada refused",
                "ada second-factor-set ada done",
                "ada recovery-codes-made ada done", "ada second-factor-removed ada done",
            ] { #expect(trail.contains(line)) }
        }
    }

    @Test func `changing the second factor asks for the password again after ten minutes`() async throws {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            _ = try console.giveSecondFactor(ada.name)
            try await console.test { client in
                let browser = try console.browser("ada", client)
                console.clock.advance(seconds: 601)
                for path in ["begin", "recovery-codes", "remove", "everybody"].map({ "/settings/second-factor/" + $0 })
                    + ["/settings/second-factor", "/settings/users/ada/second-factor/remove"]
                {
                    #expect(try await browser.post(path, ["code": "1"]).location.hasPrefix("/confirm?"), "\(path)")
                }
                #expect(try console.store.secondFactor(of: ada.name) != nil)
            }
        }
    }

    @Test func `where everybody needs a second factor, whoever has none can do nothing but set one up`() async throws {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            let eve = try await console.add("eve", .admin)
            _ = try console.giveSecondFactor(ada.name)
            let token = try console.parts.tokens.make("t", role: .admin, days: 1, for: eve.name, of: .admin).text
            let visitor = try #require(
                try console.parts.sessions.begin(eve, address: "a", agent: "").flatMap {
                    try console.parts.sessions.visitor($0.value)
                }
            )
            let presence = Presence(records: console.store, sessions: console.parts.sessions) { console.clock.now }
            try await console.test { client in
                let admin = try console.browser("ada", client)
                #expect(try await admin.get("/settings/second-factor").text.contains("for themselves"))
                #expect(presence.lasts(visitor))
                #expect(
                    try await admin.post("/settings/second-factor/everybody", ["needed": "yes"]).status == .seeOther
                )
                #expect(!presence.lasts(visitor))
                #expect(try await admin.get("/settings").status == .ok)
                var open: Set<String> = []
                for door in console.parts.doors() where door.permission != nil {
                    console.clock.advance(seconds: 1)
                    let answer = try await console.browser("eve", client).ask(door, at: door.path)
                    switch door.kind {
                    case .page where answer.location == "/settings/second-factor": break
                    case .api where answer.text.contains("second-factor-missing"): break
                    // Of a stream only the head is asked for.
                    case .api where answer.status == .forbidden && door.path.hasSuffix("/events"): break
                    default: open.insert("\(door.method) \(door.path)")
                    }
                }
                #expect(
                    open == [
                        "POST /sign-out", "GET /confirm", "POST /confirm", "GET /settings/second-factor",
                        "POST /settings/second-factor", "POST /settings/second-factor/begin",
                    ]
                )
                // Programs go on.
                var program = Browser(client: client, console: console)
                program.fields[.authorization] = "Bearer \(token)"
                #expect(try await program.get("/api/v1/status").status == .serviceUnavailable)
                let person = try console.browser("eve", client)
                _ = try await person.post("/settings/second-factor/begin")
                let secret = try #require(console.parts.secondFactors.begun(eve.name))
                let done = try await person.post("/settings/second-factor", ["code": console.code(secret)])
                #expect(try await person.following(done).get("/settings").status == .ok)
            }
            #expect(try console.trail().contains("ada second-factor-rule needed done"))
        }
    }

    @Test func `an admin takes somebody's second factor away, and so does the command line`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            let eve = try await console.add("eve", .viewer)
            _ = try console.giveSecondFactor(eve.name)
            try await console.test { client in
                let admin = try console.browser("ada", client)
                let person = try console.browser("eve", client)
                #expect(try await admin.post("/settings/users/eve/second-factor/remove").status == .seeOther)
                #expect(try console.store.secondFactor(of: eve.name) == nil)
                #expect(try await person.get("/settings").status == .seeOther)
                let again = try await admin.post("/settings/users/eve/second-factor/remove")
                #expect(again.status == .unprocessableContent)
            }
            _ = try console.giveSecondFactor(eve.name)
            let accounts = ConsoleAccounts(records: console.store, now: { console.clock.now })
            let password = "stapled batteries on horses"
            #expect(
                try await accounts.reset("eve", password: password, by: "root")
                    == .changed(hadSecondFactor: true, tokens: 0)
            )
            #expect(try console.store.secondFactor(of: eve.name) == nil)
            #expect(
                try await accounts.reset("eve", password: password, by: "root")
                    == .changed(hadSecondFactor: false, tokens: 0)
            )
            #expect(try await accounts.reset("bob", password: password, by: "root") == .made)
            #expect(try console.trail().contains("root second-factor-removed eve done"))
        }
    }
}
