import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct PageSafetyTests {
    private static let markup = "\"'><script>alert(1)</script>"

    @Test func `what others have written is text in a page, never markup`() async throws {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            _ = try console.parts.tokens.make(Self.markup, role: .viewer, days: 1, for: ada.name, of: .admin)
            try console.store.note(
                AuditEntry(
                    at: console.clock.now,
                    actor: Self.markup,
                    address: Self.markup,
                    action: "try",
                    subject: Self.markup,
                    outcome: .done
                )
            )
            try await console.test { client in
                let cookie = try #require(
                    try console.parts.sessions.begin(ada, address: Self.markup, agent: Self.markup)
                )
                let browser = Browser(client: client, console: console, cookie: cookie.value)
                let stranger = Browser(client: client, console: console)
                let escaped = FormFields.escaped("/" + Self.markup)
                for (answer, shows) in [
                    (try await browser.get("/settings/sessions"), true),
                    (try await browser.get("/settings/tokens"), true),
                    (try await browser.get("/audit"), true),
                    (try await browser.post("/settings/users", ["name": Self.markup, "role": "viewer"]), true),
                    (try await browser.get("/confirm?next=" + escaped), true),
                    (try await stranger.post("/sign-in", ["name": Self.markup, "password": "x"]), true),
                    (try await stranger.get("/sign-in?next=" + escaped), true),
                    (try await browser.get("/runs/" + escaped.dropFirst()), false),
                ] {
                    #expect(!answer.text.contains("<script>alert"))
                    #expect(answer.text.contains("&lt;script&gt;alert") == shows, "\(answer.text)")
                }
            }
        }
    }

    @Test func `a field of a table is text for a spreadsheet, too`() {
        let table = CSV.table(["a", "b"], [["=1+1", "@x"], ["+1", "-"], ["-1", "\t=1"], ["a, \"b\"", "one\ntwo"]])
        #expect(
            table == "a,b\r\n'=1+1,'@x\r\n'+1,-\r\n'-1,'\t=1\r\n\"a, \"\"b\"\"\",\"one\ntwo\"\r\n"
        )
    }

    @Test func `every answer with a body says what it is, and every page offers to sign out`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let alone = ["/sign-in", "/sign-in/code", "/first-start"]
                var pages = 0
                for door in console.parts.doors() where door.method == .get && !door.path.hasSuffix("/events") {
                    console.clock.advance(seconds: 1)
                    let answer = try await console.browser("ada", client).get(door.path)
                    guard answer.body.readableBytes > 0 else { continue }
                    let type = answer.headers[.contentType] ?? ""
                    #expect(type.contains("/"), "\(door.path)")
                    if type.hasPrefix("text/") { #expect(type.contains("charset=utf-8"), "\(door.path): \(type)") }
                    guard type.hasPrefix("text/html"), !alone.contains(door.path) else { continue }
                    pages += 1
                    #expect(answer.text.contains("action=\"/sign-out\""), "\(door.path)")
                }
                #expect(pages > 15)
            }
        }
    }

    @Test func `each field for a password hides it, and lets programs fill it in`() throws {
        var fields = 0
        for (name, bytes) in TemplateList.all {
            let text = String(decoding: bytes, as: UTF8.self)
            let found = text.matches(of: /<input[^>]*name="(?:password|current|again)"[^>]*>/).map { String($0.0) }
            fields += found.count
            for field in found {
                #expect(field.contains("type=\"password\""), "\(name)")
                #expect(field.contains("autocomplete=\""), "\(name)")
                #expect(!field.contains("readonly"), "\(name)")
            }
            if !found.isEmpty {
                for form in text.matches(of: /<form[^>]*>/) { #expect(form.0.contains("method=\"post\""), "\(name)") }
            }
        }
        #expect(fields >= 8)
        let script = String(decoding: PackageResources.console_js, as: UTF8.self)
        #expect(!script.contains("paste"))
    }

    @Test func `a request that tells its length twice is not answered twice`() async throws {
        try await GuardedConsole.with { console in
            try await console.test(.live) { client in
                let port = try #require(client.port)
                let hidden = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n"
                for lengths in [
                    "Content-Length: \(5 + hidden.utf8.count)\r\nTransfer-Encoding: chunked\r\n",
                    "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n",
                ] {
                    let answer = try await RawClient.send(
                        "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(lengths)\r\n0\r\n\r\n\(hidden)",
                        port: port
                    )
                    #expect(answer.components(separatedBy: "HTTP/1.1 ").count <= 2, "\(answer)")
                    #expect(!answer.contains("HTTP/1.1 200"), "\(answer)")
                }
            }
        }
    }
}
