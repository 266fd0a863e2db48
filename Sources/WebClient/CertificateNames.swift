/// Whose a certificate is and who has signed it, as the bytes that stand in it.
struct CertificateNames {
    let issuer: ArraySlice<UInt8>
    let subject: ArraySlice<UInt8>

    /// Reads the beginning of a certificate in DER; nil where it is none.
    init?(der: [UInt8]) {
        // Certificate { tbsCertificate { [0] version?, serialNumber, signature, issuer, validity, subject, … }, … }
        guard let certificate = DERValue(der[...]), let inner = DERValue(certificate.content),
            var field = DERValue(inner.content)
        else { return nil }
        if field.tag == 0xA0 {
            guard let next = DERValue(field.rest) else { return nil }
            field = next
        }
        guard let signature = DERValue(field.rest), let issuer = DERValue(signature.rest),
            let validity = DERValue(issuer.rest), let subject = DERValue(validity.rest)
        else { return nil }
        self.issuer = issuer.content
        self.subject = subject.content
    }
}

/// One value of DER, and what comes after it.
private struct DERValue {
    let tag: UInt8
    let content: ArraySlice<UInt8>
    let rest: ArraySlice<UInt8>

    init?(_ bytes: ArraySlice<UInt8>) {
        var bytes = bytes
        guard let tag = bytes.popFirst(), let first = bytes.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let digits = bytes.prefix(Int(first) - 0x80)
            guard (1...4).contains(digits.count), digits.count == Int(first) - 0x80 else { return nil }
            length = digits.reduce(0) { $0 << 8 | Int($1) }
            bytes = bytes.dropFirst(digits.count)
        }
        guard length <= bytes.count else { return nil }
        self.tag = tag
        content = bytes.prefix(length)
        rest = bytes.dropFirst(length)
    }
}
