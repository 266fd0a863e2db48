import Foundation
import Glibc
import Synchronization

/// A real server on a socket of its own that does exactly what a test says, byte by byte.
final class ScriptedServer: Sendable {
    /// One connection whose request head was read.
    struct Exchange {
        let descriptor: Int32
        /// The request line and the headers.
        let head: String
        /// The first bytes of the body that came with the head.
        let early: [UInt8]

        /// Sends bytes; returns how many went out before the peer was gone.
        @discardableResult
        func send(_ bytes: [UInt8]) -> Int {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return sent }
                sent += count
            }
            return sent
        }

        @discardableResult
        func send(_ text: String) -> Int {
            send(Array(text.utf8))
        }

        /// Reads the request's body, of the length that its head announced.
        func body() -> [UInt8] {
            let announced = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            let length = announced.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
            var bytes = early
            while bytes.count < length {
                guard let more = ScriptedServer.receive(descriptor), !more.isEmpty else { break }
                bytes += more
            }
            return bytes
        }

        /// Waits until the peer has gone.
        func awaitEnd() {
            while let more = ScriptedServer.receive(descriptor), !more.isEmpty {}
        }
    }

    /// The path of the Unix socket, or the empty string.
    let path: String
    /// The TCP port on the loopback address, or 0.
    let port: UInt16
    private let listener: Int32
    private let folder: String?

    /// Listens on a Unix socket in a new folder.
    init(unix: Void, _ script: @escaping @Sendable (Exchange) -> Void) throws {
        let folder = "/tmp/pawl-web-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        self.folder = folder
        path = folder + "/server.sock"
        port = 0
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 16) == 0 else { throw POSIXError(.EADDRINUSE) }
        Self.serve(listener, script)
    }

    /// Listens on a free TCP port.
    init(tcp: Void, _ script: @escaping @Sendable (Exchange) -> Void) throws {
        folder = nil
        path = ""
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, expected) = (listener, size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, expected) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        Self.serve(listener, script)
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        if let folder { try? FileManager.default.removeItem(atPath: folder) }
    }

    private static func serve(_ listener: Int32, _ script: @escaping @Sendable (Exchange) -> Void) {
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread {
                    defer { close(connection) }
                    var bytes: [UInt8] = []
                    while let more = receive(connection), !more.isEmpty {
                        bytes += more
                        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
                        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                        script(Exchange(descriptor: connection, head: head, early: Array(bytes[end.upperBound...])))
                        return
                    }
                }
            }
        }
    }

    private static func receive(_ descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count < 0 ? nil : Array(bytes.prefix(count))
    }
}
