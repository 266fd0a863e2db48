import Foundation
import NIOCore
import NIOSSL
import Synchronization
import UpgradeEngine
package import UpgradeModel

/// The certificate and key that the console shows that it is itself with: its own, or the operator's.
///
/// The files are looked at again while it serves, so that a certificate that somebody has renewed is used without a
/// restart. One that cannot be used changes nothing. One of our own is replaced in time, too, by another. Whatever of this
/// happens is said, and so is that the one in use ends soon.
package final class CertificateKeeper: Sendable {
    /// A certificate and its key as they were read from their files.
    struct Loaded {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource
        var facts: Facts
        /// What the files were then.
        var stamp: String
    }

    private struct State {
        var loaded: Loaded
        var lookedAt: Moment
        /// When another one was last made, or tried to be.
        var renewedAt: Moment?
        /// When another one of our own has taken the place of the one before.
        var replacedAt: Moment?
        /// Why another one of our own cannot be made, and why what stands in the files cannot be used.
        var unmade: Trouble?
        var unusable: Trouble?
        /// The day on which it was last said that it ends soon.
        var warnedOn: Day?
    }

    /// What people may want to know of a certificate.
    package struct Facts: Sendable, Hashable {
        /// SHA-256 of the certificate, as browsers show it.
        package var fingerprint: String
        /// The names and addresses that it is for.
        package var names: [String]
        /// When it begins and stops to count.
        package var notBefore: Moment
        package var notAfter: Moment
    }

    /// Seconds between two looks at the files, and between two tries to make another certificate.
    static let interval = 5.0
    static let patience = 3600.0
    /// Days that a certificate of our own counts, and days before its end at which another is made.
    static let life = 390
    static let renewal = 30
    /// Days before its end at which people are warned, and days for which they are told that another one is in use.
    static let warning = 14
    static let novelty = 14

    package let chainPath: String
    package let keyPath: String
    /// Whether it is one that Pawl has made.
    package var isOwn: Bool { names != nil }
    /// The names and addresses that one of our own is for.
    private let names: [String]?
    private let state: Mutex<State>
    private let now: @Sendable () -> Moment
    private let say: @Sendable (String) -> Void

    private init(
        chain: String,
        key: String,
        names: [String]?,
        now: @escaping @Sendable () -> Moment,
        say: @escaping @Sendable (String) -> Void
    ) throws(Trouble) {
        chainPath = chain
        keyPath = key
        self.names = names
        self.now = now
        self.say = say
        state = Mutex(State(loaded: try Self.load(chain, key, at: now()), lookedAt: now()))
    }

    /// The operator's certificate, its chain, and its key, in PEM; `say` hears of what happens to it, a line at a time.
    ///
    /// - Throws: code `certificate-unusable`, saying which file and why.
    package static func given(
        chain: String,
        key: String,
        now: @escaping @Sendable () -> Moment,
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(Trouble) -> CertificateKeeper {
        try CertificateKeeper(chain: chain, key: key, names: nil, now: now, say: say)
    }

    /// A certificate of our own in a folder, made where there is none that counts for another 30 days; `say` as above.
    ///
    /// - Throws: code `certificate-unusable`.
    package static func own(
        in folder: String,
        names: [String],
        now: @escaping @Sendable () -> Moment,
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(Trouble) -> CertificateKeeper {
        let (chain, key) = (folder + "/console.crt", folder + "/console.key")
        if let keeper = try? CertificateKeeper(chain: chain, key: key, names: names, now: now, say: say),
            !isDue(keeper.facts, at: now())
        {
            return keeper
        }
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            try make(names, chain: chain, key: key, at: now())
        } catch {
            throw unmakeable(chain, error)
        }
        return try CertificateKeeper(chain: chain, key: key, names: names, now: now, say: say)
    }

    private static func isDue(_ facts: Facts, at now: Moment) -> Bool {
        facts.notAfter <= now.adding(.seconds(renewal * 86_400))
    }

    /// What the certificate that is in use now says.
    package var facts: Facts { current.facts }

    /// How a server uses it.
    func configuration() throws -> TLSConfiguration {
        let current = current
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: current.chain,
            privateKey: current.key
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.sslContextCallback = { [self] _, promise in
            let current = self.current
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = current.chain
            override.privateKey = current.key
            promise.succeed(override)
        }
        return configuration
    }

    /// Looks at the files, and at the calendar, where nobody has for some seconds: whoever connects does, too.
    package func look() { _ = current }

    /// What people should know of it.
    var notices: [String] {
        look()
        let now = now()
        return state.withLock { state in
            var notices = [state.unusable, state.unmade].compactMap { $0 }.map { goesOn(after: $0, state.loaded.facts) }
            if let words = ending(state.loaded.facts, at: now) { notices.append(words) }
            if let replacedAt = state.replacedAt, now < replacedAt.adding(.seconds(Self.novelty * 86_400)) {
                notices.append(
                    "The console has made itself another certificate at \(replacedAt): browsers ask about it once. Compare "
                        + "the fingerprint that they show with the one in the console's log."
                )
            }
            return notices
        }
    }

    /// The newest that can be used.
    private var current: Loaded {
        let now = now()
        return state.withLock { state in
            guard abs(state.lookedAt.seconds(to: now)) >= Self.interval else { return state.loaded }
            state.lookedAt = now
            renew(&state, at: now)
            reload(&state, at: now)
            if let words = ending(state.loaded.facts, at: now), state.warnedOn != now.day {
                state.warnedOn = now.day
                say(words)
            }
            return state.loaded
        }
    }

    private func renew(_ state: inout State, at now: Moment) {
        guard let names, Self.isDue(state.loaded.facts, at: now),
            state.renewedAt.map({ abs($0.seconds(to: now)) >= Self.patience }) ?? true
        else { return }
        state.renewedAt = now
        do {
            try Self.make(names, chain: chainPath, key: keyPath, at: now)
            state.unmade = nil
        } catch {
            let trouble = Self.unmakeable(chainPath, error)
            if state.unmade != trouble { say(goesOn(after: trouble, state.loaded.facts)) }
            state.unmade = trouble
        }
    }

    private func reload(_ state: inout State, at now: Moment) {
        guard Self.stamp(chainPath, keyPath) != state.loaded.stamp else {
            state.unusable = nil
            return
        }
        do throws(Trouble) {
            let before = state.loaded.facts
            state.loaded = try Self.load(chainPath, keyPath, at: now)
            (state.unusable, state.unmade) = (nil, nil)
            let facts = state.loaded.facts
            guard facts != before else { return }
            if isOwn { state.replacedAt = now }
            say(
                (isOwn ? "The console has made itself another certificate" : "The console uses the new certificate")
                    + ", with the SHA-256 fingerprint \(facts.fingerprint), which counts until \(facts.notAfter)."
            )
        } catch {
            if state.unusable != error { say(goesOn(after: error, state.loaded.facts)) }
            state.unusable = error
        }
    }

    private func goesOn(after trouble: Trouble, _ facts: Facts) -> String {
        "\(trouble.message) The console goes on with the certificate that it has, which counts until \(facts.notAfter). "
            + trouble.remedy
    }

    /// That the certificate in use ends soon, or has ended; nil where it does not.
    private func ending(_ facts: Facts, at now: Moment) -> String? {
        guard facts.notAfter <= now.adding(.seconds(Self.warning * 86_400)) else { return nil }
        let words =
            "The console's certificate \(now < facts.notAfter ? "counts" : "has counted") until \(facts.notAfter)."
        // Why there is no other one of our own is said beside it.
        return isOwn ? words : words + " Put a renewed one in \(chainPath), and its key in \(keyPath)."
    }
}
