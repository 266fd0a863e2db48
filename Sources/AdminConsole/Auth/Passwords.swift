import Crypto
import CryptoExtras
import Dispatch
import Foundation
import Synchronization
import UpgradeModel

/// Turns passwords into what is kept of them, one at a time: guesses cannot eat the memory, and the server's threads go
/// on meanwhile. Whose turn it is says the ``WaitingLine``; who finds no place in it is sent away.
///
/// scrypt (RFC 7914) with N = 2^15, r = 8, p = 3 takes 32 MiB and is what OWASP's Password Storage Cheat Sheet allows.
final class Passwords: Sendable {
    static let blockSize = 8
    static let parallelism = 3
    /// N: how much memory and time it takes.
    let rounds: Int
    private struct State {
        var line = WaitingLine()
        /// Whether the thread comes back by itself to those who wait for their accounts.
        var looksAgain = false
    }

    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "pawl.passwords")
    /// How soon it does so.
    private static let pause = DispatchTimeInterval.milliseconds(20)

    init(rounds: Int = 1 << 15) { self.rounds = rounds }

    /// How many wait for their turn.
    var waiting: Int { state.withLock { $0.line.count } }

    /// A digest with a new salt, of a password of `account`.
    func digest(_ password: String, of account: String) async throws -> PasswordDigest {
        try await calculate(account) { [rounds] in
            let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Data($0) }
            let key = try Self.key(password, salt, rounds, Self.blockSize, Self.parallelism)
            return PasswordDigest(
                text: [
                    "scrypt", "\(rounds)", "\(Self.blockSize)", "\(Self.parallelism)", salt.base64EncodedString(),
                    key.base64EncodedString(),
                ].joined(separator: "$")
            )
        }
    }

    /// Whether a password is the one that a digest was made of. Without a digest it takes as long and says no, so that
    /// nobody learns which accounts there are. `rank` says where it stands in the line, nil that it goes before those that
    /// have one, as far as its account has a share in that; `takesTurn` says whether its turn has come.
    ///
    /// - Throws: `too-many-requests` where others wait that go before.
    func matches(
        _ password: String,
        _ digest: PasswordDigest?,
        of account: String,
        rank: WaitingLine.Rank?,
        takesTurn: @escaping @Sendable () -> Bool
    ) async throws -> Bool {
        try await calculate(account, rank, takesTurn) { [rounds] in
            guard let parts = digest?.text.split(separator: "$").map(String.init), parts.count == 6,
                parts[0] == "scrypt", let kept = Int(parts[1]), let blockSize = Int(parts[2]),
                let parallelism = Int(parts[3]), let salt = Data(base64Encoded: parts[4]),
                let expected = Data(base64Encoded: parts[5])
            else {
                _ = try Self.key(password, Data(count: 16), rounds, Self.blockSize, Self.parallelism)
                return false
            }
            return SafeCompare.equal(try Self.key(password, salt, kept, blockSize, parallelism), expected)
        }
    }

    /// Does something on the thread that looks at passwords, when its turn has come.
    func calculate<Value: Sendable>(
        _ account: String,
        _ rank: WaitingLine.Rank? = nil,
        _ takesTurn: @escaping @Sendable () -> Bool = { true },
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let attempt = WaitingLine.Attempt(
                account: account,
                rank: rank,
                takesTurn: takesTurn,
                work: { continuation.resume(with: Result { try work() }) },
                isSentAway: { continuation.resume(throwing: Refusal.tooMany(seconds: 1)) }
            )
            if let out = state.withLock({ $0.line.enter(attempt) }) { out.isSentAway() }
            thread.async { [self] in workOff() }
        }
    }

    /// Looks at one password after the other until nobody's turn is left, and comes back for those who wait for theirs.
    private func workOff() {
        while let attempt = state.withLock({ $0.line.next() }) { attempt.work() }
        let mustComeBack = state.withLock { state in
            guard !state.line.isEmpty, !state.looksAgain else { return false }
            state.looksAgain = true
            return true
        }
        guard mustComeBack else { return }
        thread.asyncAfter(deadline: .now() + Self.pause) { [self] in
            state.withLock { $0.looksAgain = false }
            workOff()
        }
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

/// Secrets that the console makes, and what is kept of them.
enum Secret {
    /// 256 bits that nobody can guess, as text for cookies, addresses and headers.
    static func make() -> String { text(Data(bytes(32))) }

    /// So many bytes that nobody can guess.
    static func bytes(_ count: Int) -> [UInt8] {
        SymmetricKey(size: SymmetricKeySize(bitCount: count * 8)).withUnsafeBytes { Array($0) }
    }

    /// SHA-256 in hexadecimal digits: enough for secrets of 256 bits, and of no use to whoever finds it.
    static func digest(_ secret: String) -> String {
        SHA256.hash(data: Data(secret.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    static func text(_ data: Data) -> String {
        data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }
}
