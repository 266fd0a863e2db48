import Foundation
import NIOSSL
import SimulatedCluster
import Synchronization
import Testing
import WebClient

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct AccessTests {
    static func server(_ port: Int, host: String = "127.0.0.1") -> ServerAddress {
        ServerAddress(host: host, port: port)
    }

    static func ask(_ access: ClusterAccess, environment: [String: String] = [:]) async throws -> JSONValue {
        let client = KubernetesClient(access, environment: environment, pace: TestTime().pace(patience: .zero))
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
                let client = KubernetesClient(access, environment: [:], pace: TestTime().pace(patience: .zero))
                await #expect { try await client.read(RequestTarget(.pods, namespace: "shop", name: "api")) } throws: {
                    Self.kind($0) == .untrusted
                }
                try write(String(decoding: me.certificate, as: UTF8.self), to: certificate)
                try write(String(decoding: me.key, as: UTF8.self), to: key)
                #expect(try await client.read(Pod.self, "api", in: "shop").phase == "Running", "the same client")
                try write(String(decoding: stranger.key, as: UTF8.self), to: key)
                #expect(try await client.read(Pod.self, "api", in: "shop").phase == "Running", "it is being renewed")
                await client.shutdown()
                for (text, said) in [
                    (String(decoding: stranger.key, as: UTF8.self), "does not belong to its certificate"),
                    ("no key", "no private key"),
                ] {
                    try write(text, to: key)
                    await #expect { try await Self.ask(access) } throws: {
                        Self.kind($0) == .credentials && "\($0)".contains(said) && !"\($0)".contains("no key")
                    }
                }
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

    @Test func `an authority that another one has signed is told as that, and does with the other`() async throws {
        let root = try TestAuthority()
        let middle = try TestAuthority("between", signedBy: root)
        let tls = try middle.server(names: ["127.0.0.1"], wantsClients: false)
        let (rootPEM, middlePEM) = (try root.pem, try middle.pem)
        try await SimulatedAPIServer.serve(tls: tls) { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            var access = ClusterAccess(server: Self.server(port), authority: .bytes(middlePEM), origin: "x")
            let said = "certificate-authority-data of x has only authorities that another one has signed"
            await #expect { try await Self.ask(access) } throws: { error in
                guard let error = error as? KubernetesError, error.kind == .untrusted else { return false }
                return error.detail.contains(said) && error.remedy.contains("(the root)")
            }
            access.authority = .bytes(middlePEM + rootPEM)
            #expect(try await Self.ask(access)["kind"] == "Pod")
            // One whose own end of the chain is there has another fault.
            access.authority = .bytes(try TestAuthority("another authority").pem)
            await #expect { try await Self.ask(access) } throws: { error in
                Self.kind(error) == .untrusted && !"\(error)".contains("that another one has signed")
            }
        }
    }

    @Test func `a token in a file is read for every request, and the last counts while there is none`() async throws {
        try await SimulatedAPIServer.serveSecurely { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            try await withScratchFolder { folder in
                let path = folder + "/token"
                let account = ClusterAccount(token: Secret("beside"), tokenFile: path)
                let client = KubernetesClient.secure(port, account: account)
                _ = try await client.read(Pod.self, "api", in: "shop")
                try write("first\n", to: path)
                _ = try await client.read(Pod.self, "api", in: "shop")
                try write("second", to: path)
                _ = try await client.read(Pod.self, "api", in: "shop")
                try FileManager.default.removeItem(atPath: path)
                _ = try await client.read(Pod.self, "api", in: "shop")
                try write("", to: path)
                _ = try await client.read(Pod.self, "api", in: "shop")
                try write("third", to: path)
                _ = try await client.read(Pod.self, "api", in: "shop")
                #expect(
                    server.seen.map { $0.header("authorization") } == [
                        "Bearer beside", "Bearer first", "Bearer second", "Bearer second", "Bearer second",
                        "Bearer third",
                    ]
                )
                await client.shutdown()
            }
        }
    }

    @Test func `a token that is refused counts no longer, and its file is named`() async throws {
        try await SimulatedAPIServer.serveSecurely { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            try await withScratchFolder { folder in
                let path = folder + "/token"
                try write("first", to: path)
                let client = KubernetesClient.secure(
                    port,
                    account: ClusterAccount(tokenFile: path),
                    pace: TestTime().pace(patience: .zero)
                )
                _ = try await client.read(Pod.self, "api", in: "shop")
                try FileManager.default.removeItem(atPath: path)
                server.script { _ in .failure(401, "Unauthorized") }
                await #expect { try await client.read(Pod.self, "api", in: "shop") } throws: { error in
                    Self.kind(error) == .credentials && "\(error)".contains(path)
                }
                #expect(server.seen.count == 2)
                await client.shutdown()
            }
        }
    }

    @Test func `a token that was replaced while it was sent is read once more`() async throws {
        try await SimulatedAPIServer.serveSecurely { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            try await withScratchFolder { folder in
                let path = folder + "/token"
                try write("old", to: path)
                server.script { request in
                    guard request.header("authorization") != "Bearer new" else { return nil }
                    try? write("new", to: path)
                    return .failure(401, "Unauthorized", "Unauthorized")
                }
                let client = KubernetesClient.secure(port, account: ClusterAccount(tokenFile: path))
                #expect(try await client.read(Pod.self, "api", in: "shop").phase == "Running")
                await client.shutdown()
            }
        }
    }

    @Test func `a token that has expired is told, and not tried for ever`() async throws {
        try await SimulatedAPIServer.serveSecurely { (server, port) async throws in
            server.script { _ in .failure(401, "Unauthorized", "the token hunter2 has expired") }
            let client = KubernetesClient.secure(port, account: ClusterAccount(token: Secret("hunter2")))
            await #expect { try await client.read(Pod.self, "api", in: "shop") } throws: { error in
                Self.kind(error) == .unauthorized && !"\(error)".contains("hunter2")
            }
            #expect(server.seen.count == 1, "the same token is no better the second time")
            await client.shutdown()
        }
    }

    private static let whole = ClusterAccount(
        username: "me",
        password: Secret("pä:ss"),
        impersonation: Impersonation(
            user: "somebody",
            uid: "7",
            groups: ["a", "b"],
            extra: ["scopes": ["view", "edit"], "acme.example/team": ["shop"]]
        )
    )

    private static func isWhomToActAs(_ seen: SeenRequest) -> Bool {
        seen.header("impersonate-user") == "somebody" && seen.header("impersonate-uid") == "7"
            && seen.headers["impersonate-group"] == ["a", "b"]
            && seen.headers["impersonate-extra-scopes"] == ["view", "edit"]
            && seen.headers["impersonate-extra-acme.example%2fteam"] == ["shop"]
    }

    @Test func `names and passwords and those to act as are sent`() async throws {
        try await SimulatedAPIServer.serveSecurely { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            let client = KubernetesClient.secure(port, account: Self.whole)
            _ = try await client.read(Pod.self, "api", in: "shop")
            let seen = try #require(server.seen.last)
            #expect(seen.header("authorization") == "Basic " + base64(Array("me:pä:ss".utf8)))
            #expect(Self.isWhomToActAs(seen))
            await client.shutdown()
        }
    }

    @Test func `what proves who we are is not shown to a server of plain HTTP, which is said where it is missed`()
        async throws
    {
        try await SimulatedAPIServer.serve { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            // Neither the file nor the program is even looked for.
            let program = CredentialProgram(version: .v1, command: "pawl-no-such-program")
            for account in [
                Self.whole, ClusterAccount(token: Secret("hunter2")), ClusterAccount(tokenFile: "/nowhere/token"),
                ClusterAccount(program: program),
                ClusterAccount(certificate: .file("/nowhere/crt"), key: .file("/nowhere/key")),
            ] {
                let client = KubernetesClient.plain(port, account: account)
                #expect(client.access.withholdsAccount)
                _ = try await client.read(Pod.self, "api", in: "shop")
                #expect(server.seen.last?.header("authorization") == nil)
                for refusal in [ServerAnswer.failure(401, "Unauthorized"), .failure(403, "Forbidden", "no")] {
                    server.once(refusal)
                    await #expect { try await client.read(Pod.self, "api", in: "shop") } throws: { error in
                        (error as? KubernetesError)?.remedy.contains("https://") == true
                    }
                }
                await client.shutdown()
            }
            #expect(server.seen.first.map(Self.isWhomToActAs) == true, "it is no secret, and does not give more rights")
            #expect(!KubernetesClient.plain(port).access.withholdsAccount)
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

    @Test func `a proxy that cannot reach the server is trouble that passes`() async throws {
        let authority = try TestAuthority()
        let tls = try authority.server(names: ["cluster.example"], wantsClients: false)
        let pem = try authority.pem
        let told = Mutex<[KubernetesError.Kind]>([])
        try await SimulatedAPIServer.serve(tls: tls) { (server, port) async throws in
            server.put(testPod("api"), in: podsPath)
            let proxy = try ConnectProxy(refusals: ["502 Bad Gateway", "503 Unavailable", "504 Gateway Timeout"])
            let client = KubernetesClient(
                ClusterAccess(
                    server: Self.server(port),
                    serverName: "cluster.example",
                    authority: .bytes(pem),
                    proxy: .http(host: "127.0.0.1", port: Int(proxy.port), user: nil, password: nil),
                    origin: "a test"
                ),
                environment: [:],
                pace: TestTime().pace { error, _ in told.withLock { $0.append(error.kind) } }
            )
            #expect(try await client.read(Pod.self, "api", in: "shop").phase == "Running")
            #expect(told.withLock { $0 } == [.unreachable, .unreachable, .unreachable])
            await client.shutdown()
        }
    }
}
