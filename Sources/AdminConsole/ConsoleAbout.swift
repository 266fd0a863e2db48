/// What the console can say about itself.
struct ConsoleAbout: Sendable {
    /// Pawl's version; empty where nobody said it.
    var version = ""
    /// What it shows that it is; nil for plain HTTP.
    var certificate: CertificateKeeper?
}
