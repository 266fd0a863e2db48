import Crypto
import Foundation
package import NIOSSL
import SwiftASN1
package import X509

/// An authority of a test's own, and what it signs.
package struct TestAuthority: Sendable {
    /// Its certificate.
    package let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// A certificate with its key, in PEM.
    package struct Signed: Sendable {
        /// The certificate.
        package var certificate: [UInt8]
        /// Its key.
        package var key: [UInt8]
    }

    /// Makes an authority that has signed itself, or that another one has signed.
    package init(_ name: String = "test authority", signedBy other: TestAuthority? = nil) throws {
        key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date().addingTimeInterval(-3600),
            notValidAfter: Date().addingTimeInterval(86_400),
            issuer: other?.certificate.subject ?? subject,
            subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: other?.key ?? key
        )
    }

    /// The authority's own certificate in PEM.
    package var pem: [UInt8] {
        get throws { Array((try certificate.serializeAsPEM().pemString + "\n").utf8) }
    }

    /// Signs a certificate for these names and addresses of version 4.
    package func sign(_ name: String, names: [String] = []) throws -> Signed {
        let secret = P256.Signing.PrivateKey()
        let alternatives = (names.isEmpty ? [name] : names).map { name -> GeneralName in
            let numbers = name.split(separator: ".").compactMap { UInt8($0) }
            return numbers.count == 4 ? .ipAddress(ASN1OctetString(contentBytes: numbers[...])) : .dnsName(name)
        }
        let made = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PrivateKey(secret).publicKey,
            notValidBefore: Date().addingTimeInterval(-3600),
            notValidAfter: Date().addingTimeInterval(86_400),
            issuer: certificate.subject,
            subject: try DistinguishedName { CommonName(name) },
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames(alternatives)
            },
            issuerPrivateKey: key
        )
        return Signed(
            certificate: Array((try made.serializeAsPEM().pemString + "\n").utf8),
            key: Array((secret.pemRepresentation + "\n").utf8)
        )
    }

    /// How a server with a certificate of this authority speaks TLS, for clients that this authority has signed.
    package func server(names: [String], wantsClients: Bool = true) throws -> TLSConfiguration {
        let own = try sign("server", names: names)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(own.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: own.key, format: .pem))
        )
        if wantsClients {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(try pem))
        }
        return configuration
    }
}
