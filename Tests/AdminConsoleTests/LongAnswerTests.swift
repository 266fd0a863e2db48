import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import NIOCore
import StateStore
import Synchronization
import Testing
import UpgradeModel

@testable import AdminConsole

/// Answers that are large, and those who read them slowly or not at all.
struct LongAnswerTests {
    private static let size = 16 << 20

    /// A console with a download that is larger than what systems keep for their connections.
    private func withDownload(
        patience: TimeAmount = .seconds(60),
        slowest: Int = 8 << 10,
        idleTimeout: TimeAmount = .seconds(75),
        _ body: @Sendable @escaping (ConsoleParts, Int, String) async throws -> Void
    ) async throws {
        try await SimulatedConsole.with { console in
            var parts = console.parts
            parts.longAnswers = LongAnswers(patience: patience, slowest: slowest)
            let door = Door.page(.get, "/download", needs: .look) { _ in
                let bytes = ByteBuffer(repeating: UInt8(ascii: "x"), count: Self.size)
                return Response(status: .ok, body: ResponseBody(byteBuffer: bytes))
            }
            let app = Application(
                router: parts.router(adding: [door.taking(.long)]),
                server: .http1(configuration: .init(idleTimeout: idleTimeout))
            )
            let viewer = try console.person(.viewer)
            let asking =
                "GET /download HTTP/1.1\r\nHost: localhost\r\nCookie: \(Sessions.cookie)=\(viewer.cookie)\r\n"
                + "Connection: close\r\n\r\n"
            try await app.test(.live) { [parts] client in try await body(parts, try #require(client.port), asking) }
        }
    }

    @Test func `of answers that take long only some are made at a time, and of one person fewer`() throws {
        let answers = LongAnswers()
        var turns = try ["ada", "ada", "bob", "cid"].map { try answers.begin(for: $0) }
        for person in ["ada", "dan"] {
            #expect(throws: Refusal.tooMany(seconds: 5)) { _ = try answers.begin(for: person) }
        }
        turns.removeFirst()
        #expect(answers.count == 3)
        turns.append(try answers.begin(for: "dan"))
        #expect(answers.count == turns.count)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a long answer has its turn until it is read, and gives it back when it is, or was only asked for its head`()
        async throws
    {
        try await withDownload { parts, port, asking in
            let connection = try RawClient.connection(port: port, window: 256 << 10)
            defer { close(connection) }
            try RawClient.say(asking, over: connection)
            #expect(await RawClient.count(over: connection, atMost: 100) == 100)
            // It was made by now, and is on its way.
            #expect(parts.longAnswers.count == 1)
            #expect(await RawClient.count(over: connection) > Self.size)
            try await until { parts.longAnswers.count == 0 }
            let head = try await RawClient.send(asking.replacing("GET", with: "HEAD"), port: port)
            #expect(head.hasPrefix("HTTP/1.1 200") && head.lowercased().contains("content-length: \(Self.size)"))
            try await until { parts.longAnswers.count == 0 }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `whoever takes nothing of a long answer is cut off, and keeps no turn`() async throws {
        try await withDownload(patience: .milliseconds(300)) { parts, port, asking in
            let connection = try RawClient.connection(port: port, window: 256 << 10)
            defer { close(connection) }
            try RawClient.say(asking, over: connection)
            #expect(await RawClient.count(over: connection, atMost: 100) == 100)
            try await until { parts.longAnswers.count == 0 }
            // What the systems had for it, and no more.
            #expect(await RawClient.count(over: connection) < Self.size / 2)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `whoever takes a long answer in trickles is cut off, and keeps no turn`() async throws {
        // Far more than a trickle is too little here, so that the test need not last.
        try await withDownload(patience: .milliseconds(500), slowest: 1 << 30) { parts, port, asking in
            let connection = try RawClient.connection(port: port, window: 64 << 10)
            defer { close(connection) }
            try RawClient.say(asking, over: connection)
            var count = 0
            // Never as long as its patience without taking anything.
            while parts.longAnswers.count > 0 || count == 0 {
                count += await RawClient.count(over: connection, atMost: 32 << 10)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(count < Self.size / 2)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a slow download is not cut off as an idle connection`() async throws {
        try await withDownload(idleTimeout: .seconds(1)) { _, port, asking in
            let connection = try RawClient.connection(port: port, window: 256 << 10)
            defer { close(connection) }
            try RawClient.say(asking, over: connection)
            #expect(await RawClient.count(over: connection, atMost: 100) == 100)
            // One that is idle, and was opened later, is closed: by then the other one has waited for longer.
            let idle = try RawClient.connection(port: port)
            defer { close(idle) }
            #expect(await RawClient.count(over: idle) == 0)
            #expect(await RawClient.count(over: connection) > Self.size)
        }
    }
}
