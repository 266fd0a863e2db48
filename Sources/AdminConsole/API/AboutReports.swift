import Reports
import UpgradeModel

/// What the console is.
struct AboutReport: Encodable {
    var version: String
    /// What the product calls itself that it looks after.
    var product: String
}

/// What the console shows that it is itself with.
struct CertificateReport: Encodable {
    struct Certificate: Encodable {
        /// Whether it is one that Pawl has made.
        var own: Bool
        var fingerprint: String
        var names: [String]
        var notBefore: String
        var notAfter: String
        /// The file that it is in.
        var path: String
    }

    /// Nil where plain HTTP is spoken.
    @Null var certificate: Certificate?

    init(_ keeper: CertificateKeeper?) {
        certificate = keeper.map { keeper in
            let facts = keeper.facts
            return Certificate(
                own: keeper.isOwn,
                fingerprint: facts.fingerprint,
                names: facts.names,
                notBefore: facts.notBefore.description,
                notAfter: facts.notAfter.description,
                path: keeper.chainPath
            )
        }
    }
}
