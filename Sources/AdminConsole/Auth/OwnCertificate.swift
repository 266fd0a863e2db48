import Crypto
import Foundation
import SwiftASN1
import UpgradeModel
import X509

/// A certificate that the console signs itself: people compare its fingerprint once.
enum OwnCertificate {
    /// Certificate and key, in PEM.
    static func make(names: [String], at now: Moment, days: Int) throws -> (certificate: String, key: String) {
        let secret = P256.Signing.PrivateKey()
        let key = Certificate.PrivateKey(secret)
        let subject = try DistinguishedName { CommonName("Pawl Admin Console") }
        // A clock that is a little behind is no reason to be refused.
        let begin = Date(timeIntervalSince1970: Double(now.microseconds) / 1_000_000 - 3600)
        let alternatives = names.map { name in
            bytes(of: name).map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(name)
        }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: begin,
            notValidAfter: begin.addingTimeInterval(Double(days) * 86_400),
            issuer: subject,
            subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(alternatives)
            },
            issuerPrivateKey: key
        )
        return (try certificate.serializeAsPEM().pemString + "\n", secret.pemRepresentation + "\n")
    }

    /// The bytes of an address; nil for a name.
    static func bytes(of text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &sixteen) == 1 ? sixteen : nil
    }

    static func text(of bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
            return nil
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What this machine is called by others.
package enum MachineNames {
    /// Its host name, `localhost`, and its addresses.
    package static func all() -> [String] {
        var names = ["localhost", "127.0.0.1", "::1"]
        let host = ProcessInfo.processInfo.hostName
        if OwnCertificate.bytes(of: host) == nil, !host.isEmpty, host.utf8.allSatisfy({ $0 < 0x80 }) {
            names.insert(host, at: 0)
        }
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return names }
        defer { freeifaddrs(list) }
        var next = list
        while let interface = next?.pointee {
            next = interface.ifa_next
            guard let address = interface.ifa_addr else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let size =
                switch Int32(address.pointee.sa_family) {
                case AF_INET: MemoryLayout<sockaddr_in>.size
                case AF_INET6: MemoryLayout<sockaddr_in6>.size
                default: 0
                }
            guard size > 0,
                getnameinfo(address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // Addresses of one link only mean nothing to others.
            if !name.contains("%"), !names.contains(name) { names.append(name) }
        }
        return Array(names.prefix(40))
    }
}
