import Foundation
import Glibc

/// Whether anybody accepts connections at an address.
enum TCPProbe {
    /// Tries for so long at most; the address is a number.
    static func answers(_ place: DatabasePlace, within limit: Duration) async -> Bool {
        let milliseconds = Int32(clamping: limit.components.seconds * 1000)
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: connects(place, milliseconds))
            }
        }
    }

    private static func connects(_ place: DatabasePlace, _ milliseconds: Int32) -> Bool {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(place.host, "\(place.port)", &hints, &list) == 0, let found = list?.pointee else {
            return false
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(found.ai_family, found.ai_socktype, found.ai_protocol)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            return false
        }
        if connect(descriptor, found.ai_addr, found.ai_addrlen) == 0 { return true }
        guard errno == EINPROGRESS else { return false }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, milliseconds) == 1 else { return false }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0
    }
}
