import Crypto
import UpgradeModel

/// SHA-256, as this room uses it.
enum Hashing {
    /// A digest that stands for a text.
    static func digest(_ bytes: [UInt8]) -> DefinitionDigest {
        // SHA-256 has 32 bytes; the fallback is never reached.
        DefinitionDigest(prefixOf: SHA256.hash(data: bytes)) ?? DefinitionDigest(high: 0, low: 0)
    }

    /// Bytes as hexadecimal digits.
    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
