import Foundation
import Glibc
import Synchronization
import Testing

/// Stands between a client and a server as a pooler does: it passes everything on, and announces a process number of
/// its own. Bytes that the server sends are looked at until the announcement has been changed.
final class AnnouncingRelay: Sendable {
    static let announced: Int32 = 99_999_999

    /// The folder of its socket, to be used as a host.
    let folder: String
    private let listener: Int32
    private let isStopped = Mutex(false)

    init(to server: String, folder: String) throws {
        self.folder = folder
        listener = try Self.listening(at: "\(folder)/.s.PGSQL.5432")
        let listener = listener
        Thread.detachNewThread {
            while case let client = accept(listener, nil, nil), client >= 0 {
                guard let upstream = Self.connected(to: "\(server)/.s.PGSQL.5432") else {
                    close(client)
                    continue
                }
                Thread.detachNewThread { Self.pass(from: client, to: upstream, announcing: false) }
                Thread.detachNewThread { Self.pass(from: upstream, to: client, announcing: true) }
            }
        }
    }

    func stop() {
        isStopped.withLock { stopped in
            guard !stopped else { return }
            stopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
        }
    }

    private static func pass(from source: Int32, to target: Int32, announcing: Bool) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var isChanged = !announcing
        while case let count = read(source, &buffer, buffer.count), count > 0 {
            // `K`, a length of twelve, the process number, the key: sent once, at the end of the welcome.
            if !isChanged, let start = buffer[..<count].firstRange(of: [0x4B, 0, 0, 0, 12])?.lowerBound {
                withUnsafeBytes(of: announced.bigEndian) { buffer.replaceSubrange((start + 5)..<(start + 9), with: $0) }
                isChanged = true
            }
            guard write(target, buffer, count) == count else { break }
        }
        shutdown(target, Int32(SHUT_RDWR))
        shutdown(source, Int32(SHUT_RDWR))
    }

    private static func listening(at path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = try withAddress(path) { bind(descriptor, $0, $1) }
        try #require(bound == 0 && listen(descriptor, 16) == 0)
        return descriptor
    }

    private static func connected(to path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard let done = try? withAddress(path, { connect(descriptor, $0, $1) }), done == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
