import Crypto
import Foundation
import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import UpgradeEngine
package import UpgradeModel
import X509

/// The certificate and key that the console shows that it is itself with: its own, or the operator's.
///
/// The files are looked at again while it serves, so that a certificate that somebody has renewed is used without a
/// restart. One that cannot be used changes nothing. One of our own is replaced in time, too, by another.
package final class CertificateKeeper: Sendable {
    private struct Loaded {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource
        var facts: Facts
        var stamp: String
        var lookedAt: Moment
        /// When another one was last made, or tried to be.
        var renewedAt: Moment?
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

    package let chainPath: String
    package let keyPath: String
    /// Whether it is one that Pawl has made.
    package var isOwn: Bool { names != nil }
    /// The names and addresses that one of our own is for.
    private let names: [String]?
    private let loaded: Mutex<Loaded>
    private let now: @Sendable () -> Moment

    private init(
        chain: String,
        key: String,
        names: [String]?,
        now: @escaping @Sendable () -> Moment
    ) throws(Trouble) {
        chainPath = chain
        keyPath = key
        self.names = names
        self.now = now
        loaded = Mutex(try Self.load(chain, key, at: now()))
    }

    /// The operator's certificate, its chain, and its key, in PEM.
    ///
    /// - Throws: code `certificate-unusable`, saying which file and why.
    package static func given(chain: String, key: String, now: @escaping @Sendable () -> Moment) throws(Trouble)
        -> CertificateKeeper
    {
        try CertificateKeeper(chain: chain, key: key, names: nil, now: now)
    }

    /// A certificate of our own in a folder, made where there is none that counts for another 30 days.
    ///
    /// - Throws: code `certificate-unusable`.
    package static func own(in folder: String, names: [String], now: @escaping @Sendable () -> Moment) throws(Trouble)
        -> CertificateKeeper
    {
        let (chain, key) = (folder + "/console.crt", folder + "/console.key")
        if let keeper = try? CertificateKeeper(chain: chain, key: key, names: names, now: now),
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
            throw unusable(chain, "a certificate of our own cannot be made: \(error)")
        }
        return try CertificateKeeper(chain: chain, key: key, names: names, now: now)
    }

    private static func make(_ names: [String], chain: String, key: String, at now: Moment) throws {
        let made = try OwnCertificate.make(names: names, at: now, days: life)
        try write(made.key, to: key, mode: 0o600)
        try write(made.certificate, to: chain, mode: 0o644)
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

    /// The newest that can be used.
    private var current: Loaded {
        let now = now()
        return loaded.withLock { loaded in
            guard abs(loaded.lookedAt.seconds(to: now)) >= Self.interval else { return loaded }
            loaded.lookedAt = now
            if let names, Self.isDue(loaded.facts, at: now),
                loaded.renewedAt.map({ abs($0.seconds(to: now)) >= Self.patience }) ?? true
            {
                loaded.renewedAt = now
                try? Self.make(names, chain: chainPath, key: keyPath, at: now)
            }
            guard Self.stamp(chainPath, keyPath) != loaded.stamp,
                let fresh = try? Self.load(chainPath, keyPath, at: now)
            else { return loaded }
            loaded = fresh
            return fresh
        }
    }

    private static func load(_ chainPath: String, _ keyPath: String, at now: Moment) throws(Trouble) -> Loaded {
        let stamp = stamp(chainPath, keyPath)
        let chainText = try text(chainPath)
        let keyText = try text(keyPath)
        guard let documents = try? PEMDocument.parseMultiple(pemString: chainText),
            let first = documents.first(where: { $0.discriminator == Certificate.defaultPEMDiscriminator }),
            let leaf = try? Certificate(pemDocument: first)
        else { throw unusable(chainPath, "there is no certificate in PEM in it") }
        guard let keys = try? PEMDocument.parseMultiple(pemString: keyText),
            let keyDocument = keys.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") })
        else { throw unusable(keyPath, "there is no private key in PEM in it") }
        guard let key = try? Certificate.PrivateKey(pemDocument: keyDocument) else {
            throw unusable(keyPath, "the private key is of a kind that cannot be used, or is encrypted")
        }
        guard key.publicKey == leaf.publicKey else {
            throw unusable(keyPath, "the key does not belong to the certificate in \(chainPath)")
        }
        let notAfter = Moment(microseconds: Int64(leaf.notValidAfter.timeIntervalSince1970 * 1_000_000))
        guard now < notAfter else { throw unusable(chainPath, "the certificate has counted until \(notAfter)") }
        do {
            return Loaded(
                chain: try NIOSSLCertificate.fromPEMBytes(Array(chainText.utf8)).map { .certificate($0) },
                key: .privateKey(try NIOSSLPrivateKey(bytes: Array(keyDocument.pemString.utf8), format: .pem)),
                facts: Facts(
                    fingerprint: SHA256.hash(data: first.derBytes).map { String(format: "%02X", $0) }
                        .joined(separator: ":"),
                    names: names(of: leaf),
                    notBefore: Moment(microseconds: Int64(leaf.notValidBefore.timeIntervalSince1970 * 1_000_000)),
                    notAfter: notAfter
                ),
                stamp: stamp,
                lookedAt: now
            )
        } catch {
            throw unusable(chainPath, "\(error)")
        }
    }

    private static func names(of certificate: Certificate) -> [String] {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return [] }
        return names.compactMap { name in
            switch name {
            case .dnsName(let name): name
            case .ipAddress(let address): OwnCertificate.text(of: Array(address.bytes))
            default: nil
            }
        }
    }

    private static func text(_ path: String) throws(Trouble) -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw unusable(path, "it cannot be read")
        }
    }

    /// What changes when a file does.
    private static func stamp(_ paths: String...) -> String {
        paths.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return "-" }
            return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }.joined(separator: ", ")
    }

    /// Puts a file in the place of another at one instant, never readable by more people than it should.
    private static func write(_ text: String, to path: String, mode: mode_t) throws {
        let fresh = path + ".new"
        unlink(fresh)
        let file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw CocoaError(.fileWriteNoPermission) }
        let bytes = Array(text.utf8)
        let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        close(file)
        guard isWritten, rename(fresh, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    private static func unusable(_ path: String, _ why: String) -> Trouble {
        Trouble(
            .operator,
            "certificate-unusable",
            "\(path) cannot be used: \(why).",
            remedy: "Give a certificate with its chain and its key, both in PEM, or none: Pawl then makes its own."
        )
    }
}
