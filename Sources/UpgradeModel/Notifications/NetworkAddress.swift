/// A number of a machine on a network, for deciding whether notices may go there.
package struct NetworkAddress: Sendable, Hashable {
    /// 4 or 16 bytes, the first one first.
    package let bytes: [UInt8]

    /// Takes 4 or 16 bytes; nil for any other number of them.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Why nothing is sent there unless an admin has allowed it: it is this machine, its own link, or where clouds keep
    /// the machine's credentials. Nil for all others; private networks are others, since receivers live there.
    package var objection: String? {
        if let inner { return inner.objection }
        if bytes.count == 4 {
            switch (bytes[0], bytes[1]) {
            case (0, _), (127, _): return "it is this machine itself"
            case (169, 254): return "it is link-local, where clouds answer with credentials"
            case (224..., _): return "it is no single machine"
            default: return bytes == [100, 100, 100, 200] ? "a cloud answers with credentials there" : nil
            }
        }
        if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes[15] <= 1 { return "it is this machine itself" }
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return "it is link-local" }
        if bytes[0] == 0xFF { return "it is no single machine" }
        if bytes[0] == 0xFD, bytes[1] == 0, bytes[2] == 0x0E, bytes[3] == 0xC2 {
            return "a cloud answers with credentials there"
        }
        return nil
    }

    /// The address of four bytes that one of sixteen leads to: mapped, compatible, translated (RFC 6052) or 6to4.
    private var inner: NetworkAddress? {
        guard bytes.count == 16 else { return nil }
        let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && (bytes[10], bytes[11]) == (0xFF, 0xFF)
        let isCompatible = bytes[0..<12].allSatisfy { $0 == 0 } && bytes[12] != 0
        let isTranslated = Array(bytes[0..<12]) == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        if isMapped || isCompatible || isTranslated { return NetworkAddress(bytes: Array(bytes[12...])) }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return NetworkAddress(bytes: Array(bytes[2..<6])) }
        return nil
    }
}
