import CBreached
import Crypto
import Foundation

/// 1.4 million passwords of 12 characters and more that were published: a Bloom filter over their lower case, made by
/// `scripts/breached-passwords`, which says where they come from.
enum BreachedPasswords {
    private static let probes: UInt64 = 8

    /// Whether a password is one of them, whatever its case. Of others one in about 300 passes for one.
    static func contains(_ password: String) -> Bool {
        var size = 0
        guard let bytes = breached_passwords(&size) else { return false }
        let bits = UInt64(size) * 8
        let text = password.precomposedStringWithCanonicalMapping.lowercased()
        let digest = Array(SHA256.hash(data: Data(text.utf8)))
        let first = number(digest[..<8])
        let step = number(digest[8..<16]) | 1
        return (0..<probes).allSatisfy { probe in
            let bit = (first &+ probe &* step) % bits
            return bytes[Int(bit / 8)] & (1 << (bit % 8)) != 0
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
