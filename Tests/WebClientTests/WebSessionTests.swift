import Foundation
import Synchronization
import Testing

@testable import WebClient

@Suite struct WebSessionTests {
    @Test func `a server behind a Unix socket gets the target as it was written`() async throws {
        let server = try ScriptedServer(unix: ()) { exchange in
            let line = exchange.head.prefix { $0 != "\r\n" }
            guard exchange.head.lowercased().contains("\r\nhost: localhost") else {
                exchange.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                return
            }
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: \(line.utf8.count)\r\nX-Kind: echo\r\n\r\n\(line)")
        }
        let session = WebSession()
        let answer = try await session.send(
            .init(.get, .socket(path: server.path, target: "/info?filters=%7B%22a%22%7D"))
        )
        #expect(answer.status == 200)
        #expect(answer.value(of: "x-kind") == "echo")
        #expect(String(decoding: answer.body, as: UTF8.self) == "GET /info?filters=%7B%22a%22%7D HTTP/1.1")
        await session.shutdown()
    }

    @Test func `an error's status is an answer`() async throws {
        let server = try ScriptedServer(tcp: ()) { exchange in
            exchange.send("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone")
        }
        let session = WebSession()
        let answer = try await session.send(.init(.get, .web("http://127.0.0.1:\(server.port)/x")))
        #expect(answer.status == 404)
        #expect(answer.body == Array("none".utf8))
        await session.shutdown()
    }

    @Test func `a file is sent whole and with its length`() async throws {
        let path = "/tmp/pawl-web-\(UUID().uuidString.prefix(8)).bin"
        let content = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try Data(content).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let received = Mutex<[UInt8]>([])
        let server = try ScriptedServer(unix: ()) { exchange in
            let body = exchange.body()
            received.withLock { $0 = body }
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        let session = WebSession()
        let answer = try await session.send(
            .init(.post, .socket(path: server.path, target: "/load"), body: .file(path: path))
        )
        #expect(answer.status == 200)
        #expect(received.withLock { $0 } == content)
        await session.shutdown()
    }

    @Test func `a file that is not there is reported before anything is sent`() async {
        let session = WebSession()
        await #expect(throws: WebFailure.unreadableBody(path: "/nowhere/x", errno: ENOENT)) {
            try await session.send(
                .init(.post, .socket(path: "/nowhere", target: "/"), body: .file(path: "/nowhere/x"))
            )
        }
        await session.shutdown()
    }

    @Test(arguments: [
        "Content-Length: 9\r\n\r\n123456789", "Transfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n",
    ])
    func `a body above the limit is refused and one at the limit is taken`(body: String) async throws {
        let server = try ScriptedServer(unix: ()) { exchange in
            exchange.send("HTTP/1.1 200 OK\r\n" + body)
        }
        let session = WebSession()
        let request = HTTPRequest(.get, .socket(path: server.path, target: "/"))
        await #expect(throws: WebFailure.tooLarge(limit: 8)) { try await session.send(request, limit: 8) }
        #expect(try await session.send(request, limit: 9).body.count == 9)
        await session.shutdown()
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12"])
    func `a server that falls silent ends in a timeout`(said: String) async throws {
        let server = try ScriptedServer(unix: ()) { exchange in
            exchange.send(said)
            exchange.awaitEnd()
        }
        let session = WebSession()
        await #expect(throws: WebFailure.timeout) {
            try await session.send(.init(.get, .socket(path: server.path, target: "/")), timeout: .milliseconds(150))
        }
        await session.shutdown()
    }

    @Test func `a server that is not there is unreachable at once`() async {
        let session = WebSession()
        for url in [WebURL.socket(path: "/tmp/pawl-no-such.sock", target: "/"), .web("http://127.0.0.1:1/")] {
            await #expect {
                try await session.send(.init(.get, url), timeout: .seconds(20))
            } throws: { error in
                if case WebFailure.unreachable = error { true } else { false }
            }
        }
        await session.shutdown()
    }

    @Test func `an answer that is not HTTP is a protocol error`() async throws {
        let server = try ScriptedServer(unix: ()) { $0.send("220 mail.example ESMTP\r\n\r\n") }
        let session = WebSession()
        await #expect {
            try await session.send(.init(.get, .socket(path: server.path, target: "/")))
        } throws: { error in
            if case WebFailure.protocolError = error { true } else { false }
        }
        await session.shutdown()
    }

    @Test func `an answer that breaks off is never taken for whole`() async throws {
        let server = try ScriptedServer(unix: ()) { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n12")
        }
        let session = WebSession()
        await #expect(throws: WebFailure.self) {
            try await session.send(.init(.get, .socket(path: server.path, target: "/")))
        }
        await session.shutdown()
    }

    @Test func `a slow reader holds the sender back`() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Int.self)
        let server = try ScriptedServer(unix: ()) { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 100_000)
            var sent = 0
            while sent < 1_000_000_000 {
                let count = exchange.send(piece)
                sent += count
                if count < piece.count { break }
            }
            end.yield(sent)
        }
        let session = WebSession()
        var read = 0
        do {
            let answer = try await session.stream(.init(.get, .socket(path: server.path, target: "/")))
            var chunks = answer.chunks.makeAsyncIterator()
            while read < 5_000_000, let chunk = try await chunks.next() { read += chunk.count }
        }
        var iterator = ends.makeAsyncIterator()
        let sent = try #require(await iterator.next())
        #expect(sent < read + 20_000_000, "letting go of the stream must end the exchange, and buffers must be bounded")
        await session.shutdown()
    }

    @Test func `cancelling ends the wait for a head`() async throws {
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let server = try ScriptedServer(unix: ()) { exchange in
            arrival.yield()
            exchange.awaitEnd()
        }
        let session = WebSession()
        let waiting = Task {
            try await session.stream(.init(.post, .socket(path: server.path, target: "/wait")), headTimeout: nil)
        }
        var iterator = arrivals.makeAsyncIterator()
        await iterator.next()
        waiting.cancel()
        await #expect(throws: WebFailure.cancelled) { try await waiting.value }
        await session.shutdown()
    }

    @Test func `a message never shows a password or a query`() {
        #expect("\(WebURL.web("http://me:secret@host:1/health?token=x"))" == "http://host:1/health")
        #expect("\(WebURL.socket(path: "/run/docker.sock", target: "/a?b=c"))" == "unix:/run/docker.sock /a")
        #expect(percentEncoded("/run/a b.sock") == "%2Frun%2Fa%20b.sock")
    }

    @Test func `an answer that falls silent in the middle is given up where that was asked for`() async throws {
        let server = try ScriptedServer(tcp: ()) { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12")
            exchange.awaitEnd()
        }
        let session = try WebSession(options: .init(silence: .milliseconds(100), asksSilentPeers: true))
        let answer = try await session.stream(
            .init(.patch, .web("http://127.0.0.1:\(server.port)/x")),
            headTimeout: nil
        )
        await #expect(throws: WebFailure.timeout) { try await answer.collected(limit: 10) }
        await session.shutdown()
    }

    @Test func `certificates and keys that are none are refused before anything is sent`() {
        for tls in [
            TLSOptions(authorities: .only(Array("none".utf8))), TLSOptions(authorities: .systemAnd([])),
            TLSOptions(identity: TLSIdentity(certificates: [], key: [])),
        ] {
            #expect {
                try WebSession(options: .init(tls: tls))
            } throws: { error in
                if case WebFailure.unusableTLS = error { true } else { false }
            }
        }
    }

    @Test func `a key and the password of a proxy are never printed`() {
        var printed = ""
        let options = WebSession.Options(
            tls: TLSOptions(identity: TLSIdentity(certificates: [], key: Array("hunter2".utf8))),
            proxy: .http(host: "proxy", port: 1, user: "me", password: "hunter2")
        )
        dump(options, to: &printed)
        printed += "\(options)"
        #expect(!printed.contains("hunter2"))
        #expect(!printed.contains("104"), "nor are the bytes of the key")
    }

    @Test(arguments: ["502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"])
    func `a proxy that does not pass a connection on is a server out of reach`(status: String) async throws {
        let proxy = try ScriptedServer(tcp: ()) { exchange in
            exchange.send("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n")
        }
        let session = try WebSession(
            options: .init(proxy: .http(host: "127.0.0.1", port: Int(proxy.port), user: nil, password: nil))
        )
        await #expect(throws: WebFailure.unreachable(detail: "the proxy did not pass the connection on")) {
            try await session.send(.init(.get, .web("https://server.example/")))
        }
        await session.shutdown()
    }

    @Test func `a proxy, or a server of TLS, that says nothing ends in a timeout`() async throws {
        let silent = try ScriptedServer(tcp: ()) { $0.awaitEnd() }
        for proxy in [
            nil, WebProxy.http(host: "127.0.0.1", port: Int(silent.port), user: nil, password: nil),
            .socks(host: "127.0.0.1", port: Int(silent.port)),
        ] {
            let session = try WebSession(connectTimeout: .milliseconds(200), options: .init(proxy: proxy))
            await #expect(throws: WebFailure.timeout) {
                try await session.send(.init(.get, .web("https://127.0.0.1:\(silent.port)/")))
            }
            await session.shutdown()
        }
    }

    @Test func `an answer that is read as it comes is over after its time, or by cancelling`() async throws {
        let server = try ScriptedServer(tcp: ()) { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12")
            exchange.awaitEnd()
        }
        let session = WebSession()
        let request = HTTPRequest(.get, .web("http://127.0.0.1:\(server.port)/"))
        let short = try await session.stream(request, lifetime: .milliseconds(200))
        await #expect(throws: WebFailure.timeout) { try await short.collected(limit: 10) }
        let (pieces, piece) = AsyncStream.makeStream(of: Void.self)
        let long = try await session.stream(request, lifetime: .seconds(600))
        let reading = Task {
            for try await _ in long.chunks { piece.yield() }
        }
        var iterator = pieces.makeAsyncIterator()
        await iterator.next()
        reading.cancel()
        await #expect(throws: WebFailure.cancelled) { try await reading.value }
        await session.shutdown()
    }

    @Test func `who finds all connections in use is told that`() async throws {
        let server = try ScriptedServer(tcp: ()) { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12")
            exchange.awaitEnd()
        }
        let session = try WebSession(connectTimeout: .milliseconds(200), options: .init(connections: 1))
        let request = HTTPRequest(.get, .web("http://127.0.0.1:\(server.port)/"))
        let first = try await session.stream(request)
        await #expect(throws: WebFailure.unreachable(detail: "all connections are in use")) {
            try await session.stream(request)
        }
        #expect(first.status == 200)
        await session.shutdown()
    }
}
