import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import UpgradeModel
import X509

/// The files of a certificate and its key.
extension CertificateKeeper {
    static func make(_ names: [String], chain: String, key: String, at now: Moment) throws {
        let made = try OwnCertificate.make(names: names, at: now, days: life)
        try write(made.key, to: key, mode: 0o600)
        try write(made.certificate, to: chain, mode: 0o644)
    }

    static func load(_ chainPath: String, _ keyPath: String, at now: Moment) throws(Trouble) -> Loaded {
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
                stamp: stamp
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
    static func stamp(_ paths: String...) -> String {
        paths.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return "-" }
            return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }.joined(separator: ", ")
    }

    /// Why a file cannot be written, as the system says it.
    private struct Unwritten: Error, CustomStringConvertible {
        let description: String

        init(_ number: Int32) { description = String(cString: strerror(number)) }
    }

    /// Puts a file in the place of another at one instant, never readable by more people than it should.
    private static func write(_ text: String, to path: String, mode: mode_t) throws {
        let fresh = path + ".new"
        unlink(fresh)
        let file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw Unwritten(errno) }
        let bytes = Array(text.utf8)
        let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        let number = errno
        close(file)
        guard isWritten else { throw Unwritten(number) }
        guard rename(fresh, path) == 0 else { throw Unwritten(errno) }
    }

    static func unmakeable(_ path: String, _ error: any Error) -> Trouble {
        Trouble(
            .environment,
            "certificate-unusable",
            "Another certificate of the console's own cannot be made as \(path): \(error).",
            remedy: "See to the disk and to whom the folder belongs; it is tried again within the hour."
        )
    }

    static func unusable(_ path: String, _ why: String) -> Trouble {
        Trouble(
            .operator,
            "certificate-unusable",
            "\(path) cannot be used: \(why).",
            remedy: "Give a certificate with its chain and its key, both in PEM, or none: Pawl then makes its own."
        )
    }
}
