import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import Testing

@testable import AdminConsole

struct ConnectionTests {
    @Test func `one address cannot take all connections, and gets new ones when it gives some back`() async throws {
        try await GuardedConsole.with { console in
            let addresses = ConnectionsByAddress(most: 3)
            let app = Application(
                router: console.parts.router(),
                server: .http1(configuration: .init(additionalChannelHandlers: [ConnectionBound(addresses)]))
            )
            try await app.test(.live) { client in
                let port = try #require(client.port)
                var open = try (0..<3).map { _ in try RawClient.connection(port: port, from: "127.0.0.2") }
                defer { for descriptor in open { close(descriptor) } }
                for descriptor in open { #expect(Self.isServed(descriptor, port)) }
                for _ in 0..<3 {
                    let surplus = try RawClient.connection(port: port, from: "127.0.0.2")
                    #expect(!Self.isServed(surplus, port))
                    close(surplus)
                }
                let other = try RawClient.connection(port: port, from: "127.0.0.3")
                #expect(Self.isServed(other, port))
                close(other)
                for descriptor in open { #expect(Self.isServed(descriptor, port)) }
                close(open.removeLast())
                let end = ContinuousClock.now + .seconds(30)
                var isServed = false
                while !isServed, ContinuousClock.now < end {
                    let fresh = try RawClient.connection(port: port, from: "127.0.0.2")
                    isServed = Self.isServed(fresh, port)
                    close(fresh)
                }
                #expect(isServed)
            }
        }
    }

    /// Whether a request over a connection is answered; the connection stays open.
    private static func isServed(_ descriptor: Int32, _ port: Int) -> Bool {
        let bytes = Array("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n".utf8)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // A connection that the other side has closed must not end the process.
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return false }
        let count = read(descriptor, &buffer, buffer.count)
        return count > 0 && String(decoding: buffer[..<count], as: UTF8.self).hasPrefix("HTTP/1.1 200")
    }
}
