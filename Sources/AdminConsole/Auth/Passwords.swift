import Crypto
import CryptoExtras
import Foundation
import UpgradeModel

/// Turns passwords into what is kept of them, one at a time: guesses cannot eat the memory.
///
/// scrypt (RFC 7914) with N = 2^15, r = 8, p = 3 takes 32 MiB and is what OWASP's Password Storage Cheat Sheet allows.
actor Passwords {
    static let rounds = 1 << 15
    static let blockSize = 8
    static let parallelism = 3

    /// A digest with a new salt.
    func digest(_ password: String) throws -> PasswordDigest {
        let salt = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        let key = try Self.key(password, salt, Self.rounds, Self.blockSize, Self.parallelism)
        return PasswordDigest(
            text: [
                "scrypt", "\(Self.rounds)", "\(Self.blockSize)", "\(Self.parallelism)", salt.base64EncodedString(),
                key.base64EncodedString(),
            ].joined(separator: "$")
        )
    }

    /// Whether a password is the one that a digest was made of. Without a digest it takes as long and says no, so that
    /// nobody learns which accounts there are.
    func matches(_ password: String, _ digest: PasswordDigest?) -> Bool {
        guard let parts = digest?.text.split(separator: "$").map(String.init), parts.count == 6, parts[0] == "scrypt",
            let rounds = Int(parts[1]), let blockSize = Int(parts[2]), let parallelism = Int(parts[3]),
            let salt = Data(base64Encoded: parts[4]), let expected = Data(base64Encoded: parts[5])
        else {
            _ = try? Self.key(password, Data(count: 16), Self.rounds, Self.blockSize, Self.parallelism)
            return false
        }
        guard let key = try? Self.key(password, salt, rounds, blockSize, parallelism) else { return false }
        return SafeCompare.equal(key, expected)
    }

    private static func key(_ password: String, _ salt: Data, _ rounds: Int, _ blockSize: Int, _ parallelism: Int)
        throws
        -> Data
    {
        // NFC, so that the same letters typed on another keyboard are the same password.
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.precomposedStringWithCanonicalMapping.utf8),
            salt: salt,
            outputByteCount: 32,
            rounds: rounds,
            blockSize: blockSize,
            parallelism: parallelism
        )
        return key.withUnsafeBytes { Data($0) }
    }
}

/// Comparisons that take as long whatever the difference.
enum SafeCompare {
    static func equal(_ left: Data, _ right: Data) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (a, b) in zip(left, right) { difference |= a ^ b }
        return difference == 0
    }
}
