package import Foundation

/// Under which names the console may be asked for, and how it is served.
package struct SiteRules: Sendable {
    /// Whether it speaks TLS itself.
    let isSecure: Bool
    /// The names under which it answers; nil for any.
    let hosts: Set<String>?
    /// The address that people use, where something stands in front; nil where nothing does.
    let publicOrigin: String?
    /// Whose word is taken for where a request comes from.
    let proxies: TrustedProxies

    /// Where it listens on loopback, only names of this machine are answered, so that a name that somebody lets point
    /// here cannot be used from a browser (DNS rebinding). A public address adds its own name.
    package init(host: String, isSecure: Bool, publicURL: URL?, proxies: TrustedProxies = .none) {
        self.isSecure = isSecure
        self.proxies = proxies
        let publicHost = publicURL?.host()?.lowercased()
        publicOrigin = publicURL.flatMap(Self.origin)
        if NetworkAddress.isLoopback(host) {
            hosts = Set([host.lowercased(), publicHost].compactMap(\.self))
        } else {
            hosts = nil
        }
    }

    /// The origin of an address as browsers write it: in small letters, without the scheme's own port.
    private static func origin(of url: URL) -> String? {
        guard let scheme = url.scheme?.lowercased(), let host = url.host()?.lowercased() else { return nil }
        let usual = ["https": 443, "http": 80][scheme]
        return "\(scheme)://\(host)" + (url.port == usual ? "" : url.port.map { ":\($0)" } ?? "")
    }

    /// Whether people reach it over TLS.
    var isReachedSecurely: Bool { isSecure || publicOrigin?.hasPrefix("https://") == true }

    /// Whether a request with this authority is meant for us.
    func answers(to authority: String?) -> Bool {
        guard let authority, let url = URL(string: "http://\(authority)"), let host = url.host()?.lowercased(),
            url.path().isEmpty, url.user() == nil, url.query() == nil
        else { return false }
        guard let hosts else { return true }
        return hosts.contains(host) || NetworkAddress.isLoopback(host)
    }

    /// Whether an origin is the one that pages of a request's authority have.
    func isOwn(_ origin: String, of authority: String?) -> Bool {
        if let publicOrigin, origin == publicOrigin { return true }
        guard let authority else { return false }
        return origin == (isSecure ? "https://" : "http://") + authority
    }
}
