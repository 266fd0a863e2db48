import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import UpgradeModel

@testable import AdminConsole

struct ForgeryTests {
    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")

    @Test func `a form of another site is refused, signing in included`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let form = "name=ada&password=\(FormFields.escaped(GuardedConsole.password))"
                for origin in ["https://evil.example", "null", "https://localhost", "http://localhost:81", ""] {
                    let answer = try await client.executeRequest(
                        uri: "/sign-in",
                        method: .post,
                        headers: [.contentType: "application/x-www-form-urlencoded", .origin: origin],
                        body: ByteBuffer(string: form)
                    )
                    #expect(answer.status == .forbidden, "\(origin)")
                    #expect(answer.headers[.setCookie] == nil)
                }
                let site = try #require(Self.fetchSite)
                for value in ["cross-site", "same-site"] {
                    let answer = try await client.executeRequest(
                        uri: "/sign-in",
                        method: .post,
                        headers: [
                            .contentType: "application/x-www-form-urlencoded", site: value, .origin: Browser.origin,
                        ],
                        body: ByteBuffer(string: form)
                    )
                    #expect(answer.status == .forbidden)
                }
                // A browser that says nothing about where a form comes from could come from anywhere.
                let silent = try await client.executeRequest(
                    uri: "/sign-in",
                    method: .post,
                    headers: [.contentType: "application/x-www-form-urlencoded"],
                    body: ByteBuffer(string: form)
                )
                #expect(silent.status == .forbidden)
            }
        }
    }

    @Test func `a change without a body, or with a body of another kind, needs the mark as much`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let browser = try console.browser("ada", client)
                var headers = browser.headers
                let bare = try await client.executeRequest(uri: "/sign-out", method: .post, headers: headers, body: nil)
                #expect(bare.status == .forbidden)
                headers[.contentType] = "text/plain"
                let body = ByteBuffer(string: "csrf=\(browser.csrf)")
                let plain = try await client.executeRequest(
                    uri: "/sign-out",
                    method: .post,
                    headers: headers,
                    body: body
                )
                #expect(plain.status == .forbidden)
                headers[try #require(Forgery.header)] = browser.csrf
                let marked = try await client.executeRequest(
                    uri: "/sign-out",
                    method: .post,
                    headers: headers,
                    body: nil
                )
                #expect(marked.status == .seeOther)
            }
        }
    }

    @Test func `the mark of one session does not do for another`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let (mine, other) = (try console.browser("ada", client), try console.browser("ada", client))
                #expect(try await mine.post("/sign-out", ["csrf": other.csrf], csrf: false).status == .forbidden)
            }
        }
    }

    @Test func `HEAD answers like GET without a body, and methods that a page does not know are refused`() async throws
    {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                let head = try await client.executeRequest(uri: "/sign-in", method: .head, headers: [:], body: nil)
                #expect(head.status == .ok)
                #expect(head.body.readableBytes == 0)
                for method in [HTTPRequest.Method.put, .patch, .delete, .options, .trace] {
                    let answer = try await client.executeRequest(
                        uri: "/sign-in",
                        method: method,
                        headers: [:],
                        body: nil
                    )
                    #expect(answer.status == .methodNotAllowed)
                    #expect(answer.headers[.allow] == "GET, HEAD, POST")
                }
                let get = try await client.executeRequest(uri: "/sign-out", method: .get, headers: [:], body: nil)
                #expect(get.status == .methodNotAllowed)
                let strange = try #require(HTTPRequest.Method("BREW"))
                let answer = try await client.executeRequest(uri: "/sign-in", method: strange, headers: [:], body: nil)
                #expect(answer.status == .notFound)
            }
        }
    }

    @Test func `a body larger than a door reads is refused`() async throws {
        try await GuardedConsole.with { console in
            try await console.test { client in
                let answer = try await Browser(client: client, console: console)
                    .post("/sign-in", ["name": "ada", "password": String(repeating: "x", count: 70_000)])
                #expect(answer.status == .contentTooLarge)
            }
        }
    }

    @Test func `on loopback only names of this machine are answered`() {
        let local = SiteRules(host: "127.0.0.1", isSecure: false, publicURL: nil)
        for name in ["localhost:8800", "127.0.0.1:8800", "[::1]:8800", "127.1.2.3", "pawl.localhost", "LOCALHOST"] {
            #expect(local.answers(to: name), "\(name)")
        }
        for name in [
            "evil.example", "evil.example:8800", "127.0.0.1.evil.example", "localhost.evil.example", "", "a/b", nil,
        ] {
            #expect(!local.answers(to: name), "\(name ?? "-")")
        }
        let proxied = SiteRules(host: "127.0.0.1", isSecure: false, publicURL: URL(string: "https://pawl.example.org"))
        #expect(proxied.answers(to: "pawl.example.org"))
        #expect(proxied.isOwn("https://pawl.example.org", of: "localhost:8800"))
        #expect(!proxied.isOwn("http://pawl.example.org", of: "localhost:8800"))
        #expect(SiteRules(host: "0.0.0.0", isSecure: true, publicURL: nil).answers(to: "vm.example.org:8800"))
    }

    @Test func `a request for another host is answered by no page`() async throws {
        let elsewhere = SiteRules(host: "192.0.2.7", isSecure: true, publicURL: nil)
        #expect(elsewhere.answers(to: "anything.example"))
        try await GuardedConsole.with { console in
            try await console.test(.live) { client in
                let port = try #require(client.port)
                let answer = try await RawClient.send(
                    "GET /sign-in HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
                    port: port
                )
                #expect(answer.hasPrefix("HTTP/1.1 421"))
                let none = try await RawClient.send("GET /sign-in HTTP/1.1\r\nConnection: close\r\n\r\n", port: port)
                #expect(none.hasPrefix("HTTP/1.1 4"))
            }
        }
    }

    @Test func `every answer says what browsers must not do, errors too, and HSTS only over TLS`() async throws {
        for isSecure in [false, true] {
            let site = SiteRules(host: "localhost", isSecure: isSecure, publicURL: nil)
            try await GuardedConsole.with(site: site) { console in
                try await console.test { client in
                    let browser = Browser(client: client, console: console)
                    for path in ["/sign-in", "/nowhere", "/api/v1/status", "/api/v1/nowhere", "/healthz"] {
                        let headers = try await browser.get(path).headers
                        for (name, value) in SecurityHeaders.fields { #expect(headers[name] == value) }
                        let policy = headers[.contentSecurityPolicy] ?? ""
                        #expect(!policy.contains("unsafe"))
                        #expect(policy.contains("frame-ancestors 'none'"))
                        #expect((headers[.strictTransportSecurity] != nil) == isSecure)
                        #expect(headers[.cacheControl] == "no-store")
                        #expect(headers[.server] == nil)
                        #expect(headers[.accessControlAllowOrigin] == nil)
                    }
                }
            }
        }
    }

    @Test func `normal use never meets the limit on requests, a flood does`() async throws {
        try await GuardedConsole.with { console in
            try await console.test { client in
                let browser = Browser(client: client, console: console)
                for _ in 0..<400 { #expect(try await browser.get("/healthz").status == .ok) }
                let answer = try await browser.get("/healthz")
                #expect(answer.status == .tooManyRequests)
                #expect(answer.headers[.retryAfter] == "1")
                console.clock.advance(seconds: 1)
                #expect(try await browser.get("/healthz").status == .ok)
            }
        }
    }

    @Test(arguments: [
        ("https://Pawl.Example.org", "https://pawl.example.org"),
        ("https://pawl.example.org:443/", "https://pawl.example.org"),
        ("https://pawl.example.org:8443", "https://pawl.example.org:8443"), ("http://pawl:80", "http://pawl"),
    ])
    func `a public address counts as browsers write it`(given: String, origin: String) {
        let site = SiteRules(host: "127.0.0.1", isSecure: false, publicURL: URL(string: given))
        #expect(site.isOwn(origin, of: nil))
        #expect(!site.isOwn(origin + "0", of: nil) && !site.isOwn("ftp" + origin.dropFirst(4), of: nil))
    }
}
