/// The first 128 bits of a SHA-256, which stand for a text that is too long, or too private, to keep.
package struct DefinitionDigest: Sendable, Hashable {
    /// The more significant half.
    package let high: UInt64
    /// The less significant half.
    package let low: UInt64

    /// Makes a digest from its halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Takes the first 16 bytes of a longer digest; nil where there are fewer.
    package init?(prefixOf bytes: some Sequence<UInt8>) {
        var halves: [UInt64] = [0, 0]
        var count = 0
        for byte in bytes.prefix(16) {
            halves[count / 8] = halves[count / 8] << 8 | UInt64(byte)
            count += 1
        }
        guard count == 16 else { return nil }
        self.init(high: halves[0], low: halves[1])
    }

    /// Reads 32 hexadecimal digits; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16), !text.hasPrefix("+"), !text.dropFirst(16).hasPrefix("+")
        else { return nil }
        self.init(high: high, low: low)
    }
}

extension DefinitionDigest: CustomStringConvertible, Codable {
    /// 32 hexadecimal digits in lower case.
    package var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let digest = DefinitionDigest(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 32 hexadecimal digits")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
