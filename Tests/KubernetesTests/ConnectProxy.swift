import Foundation
import Glibc
import Synchronization

/// A proxy that does what `CONNECT` asks for, or says why it does not.
final class ConnectProxy: Sendable {
    let port: UInt16
    private let listener: Int32
    private let state: State

    private final class State: Sendable {
        let heads = Mutex<[String]>([])
        let refusals: Mutex<[String]>

        init(_ refusals: [String]) {
            self.refusals = Mutex(refusals)
        }
    }

    /// The heads of what was asked for.
    var heads: [String] { state.heads.withLock { $0 } }

    /// Listens.
    ///
    /// - Parameter refusals: what it says to the first connections instead of doing it, such as `503 Unavailable`.
    /// - Throws: where there is no port for it.
    init(refusals: [String] = []) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, expected) = (listener, size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, expected) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        let state = State(refusals)
        self.state = state
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread { Self.pass(client, state) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func pass(_ client: Int32, _ state: State) {
        defer { close(client) }
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.reversed().starts(with: "\n\r\n\r".utf8), recv(client, &byte, 1, 0) == 1 { head.append(byte) }
        let text = String(decoding: head, as: UTF8.self)
        state.heads.withLock { $0.append(text) }
        let refusal = state.refusals.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if let refusal {
            let answer = Array("HTTP/1.1 \(refusal)\r\nContent-Length: 0\r\n\r\n".utf8)
            send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
            return
        }
        let target = text.split(separator: " ").dropFirst().first ?? ""
        guard let port = target.split(separator: ":").last.flatMap({ UInt16($0) }) else { return }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(server) }
        var address = loopback(port)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return }
        let answer = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
        send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
        let back = Thread { copy(server, client) }
        back.start()
        copy(client, server)
    }

    private static func copy(_ from: Int32, _ to: Int32) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(from, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            var sent = 0
            while sent < count {
                let more = bytes[sent..<count].withUnsafeBytes {
                    send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard more > 0 else { return }
                sent += more
            }
        }
        shutdown(to, Int32(SHUT_RDWR))
    }
}
