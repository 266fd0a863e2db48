import Foundation
import NIOSSL
import Synchronization
import Testing
import WebClient

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct AccessTests {
    static func server(_ port: Int, host: String = "127.0.0.1") -> ServerAddress {
        ServerAddress(host: host, port: port)
    }

    static func ask(_ access: ClusterAccess, environment: [String: String] = [:]) async throws -> JSONValue {
        let client = KubernetesClient(access, environment: environment, pace: TestTime().pace(attempts: 1))
        do {
            let json = try await client.read(RequestTarget(.pods, namespace: "shop", name: "api"))
            await client.shutdown()
            return json
        } catch {
            await client.shutdown()
            throw error
        }
    }

    static func kind(_ error: any Error) -> KubernetesError.Kind? { (error as? KubernetesError)?.kind }

    @Test func `a client certificate opens the door, from bytes and from files that are renewed`() async throws {
        let authority = try TestAuthority()
        let other = try TestAuthority("another authority")
        let tls = try authority.server(names: ["127.0.0.1"])
        let pem = try authority.pem
        let me = try authority.sign("me")
        let stranger = try other.sign("stranger")
        try await SimulatedAPIServer.serve(tls: tls) { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            var access = ClusterAccess(server: Self.server(port), authority: .bytes(pem), origin: "a test")
            access.account.certificate = .bytes(me.certificate)
            access.account.key = .bytes(me.key)
            #expect(try await Self.ask(access)["kind"] == "Pod")
            for wrong in [nil, stranger] {
                access.account.certificate = wrong.map { .bytes($0.certificate) }
                access.account.key = wrong.map { .bytes($0.key) }
                await #expect { try await Self.ask(access) } throws: { Self.kind($0) == .untrusted }
            }
            try await withScratchFolder { folder in
                let (certificate, key) = (folder + "/me.crt", folder + "/me.key")
                try write(String(decoding: stranger.certificate, as: UTF8.self), to: certificate)
                try write(String(decoding: stranger.key, as: UTF8.self), to: key)
                access.account.certificate = .file(certificate)
                access.account.key = .file(key)
                let client = KubernetesClient(access, environment: [:], pace: TestTime().pace(attempts: 1))
                await #expect { try await client.read(RequestTarget(.pods, namespace: "shop", name: "api")) } throws: {
                    Self.kind($0) == .untrusted
                }
                try write(String(decoding: me.certificate, as: UTF8.self), to: certificate)
                try write(String(decoding: me.key, as: UTF8.self), to: key)
                #expect(try await client.read(Pod.self, "api", in: "shop").phase == "Running", "the same client")
                try write(String(decoding: stranger.key, as: UTF8.self), to: key)
                await #expect { try await client.read(RequestTarget(.pods, namespace: "shop", name: "api")) } throws: {
                    Self.kind($0) == .credentials && "\($0)".contains("does not belong to its certificate")
                }
                try write("no key", to: key)
                await #expect { try await client.read(RequestTarget(.pods, namespace: "shop", name: "api")) } throws: {
                    Self.kind($0) == .credentials && !"\($0)".contains("no key at all")
                }
                await client.shutdown()
            }
        }
    }

    @Test func `a server is believed by its authority and its name, or where that is waived`() async throws {
        let authority = try TestAuthority()
        let other = try TestAuthority("another authority")
        let tls = try authority.server(names: ["kubernetes.default"], wantsClients: false)
        let pem = try authority.pem
        let otherPEM = try other.pem
        try await SimulatedAPIServer.serve(tls: tls) { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            var access = ClusterAccess(server: Self.server(port), authority: .bytes(pem), origin: "a test")
            await #expect { try await Self.ask(access) } throws: { error in
                Self.kind(error) == .untrusted && "\(error)".contains("another name")
            }
            access.serverName = "kubernetes.default"
            let named = try await Self.ask(access)
            #expect(named["kind"] == "Pod")
            #expect(server.seen.last?.header("host") == "127.0.0.1:\(port)", "it is still addressed as what it is")
            access.authority = .bytes(otherPEM)
            await #expect { try await Self.ask(access) } throws: { error in
                Self.kind(error) == .untrusted && "\(error)".contains("signed by nobody")
            }
            access.authority = nil
            await #expect { try await Self.ask(access) } throws: { Self.kind($0) == .untrusted }
            access.serverName = nil
            access.isServerVerified = false
            #expect(try await Self.ask(access)["kind"] == "Pod")
            access.authority = .bytes(Array("no certificate".utf8))
            await #expect { try await Self.ask(access) } throws: { Self.kind($0) == .credentials }
            access.authority = .file("/nowhere/ca.crt")
            await #expect { try await Self.ask(access) } throws: { error in
                Self.kind(error) == .credentials && "\(error)".contains("/nowhere/ca.crt")
            }
        }
    }

    @Test func `what does not speak TLS is told as that`() async throws {
        try await SimulatedAPIServer.serve { (_, port) async throws in
            let access = ClusterAccess(server: Self.server(port), isServerVerified: false, origin: "a test")
            await #expect { try await Self.ask(access) } throws: { Self.kind($0) == .notAnAPIServer }
        }
    }

    @Test func `a token in a file is read anew for every request`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            try await withScratchFolder { folder in
                let path = folder + "/token"
                try write("first\n", to: path)
                let client = KubernetesClient.plain(
                    port,
                    account: ClusterAccount(token: Secret("beside"), tokenFile: path)
                )
                _ = try await client.read(Pod.self, "api", in: "shop")
                try write("second", to: path)
                _ = try await client.read(Pod.self, "api", in: "shop")
                try FileManager.default.removeItem(atPath: path)
                _ = try await client.read(Pod.self, "api", in: "shop")
                #expect(
                    server.seen.map { $0.header("authorization") } == [
                        "Bearer first", "Bearer second", "Bearer beside",
                    ]
                )
                await client.shutdown()
            }
        }
    }

    @Test func `a token that was replaced while it was sent is read once more`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            try await withScratchFolder { folder in
                let path = folder + "/token"
                try write("old", to: path)
                server.script { request in
                    guard request.header("authorization") != "Bearer new" else { return nil }
                    try? write("new", to: path)
                    return .failure(401, "Unauthorized", "Unauthorized")
                }
                let client = KubernetesClient.plain(port, account: ClusterAccount(tokenFile: path))
                #expect(try await client.read(Pod.self, "api", in: "shop").phase == "Running")
                await client.shutdown()
                try write("old", to: path)
                server.script { _ in nil }
            }
        }
    }

    @Test func `a token that has expired is told, and not tried for ever`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.script { _ in .failure(401, "Unauthorized", "the token hunter2 has expired") }
            let client = KubernetesClient.plain(port, account: ClusterAccount(token: Secret("hunter2")))
            await #expect { try await client.read(Pod.self, "api", in: "shop") } throws: { error in
                Self.kind(error) == .unauthorized && !"\(error)".contains("hunter2")
            }
            #expect(server.seen.count == 1, "the same token is no better the second time")
            await client.shutdown()
        }
    }

    @Test func `names and passwords and those to act as are sent`() async throws {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            let client = KubernetesClient.plain(
                port,
                account: ClusterAccount(
                    username: "me",
                    password: Secret("pä:ss"),
                    impersonation: Impersonation(user: "somebody", uid: "7", groups: ["a", "b"])
                )
            )
            _ = try await client.read(Pod.self, "api", in: "shop")
            let seen = try #require(server.seen.last)
            #expect(seen.header("authorization") == "Basic " + base64(Array("me:pä:ss".utf8)))
            #expect(seen.header("impersonate-user") == "somebody")
            #expect(seen.header("impersonate-uid") == "7")
            #expect(seen.headers["impersonate-group"] == ["a", "b"])
            await client.shutdown()
        }
    }

    @Test func `a proxy passes the connection on, with TLS from end to end`() async throws {
        let authority = try TestAuthority()
        let tls = try authority.server(names: ["cluster.example"])
        let pem = try authority.pem
        let me = try authority.sign("me")
        try await SimulatedAPIServer.serve(tls: tls) { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            let proxy = try ConnectProxy()
            var access = ClusterAccess(
                server: Self.server(port),
                serverName: "cluster.example",
                authority: .bytes(pem),
                proxy: .http(host: "127.0.0.1", port: Int(proxy.port), user: "me", password: "hunter2"),
                origin: "a test"
            )
            access.account.certificate = .bytes(me.certificate)
            access.account.key = .bytes(me.key)
            #expect(try await Self.ask(access)["kind"] == "Pod")
            let head = try #require(proxy.heads.first)
            #expect(head.hasPrefix("CONNECT 127.0.0.1:\(port) HTTP/1.1"))
            #expect(
                head.lowercased().contains(
                    "proxy-authorization: basic " + base64(Array("me:hunter2".utf8)).lowercased()
                )
            )
            access.proxy = .http(host: "127.0.0.1", port: 1, user: nil, password: nil)
            await #expect { try await Self.ask(access) } throws: { Self.kind($0) == .unreachable }
        }
    }
}
