import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct SignInTests {
    @Test func `name and password open a session in a cookie that only this host gets back`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let browser = Browser(client: client, console: console)
                let answer = try await browser.post("/sign-in", ["name": "Ada", "password": GuardedConsole.password])
                #expect(answer.status == .seeOther)
                #expect(answer.location == "/")
                let cookie = answer.headers[.setCookie] ?? ""
                #expect(cookie.hasPrefix("__Host-pawl="))
                for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] { #expect(cookie.contains(part)) }
                #expect(!cookie.contains("Domain"))
                // 256 bits in base64.
                let secret = try #require(browser.following(answer).cookie)
                #expect(secret.utf8.count == 43)
                #expect(try console.store.session(Secret.digest(secret)) != nil)
                #expect(try await browser.following(answer).get("/settings").status == .ok)
            }
            #expect(try console.trail() == ["- sign-in ada asked", "- sign-in ada done"])
        }
    }

    @Test func `a wrong password and an unknown name get the same answer`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let browser = Browser(client: client, console: console)
                let wrong = try await browser.post("/sign-in", ["name": "ada", "password": "not hers at all"])
                let unknown = try await browser.post("/sign-in", ["name": "eve", "password": "not hers at all"])
                #expect(wrong.status == .unprocessableContent)
                #expect(unknown.status == wrong.status)
                #expect(unknown.text == wrong.text.replacingOccurrences(of: "ada", with: "eve"))
                #expect(wrong.headers[.setCookie] == nil)
            }
            // What was typed for a name may be a password.
            #expect(try console.trail() == ["- sign-in ada refused", "- sign-in unknown name refused"])
        }
    }

    @Test func `signing in and confirming change the session's secret, and the old one is worth nothing`() async throws
    {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let first = try console.browser("ada", client)
                let again = try await first.post("/sign-in", ["name": "ada", "password": GuardedConsole.password])
                let second = first.following(again)
                #expect(second.cookie != first.cookie)
                #expect(try await first.get("/settings").location == "/sign-in?next=/settings")
                let confirmed = try await second.post("/confirm", ["password": GuardedConsole.password, "next": "/x"])
                #expect(confirmed.location == "/x")
                let third = second.following(confirmed)
                #expect(third.cookie != second.cookie)
                #expect(try await second.get("/settings").status == .seeOther)
                #expect(try await third.get("/settings").status == .ok)
            }
        }
    }

    @Test func `a session ends after an hour without use`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let browser = try console.browser("ada", client)
                for _ in 0..<3 {
                    console.clock.advance(seconds: 3500)
                    #expect(try await browser.get("/settings").status == .ok)
                }
                console.clock.advance(seconds: 3601)
                #expect(try await browser.get("/settings").status == .seeOther)
            }
        }
    }

    @Test(arguments: ["script", "no script", "stream"])
    func `a page that is only open does not keep a session from ending`(kind: String) async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                var browser = try console.browser("ada", client)
                if kind == "script" { browser.fields[try #require(HTTPField.Name("X-Pawl-Live"))] = "1" }
                if kind == "stream" { browser.fields[.accept] = "text/event-stream" }
                for _ in 0..<59 {
                    console.clock.advance(seconds: 60)
                    let answer = try await browser.get(kind == "no script" ? "/settings?live=1" : "/settings")
                    #expect(answer.status == .ok)
                }
                console.clock.advance(seconds: 61)
                #expect(try await browser.get("/settings").status == .seeOther)
            }
        }
    }

    @Test func `a session ends after twelve hours however much it is used, and confirming does not prolong it`()
        async throws
    {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                var browser = try console.browser("ada", client)
                for _ in 0..<23 {
                    console.clock.advance(seconds: 1800)
                    browser = browser.following(
                        try await browser.post("/confirm", ["password": GuardedConsole.password, "next": "/"])
                    )
                    #expect(try await browser.get("/settings").status == .ok)
                }
                console.clock.advance(seconds: 1801)
                #expect(try await browser.get("/settings").status == .seeOther)
            }
        }
    }

    @Test func `signing out ends the session on the server`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let browser = try console.browser("ada", client)
                let answer = try await browser.post("/sign-out")
                #expect(answer.location == "/sign-in")
                #expect(answer.headers[.setCookie]?.contains("Max-Age=0") == true)
                #expect(try await browser.get("/settings").status == .seeOther)
            }
            #expect(try console.trail() == ["ada sign-out asked", "ada sign-out done"])
        }
    }

    @Test func `people see their sessions, end one, and end all others`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .viewer)
            try await console.add("bob", .admin)
            try await console.test { client in
                let mine = try console.browser("ada", client)
                let (second, third) = (try console.browser("ada", client), try console.browser("ada", client))
                let foreign = try console.browser("bob", client)
                #expect(try await mine.get("/settings/sessions").text.components(separatedBy: "192.0.2.1").count == 4)
                let id = Secret.digest(try #require(second.cookie))
                #expect(try await mine.post("/settings/sessions/\(id)/end").status == .seeOther)
                #expect(try await second.get("/settings").status == .seeOther)
                let other = Secret.digest(try #require(foreign.cookie))
                #expect(try await mine.post("/settings/sessions/\(other)/end").status == .notFound)
                #expect(try await foreign.get("/settings").status == .ok)
                _ = try await mine.post("/settings/sessions/end-others")
                #expect(try await third.get("/settings").status == .seeOther)
                #expect(try await mine.get("/settings").status == .ok)
            }
        }
    }

    @Test func `changing the password asks for the old one and ends every other session`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .viewer)
            try await console.test { client in
                let mine = try console.browser("ada", client)
                let other = try console.browser("ada", client)
                let fresh = "stapled batteries on horses"
                let wrong = try await mine.post(
                    "/settings/password",
                    ["current": "nothing like it", "password": fresh, "again": fresh]
                )
                #expect(wrong.status == .unprocessableContent)
                #expect(try await other.get("/settings").status == .ok)
                let done = try await mine.post(
                    "/settings/password",
                    ["current": GuardedConsole.password, "password": fresh, "again": fresh]
                )
                #expect(done.status == .seeOther)
                #expect(try await other.get("/settings").status == .seeOther)
                #expect(try await mine.following(done).get("/settings").status == .ok)
                let signIn = try await Browser(client: client, console: console)
                    .post("/sign-in", ["name": "ada", "password": fresh])
                #expect(signIn.status == .seeOther)
            }
            #expect(
                try console.trail().prefix(4).suffix(2) == [
                    "ada password-changed ada asked", "ada password-changed ada done",
                ]
            )
        }
    }

    @Test func `what matters most asks for the password again after ten minutes, and leads back to its page`()
        async throws
    {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                var browser = try console.browser("ada", client)
                let form = ["name": "eve", "role": "viewer", "password": "stapled batteries on horses"]
                console.clock.advance(seconds: 601)
                browser.fields[.referer] = "http://localhost/settings/users?x=1"
                let answer = try await browser.post("/settings/users", form)
                #expect(answer.location == "/confirm?next=/settings/users%3Fx%3D1&interrupted=1")
                #expect(try console.store.accounts().count == 1)
                let page = try await browser.get(answer.location)
                #expect(page.text.contains("has not been done yet"))
                #expect(page.text.contains("value=\"/settings/users?x=1\""))
                browser = browser.following(
                    try await browser.post(
                        "/confirm",
                        ["password": GuardedConsole.password, "next": "/settings/users"]
                    )
                )
                #expect(try await browser.post("/settings/users", form).location == "/settings/users")
                #expect(try console.store.accounts().count == 2)
            }
        }
    }

    @Test func `a program with a session is told that the password is needed, one with a token is not`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            let door = Door.api(.post, "/api/v1/try", needs: .operate, confirmed: true) { _ in .redirect(to: "/done")
            }
            let ada = try #require(AccountName("ada"))
            let token = try console.parts.tokens.make("ci", role: .operator, days: 1, for: ada, of: .admin).text
            try await console.test(adding: [door]) { client in
                let browser = try console.browser("ada", client)
                #expect(try await browser.post("/api/v1/try").status == .seeOther)
                console.clock.advance(seconds: 601)
                let answer = try await browser.post("/api/v1/try")
                #expect(answer.status == .forbidden)
                #expect(answer.text.contains("\"code\":\"confirmation-needed\""))
                var program = Browser(client: client, console: console)
                program.fields[.authorization] = "Bearer \(token)"
                #expect(try await program.post("/api/v1/try").status == .seeOther)
            }
        }
    }

    @Test func `a browser that has signed in before is known at any address, and others there do not hold it up`()
        async throws
    {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let form = ["name": "ada", "password": GuardedConsole.password]
                var browser = Browser(client: client, console: console)
                let first = try await browser.post("/sign-in", form)
                let secret = try #require(first.cookie(Client.cookie))
                browser.fields[.cookie] = "\(Client.cookie)=\(secret)"
                // Others at the same address, which is known from now on, guess until it must wait.
                let stranger = Browser(client: client, console: console)
                for _ in 0..<8 {
                    _ = try await stranger.post("/sign-in", ["name": "ada", "password": "not hers at all"])
                }
                #expect(try await stranger.post("/sign-in", form).status == .tooManyRequests)
                #expect(try await browser.post("/sign-in", form).status == .seeOther)
                // Its own guesses it is held to.
                for _ in 0..<8 {
                    _ = try await browser.post("/sign-in", ["name": "ada", "password": "not hers at all"])
                }
                #expect(try await browser.post("/sign-in", form).status == .tooManyRequests)
                // What is kept of its cookie does not do for it.
                let known = try #require(AccountName("ada"))
                #expect(try console.store.isKnown(Client.kept(secret), of: known.text))
                #expect(try !console.store.isKnown(secret, of: known.text))
            }
        }
    }

    @Test func `a flood through the same proxy keeps neither a known browser out, nor whoever watches, nor assets`()
        async throws
    {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let form = ["name": "ada", "password": GuardedConsole.password]
                var browser = Browser(client: client, console: console)
                let secret = try #require(try await browser.post("/sign-in", form).cookie(Client.cookie))
                browser.fields[.cookie] = "\(Client.cookie)=\(secret)"
                var stranger = Browser(client: client, console: console)
                for _ in 0..<450 { _ = try await stranger.get("/sign-in") }
                #expect(try await stranger.post("/sign-in", form).status == .tooManyRequests)
                // A cookie that is nobody's does not do.
                stranger.fields[.cookie] = "\(Client.cookie)=\(Secret.make())"
                #expect(try await stranger.get("/sign-in").status == .tooManyRequests)
                #expect(try await browser.get("/sign-in").status == .ok)
                #expect(try await browser.post("/sign-in", form).status == .seeOther)
                for path in ["/healthz", AssetDoors.address(of: "console.css"), "/api/v1/openapi.yaml"] {
                    #expect(try await stranger.get(path).status == .ok)
                }
                // It is not counted less than others.
                for _ in 0..<450 { _ = try await browser.get("/sign-in") }
                #expect(try await browser.get("/sign-in").status == .tooManyRequests)
            }
        }
    }

    @Test func `somebody who is signed in can sign in as somebody else`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.add("eve", .viewer)
            try await console.test { client in
                let ada = try console.browser("ada", client)
                #expect(try await ada.get("/sign-in").text.contains(ada.csrf))
                let answer = try await ada.post("/sign-in", ["name": "eve", "password": GuardedConsole.password])
                #expect(try await ada.following(answer).get("/settings/users").status == .forbidden)
                #expect(try await ada.get("/settings").location.hasPrefix("/sign-in"))
            }
        }
    }
}
