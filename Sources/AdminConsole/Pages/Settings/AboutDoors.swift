import Hummingbird
import UpgradeModel

/// The certificate, and what the console is.
struct AboutDoors: Sendable {
    let parts: ConsoleParts

    struct CertificatePage {
        var isPlain: Bool
        var isOwn: Bool
        var fingerprint: String
        var names: [String]
        var notBefore: String
        var notAfter: String
        var path: String
    }

    struct AboutPage {
        var version: String
        var product: String
    }

    func all() -> [Door] {
        [
            .page(.get, "/settings/certificate", needs: .look) { visit in
                let keeper = parts.about.certificate
                let facts = keeper?.facts
                let page = CertificatePage(
                    isPlain: keeper == nil,
                    isOwn: keeper?.isOwn ?? false,
                    fingerprint: facts?.fingerprint ?? "",
                    names: facts?.names ?? [],
                    notBefore: facts?.notBefore.minute ?? "",
                    notAfter: facts?.notAfter.minute ?? "",
                    path: keeper?.chainPath ?? ""
                )
                return parts.renderer.page(
                    "settings-certificate",
                    page,
                    title: "Certificate",
                    visitor: visit.visitor,
                    here: "/settings"
                )
            },
            .page(.get, "/settings/about", needs: .look) { visit in
                parts.renderer.page(
                    "settings-about",
                    AboutPage(version: parts.about.version, product: parts.desk.title),
                    title: "About",
                    visitor: visit.visitor,
                    here: "/settings"
                )
            },
        ]
    }
}
