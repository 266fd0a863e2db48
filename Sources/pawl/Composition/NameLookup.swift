import Foundation
import Glibc
import UpgradeModel

/// The numbers behind the names of servers.
enum NameLookup {
    /// A server that may be connected to, by the numbers that were looked at: who asks for the name again could be told
    /// others.
    struct Answer: Sendable, Hashable {
        /// The numbers, as connections take them, the best one first; at least one.
        var numbers: [String]
    }

    /// Why there is no answer.
    struct Refused: Error, Sendable, Hashable {
        /// In words.
        var why: String
    }

    /// Looks a name up. Where any of its numbers must not be connected to, none is given.
    static func ask(_ host: String, allowsLocal: Bool) async throws -> Answer {
        let addresses = await patiently { resolve(host) }
        guard !addresses.isEmpty else { throw Refused(why: "the name \(host) was not found") }
        if !allowsLocal {
            for (text, address) in addresses {
                guard let objection = address.objection else { continue }
                throw Refused(
                    why: "\(host) is at \(text), and nothing is sent there: \(objection); an admin can allow it in the "
                        + "settings"
                )
            }
        }
        return Answer(numbers: Array(addresses.map(\.0).prefix(3)))
    }

    /// Waits for work that blocks, on a thread of its own. A console that stops does not wait for it to the end.
    private static func patiently(
        _ work: @escaping @Sendable () -> [(String, NetworkAddress)]
    ) async -> [(String, NetworkAddress)] {
        let (answers, continuation) = AsyncStream.makeStream(of: [(String, NetworkAddress)].self)
        Thread.detachNewThread {
            continuation.yield(work())
            continuation.finish()
        }
        for await answer in answers { return answer }
        return []
    }

    private static func resolve(_ host: String) -> [(String, NetworkAddress)] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [(String, NetworkAddress)] = []
        var next = list
        while let entry = next?.pointee, found.count < 32 {
            if let socket = entry.ai_addr, let address = address(socket, entry.ai_family),
                let text = number(socket, entry.ai_addrlen)
            {
                found.append((text, address))
            }
            next = entry.ai_next
        }
        return found
    }

    private static func address(_ socket: UnsafeMutablePointer<sockaddr>, _ family: Int32) -> NetworkAddress? {
        switch family {
        case AF_INET:
            socket.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                NetworkAddress(bytes: withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) })
            }
        case AF_INET6:
            socket.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                NetworkAddress(bytes: withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) })
            }
        default: nil
        }
    }

    private static func number(_ socket: UnsafeMutablePointer<sockaddr>, _ length: socklen_t) -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        guard getnameinfo(socket, length, &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
