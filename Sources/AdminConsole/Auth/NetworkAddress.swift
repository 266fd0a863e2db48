import Foundation

/// The address of whoever asks, as limits count it: an IPv4 address, or the /64 that an IPv6 address lies in, since
/// one machine has that whole network.
enum NetworkAddress {
    static func counted(_ text: String) -> String {
        let plain = String(text.prefix { $0 != "%" })
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, plain, &bytes) == 1 else { return plain }
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return bytes[12...].map { String($0) }.joined(separator: ".")
        }
        return bytes[..<8].map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }

    /// An address, the same text for the same one however it was written; nil where it is none.
    static func plain(_ text: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return bytes[..<4].map { String($0) }.joined(separator: ".") }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        let counted = counted(text)
        // An IPv4 address that is written as one of IPv6 is one of IPv4.
        return counted.contains(":") ? bytes.map { String($0, radix: 16) }.joined(separator: ":") : counted
    }

    /// The network that an address lies in, as limits count it: the /24 of IPv4, the /48 of IPv6. Whoever has one of its
    /// addresses may have many.
    static func network(of counted: String) -> String {
        // Byte by byte, as it is counted.
        if counted.contains(":") { return counted.split(separator: ":").prefix(6).joined(separator: ":") + "::/48" }
        let parts = counted.split(separator: ".")
        return parts.count == 4 ? parts.prefix(3).joined(separator: ".") + ".0/24" : counted
    }

    /// Whether a name or number means this machine alone.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).lowercased()
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1 && host.hasPrefix("127.")
    }
}
