internal import NIOSSL

/// Whose signature under a server's certificate counts.
package enum TLSAuthorities: Sendable, Hashable {
    /// Those that the machine trusts.
    case system
    /// Those that the machine trusts, and these certificates in PEM.
    case systemAnd([UInt8])
    /// These certificates in PEM, and no others.
    case only([UInt8])
}

extension TLSAuthorities {
    /// Whether each of these certificates is signed by another authority, which is none of them. The TLS library then
    /// trusts nobody: it wants the end of the chain, while Go, and kubectl with it, is content with any link.
    package var lackRoot: Bool {
        guard case .only(let pem) = self, let certificates = try? NIOSSLCertificate.fromPEMBytes(pem) else {
            return false
        }
        return certificates.allSatisfy { certificate in
            let names = (try? certificate.toDERBytes()).flatMap { CertificateNames(der: $0) }
            return names.map { $0.issuer != $0.subject } ?? false
        }
    }
}

/// Who we are to a server: a certificate and its key. Neither is shown where it is printed.
package struct TLSIdentity: Sendable, Hashable {
    /// The certificate, and those between it and its authority, in PEM.
    package var certificates: [UInt8]
    /// The key in PEM, not encrypted.
    package var key: [UInt8]

    /// Puts the two together; they are looked at when a session is made of them.
    package init(certificates: [UInt8], key: [UInt8]) {
        self.certificates = certificates
        self.key = key
    }
}

extension TLSIdentity: CustomStringConvertible, CustomReflectable {
    /// That there is one.
    package var description: String { "a certificate with its key" }
    /// Nothing: what prints every field would print the key.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// How a session speaks TLS.
package struct TLSOptions: Sendable, Hashable {
    /// Whose signature counts.
    package var authorities: TLSAuthorities
    /// Who we are; nil to show nothing.
    package var identity: TLSIdentity?
    /// Whether the server must show a certificate that counts and is its own. Without, anybody between can read and
    /// change everything.
    package var isServerVerified: Bool

    /// Makes options; without more, what browsers do.
    package init(authorities: TLSAuthorities = .system, identity: TLSIdentity? = nil, isServerVerified: Bool = true) {
        self.authorities = authorities
        self.identity = identity
        self.isServerVerified = isServerVerified
    }

    /// The same in the library's words.
    func configuration() throws(WebFailure) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        switch authorities {
        case .system: break
        case .systemAnd(let pem):
            configuration.additionalTrustRoots = [
                .certificates(try Self.certificates(pem, "an authority's certificate"))
            ]
        case .only(let pem):
            configuration.trustRoots = .certificates(try Self.certificates(pem, "an authority's certificate"))
        }
        if let identity {
            let chain = try Self.certificates(identity.certificates, "the client's certificate")
            configuration.certificateChain = chain.map { .certificate($0) }
            do {
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem))
            } catch {
                throw .unusableTLS(detail: "the client's key is no private key in PEM, or is encrypted")
            }
        }
        if !isServerVerified { configuration.certificateVerification = .none }
        return configuration
    }

    private static func certificates(_ pem: [UInt8], _ what: String) throws(WebFailure) -> [NIOSSLCertificate] {
        guard let found = try? NIOSSLCertificate.fromPEMBytes(pem), !found.isEmpty else {
            throw .unusableTLS(detail: "\(what) is not in PEM")
        }
        return found
    }
}
