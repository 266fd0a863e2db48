import Foundation
import Synchronization
import UpgradeEngine
import UpgradeModel

/// Second factors: how they are set up, and whether what somebody types shows one.
final class SecondFactors: Sendable {
    /// How a second factor was shown.
    enum Shown: Sendable {
        case code, recoveryCode

        /// What that is called in the audit trail.
        var action: AuditAction { self == .code ? .secondFactor : .recoveryCode }
    }

    private struct Begun {
        var secret: [UInt8]
        var at: Moment
    }

    /// Seconds for which a secret that nobody has confirmed is kept.
    static let patience = 30.0 * 60
    static let recoveryCodes = 10
    /// Bytes of a recovery code: of 120 bits a plain hash is enough.
    static let recoverySize = 15
    private static let recoveryLength = 24

    private let records: any AccessRecords
    private let now: @Sendable () -> Moment
    /// There are a million codes, not as many as passwords: addresses that an account does not know have ten tries
    /// together, then one in a quarter of an hour.
    private let throttle: Throttle
    private let waiting = Mutex(BoundedTable<AccountName, Begun>(largest: 256))

    init(records: any AccessRecords, now: @escaping @Sendable () -> Moment) {
        self.records = records
        self.now = now
        throttle = Throttle(triesOfAccount: 10, paceOfAccount: Throttle.Limit.longest, now: now)
    }

    /// How what was typed shows the second factor of an account; nil where it does not. It is used up by that.
    ///
    /// - Throws: `too-many-requests` where too much was tried from there; nothing was looked at then.
    func shown(_ typed: String, of name: AccountName, from place: Place) throws -> Shown? {
        guard let factor = try records.secondFactor(of: name) else { return nil }
        let typed = Self.plain(typed)
        let isRecoveryCode = typed.count == Self.recoveryLength
        // Nobody guesses a recovery code: they work whatever was guessed elsewhere.
        let ticket = try throttle.admit(name.text, from: place.key, isKnown: place.isKnown || isRecoveryCode)
        var isRight = false
        defer { throttle.end(ticket, succeeded: isRight) }
        if isRecoveryCode {
            isRight = try records.use(recoveryCode: Secret.digest(typed), of: name)
            return isRight ? .recoveryCode : nil
        }
        let step = OneTimeCode.step(of: typed, factor.secret, at: now(), after: factor.newestStep)
        guard let step else { return nil }
        isRight = try records.use(step: step, of: factor)
        return isRight ? .code : nil
    }

    /// Begins to set one up; returns the secret. What was begun before is forgotten.
    func begin(_ name: AccountName) -> [UInt8] {
        let fresh = Begun(secret: OneTimeCode.makeSecret(), at: now())
        waiting.withLock { $0.change(name, from: fresh, at: fresh.at) { $0 = fresh } }
        return fresh.secret
    }

    /// The secret that waits for its first code; nil where there is none, or it has waited for too long.
    func begun(_ name: AccountName) -> [UInt8]? {
        guard let begun = waiting.withLock({ $0.value(name) }), abs(begun.at.seconds(to: now())) < Self.patience else {
            return nil
        }
        return begun.secret
    }

    /// Sets the second factor up whose secret waits, and returns its recovery codes; nil where the code is none of it.
    ///
    /// - Throws: `not-signed-in` where the session has ended.
    func finish(_ name: AccountName, code: String, by session: String) throws -> [String]? {
        guard let secret = begun(name),
            let step = OneTimeCode.step(of: Self.plain(code), secret, at: now(), after: .min)
        else { return nil }
        let codes = Self.makeRecoveryCodes()
        let isSet = try records.put(
            SecondFactor(account: name, secret: secret, setAt: now(), newestStep: step),
            recoveryCodes: codes.map(Self.digest),
            by: session
        )
        guard isSet else { throw Refusal.notSignedIn }
        waiting.withLock { $0.remove(name) }
        return codes
    }

    /// Makes other recovery codes.
    ///
    /// - Throws: `not-signed-in` where the session has ended.
    func remakeRecoveryCodes(of name: AccountName, by session: String) throws -> [String] {
        let codes = Self.makeRecoveryCodes()
        guard try records.setRecoveryCodes(codes.map(Self.digest), of: name, by: session) else {
            throw Refusal.notSignedIn
        }
        return codes
    }

    private static func makeRecoveryCodes() -> [String] {
        (0..<recoveryCodes).map { _ in Base32.groups(Base32.text(Secret.bytes(recoverySize)), separator: "-") }
    }

    private static func digest(_ code: String) -> String { Secret.digest(plain(code)) }

    /// What was typed without the gaps that make it readable.
    private static func plain(_ typed: String) -> String {
        String(typed.uppercased().filter { $0 != "-" && !$0.isWhitespace }.prefix(64))
    }
}
