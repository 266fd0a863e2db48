import HTTPTypes
import HummingbirdTesting
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct ProxyTests {
    @Test(arguments: [
        (["198.51.100.7"], "198.51.100.7"), (["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        (["203.0.113.9", "198.51.100.7"], "198.51.100.7"), (["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        (["198.51.100.7, ::ffff:10.0.0.2, 2001:DB8:0::2"], "198.51.100.7"), (["2001:db8::9"], "2001:db8::9"),
        ([], "10.0.0.1"), (["10.0.0.2"], "10.0.0.1"), (["198.51.100.7, unknown"], "10.0.0.1"),
        (["198.51.100.7,"], "10.0.0.1"), (["198.51.100.7:4711"], "10.0.0.1"),
    ])
    func `of what proxies have added the last address that is none of ours is who asks, else the proxy itself`(
        fields: [String],
        source: String
    ) throws {
        let proxies = try #require(TrustedProxies(["10.0.0.1", "10.0.0.2", "2001:db8::2"]))
        #expect(proxies.source("10.0.0.1", forwardedFor: fields) == source)
        #expect(proxies.source("::ffff:10.0.0.1", forwardedFor: fields).hasSuffix(source))
    }

    @Test func `what anybody else says of where they come from is ignored`() throws {
        let proxies = try #require(TrustedProxies(["10.0.0.1"]))
        #expect(proxies.source("192.0.2.1", forwardedFor: ["198.51.100.7"]) == "192.0.2.1")
        #expect(TrustedProxies.none.source("127.0.0.1", forwardedFor: ["198.51.100.7"]) == "127.0.0.1")
        #expect(TrustedProxies(["proxy.example.org"]) == nil)
    }

    @Test func `what a browser has signed in to a proxy with is none of ours, and its session counts`() async throws {
        try await GuardedConsole.with { console in
            try await console.add("ada", .admin)
            try await console.test { client in
                var browser = try console.browser("ada", client)
                for scheme in ["Basic YWRhOnNlY3JldA==", "Digest username=\"ada\"", "Basic"] {
                    browser.fields[.authorization] = scheme
                    #expect(try await browser.get("/settings").status == .ok, "\(scheme)")
                }
                // Who sends a token is who the token says, also where it says nobody.
                for scheme in ["Bearer none", "bearer", "Bearer "] {
                    browser.fields[.authorization] = scheme
                    #expect(try await browser.get("/settings").location.hasPrefix("/sign-in"), "\(scheme)")
                }
            }
        }
    }

    @Test func `anybody who fails to sign in fills the trail no faster than so much an hour`() async throws {
        let proxies = try #require(TrustedProxies(["127.0.0.2"]))
        let site = SiteRules(host: "localhost", isSecure: false, publicURL: nil, proxies: proxies)
        try await GuardedConsole.with(site: site) { console in
            try await console.add("ada", .admin)
            try await console.test(.live) { client in
                let port = try #require(client.port)
                func fail(_ name: String, _ number: Int) async throws {
                    let from = ["198.51.\(number / 250).\(number % 250)"]
                    let request = RawClient.signIn(name, "a guess of many", port: port, forwardedFor: from)
                    #expect(try await RawClient.send(request, port: port, from: "127.0.0.2").hasPrefix("HTTP/1.1 422"))
                }
                for number in 0..<70 { try await fail("nobody\(number)", number) }
                try await fail("ada", 100)
                let trail = try console.trail()
                #expect(trail.count == RefusalCount.most + 2)
                #expect(trail.filter { $0 == "- sign-in unknown name refused" }.count == RefusalCount.most)
                #expect(
                    trail.suffix(2) == [
                        "- more-refused unknown name: more within the hour, not noted each refused",
                        "- sign-in ada refused",
                    ]
                )
                console.clock.advance(seconds: 3600)
                try await fail("nobody", 101)
                #expect(try console.trail().last == "- sign-in unknown name refused")
            }
        }
    }

    @Test func `behind a trusted proxy limits count and the trail notes who asked it, from elsewhere who connects`()
        async throws
    {
        let site = SiteRules(
            host: "localhost",
            isSecure: false,
            publicURL: nil,
            proxies: try #require(TrustedProxies(["127.0.0.2"]))
        )
        try await GuardedConsole.with(site: site) { console in
            try await console.add("ada", .admin)
            try await console.test(.live) { client in
                let port = try #require(client.port)
                func answer(_ password: String, from source: String, _ forwardedFor: [String]) async throws -> String {
                    let request = RawClient.signIn("ada", password, port: port, forwardedFor: forwardedFor)
                    return try await RawClient.send(request, port: port, from: source)
                }
                for _ in 0..<6 { _ = try await answer("a guess of many", from: "127.0.0.2", ["198.51.100.7"]) }
                // Who guesses through the proxy holds up nobody else there, whatever they put in front.
                let same = try await answer(GuardedConsole.password, from: "127.0.0.2", ["192.0.2.1, 198.51.100.7"])
                #expect(same.hasPrefix("HTTP/1.1 429"))
                let other = try await answer(GuardedConsole.password, from: "127.0.0.2", ["198.51.100.8"])
                #expect(other.hasPrefix("HTTP/1.1 303"))
                #expect(try console.store.audit(before: nil, limit: 1).first?.address == "198.51.100.8")
                _ = try await answer("a guess of many", from: "127.0.0.3", ["198.51.100.9"])
                #expect(try console.store.audit(before: nil, limit: 1).first?.address == "127.0.0.3")
            }
        }
    }
}
