import Crypto
import Foundation
import UpgradeModel

/// Time-based one-time codes (RFC 6238) as programs and devices for them make them unless told otherwise: HMAC-SHA-1,
/// six digits, another code each 30 seconds.
enum OneTimeCode {
    static let period: Int64 = 30
    static let digits = 6
    /// Steps before and after the present one whose codes count too, since clocks differ.
    static let skew: Int64 = 1
    /// Bytes of a secret: as many as SHA-1 has, as RFC 4226 recommends.
    static let secretSize = 20

    /// A secret that nobody can guess.
    static func makeSecret() -> [UInt8] { Secret.bytes(secretSize) }

    static func step(at moment: Moment) -> Int64 { moment.microseconds / 1_000_000 / period }

    /// The code of a step.
    static func text(_ secret: [UInt8], step: Int64, digits: Int = digits) -> String {
        let counter = withUnsafeBytes(of: step.bigEndian) { Data($0) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
        let offset = Int(mac[mac.count - 1] & 0x0F)
        let number = mac[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let all = String(repeating: "0", count: 10) + String(number)
        return String(all.suffix(digits))
    }

    /// The step that a code belongs to, of those that count at a moment and come after `newest`; nil where it is of none.
    static func step(of code: String, _ secret: [UInt8], at moment: Moment, after newest: Int64) -> Int64? {
        let now = step(at: moment)
        var found: Int64?
        for step in (now - skew)...(now + skew) {
            let isRight = SafeCompare.equal(Data(code.utf8), Data(text(secret, step: step).utf8))
            if isRight, step > newest { found = step }
        }
        return found
    }

    /// The address under which programs take a secret over.
    static func address(_ secret: [UInt8], account: AccountName, issuer: String) -> String {
        let issuer = FormFields.escaped(issuer)
        return "otpauth://totp/\(issuer):\(FormFields.escaped(account.text))?secret=\(Base32.text(secret))"
            + "&issuer=\(issuer)&algorithm=SHA1&digits=\(digits)&period=\(period)"
    }
}

/// Bytes as capital letters and digits that nobody mistakes for one another (RFC 4648), without padding.
enum Base32 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

    static func text(_ bytes: [UInt8]) -> String {
        var text = ""
        var (value, bits) = (UInt32(0), 0)
        for byte in bytes {
            value = value << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(letters[Int(value >> UInt32(bits)) & 31])
            }
        }
        if bits > 0 { text.append(letters[Int(value << UInt32(5 - bits)) & 31]) }
        return text
    }

    /// The same in groups of four.
    static func groups(_ text: String, separator: String) -> String {
        let letters = Array(text)
        return stride(from: 0, to: letters.count, by: 4)
            .map { String(letters[$0..<min($0 + 4, letters.count)]) }.joined(separator: separator)
    }
}
