internal import Foundation
internal import WebClient

/// The proxy that the environment names for a server, as Go's programs, kubectl among them, take it: `HTTPS_PROXY`,
/// `HTTP_PROXY` and `NO_PROXY`, in capitals or not.
struct EnvironmentProxy: Sendable {
    let environment: [String: String]

    /// The text that names the proxy; nil where none is to be used.
    func text(for server: ServerAddress) -> String? {
        let name = server.isSecure ? "HTTPS_PROXY" : "HTTP_PROXY"
        guard let text = value(name), !isLoopback(server.host), !isExcepted(server) else { return nil }
        return text.contains("://") ? text : "http://" + text
    }

    private func value(_ name: String) -> String? {
        [environment[name], environment[name.lowercased()]].compactMap { $0 }.first { !$0.isEmpty }
    }

    private func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.") && Self.bytes(host) != nil
    }

    private func isExcepted(_ server: ServerAddress) -> Bool {
        let host = server.host.lowercased()
        let own = Self.bytes(host)
        for entry in (value("NO_PROXY") ?? "").split(separator: ",") {
            var entry = entry.trimmingCharacters(in: .whitespaces).lowercased()
            if entry == "*" { return true }
            if let slash = entry.firstIndex(of: "/") {
                let net = Self.bytes(String(entry[..<slash]))
                let length = Int(entry[entry.index(after: slash)...])
                if let own, let net, let length, Self.agree(own, net, bits: length) { return true }
                continue
            }
            if let (name, port) = ServerAddress.hostAndPort(entry[...]), let port {
                guard port == server.port else { continue }
                entry = name
            }
            if let own {
                if Self.bytes(entry) == own { return true }
                continue
            }
            // A name stands for itself and all below it; with a dot before it, for those below it only.
            let suffix = entry.hasPrefix("*.") ? String(entry.dropFirst()) : entry
            guard !suffix.isEmpty else { continue }
            if host == suffix || host.hasSuffix(suffix.hasPrefix(".") ? suffix : "." + suffix) { return true }
        }
        return false
    }

    private static func agree(_ first: [UInt8], _ second: [UInt8], bits: Int) -> Bool {
        guard first.count == second.count, (0...first.count * 8).contains(bits) else { return false }
        return (0..<bits).allSatisfy { bit in
            (first[bit / 8] ^ second[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }

    /// The bytes of an address; nil for a name.
    private static func bytes(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &sixteen) == 1 ? sixteen : nil
    }
}

extension WebProxy {
    /// Reads `http://user:password@host:port` or `socks5://host:port`; nil for what is of another kind.
    init?(address text: String) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        let whole = text[mark.upperBound...].prefix { $0 != "/" }
        let at = whole.lastIndex(of: "@")
        guard let (host, port) = ServerAddress.hostAndPort(at.map { whole[whole.index(after: $0)...] } ?? whole) else {
            return nil
        }
        let pair = at.map { whole[..<$0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) }
        let parts = pair?.map { String($0).removingPercentEncoding ?? String($0) } ?? []
        switch scheme {
        case "http":
            self = .http(host: host, port: port ?? 80, user: parts.first, password: parts.count > 1 ? parts[1] : nil)
        case "socks5", "socks5h":
            guard parts.isEmpty else { return nil }
            self = .socks(host: host, port: port ?? 1080)
        default: return nil
        }
    }
}

extension ClusterAccess {
    /// The same through a proxy.
    ///
    /// - Parameters:
    ///   - text: the proxy's address.
    ///   - place: where that stands, for messages.
    /// - Returns: the access.
    /// - Throws: kind `settings` where it cannot be used.
    func through(_ text: String, from place: String) throws(KubernetesError) -> ClusterAccess {
        guard let proxy = WebProxy(address: text) else {
            throw .settings(
                "\(place): the proxy is of a kind that cannot be used here",
                remedy: "Write it as http://host:port, http://user:password@host:port or socks5://host:port."
            )
        }
        // The TLS library compares a number with that of the connection, which is the proxy's.
        guard !server.isSecure || !server.isNumber || serverName != nil || !isServerVerified else {
            throw .settings(
                "\(place): behind a proxy the certificate of \(server.host) cannot be compared with a number",
                remedy:
                    "Add tls-server-name with a name that is in the server's certificate, or reach the server without "
                    + "the proxy (NO_PROXY)."
            )
        }
        var access = self
        access.proxy = proxy
        return access
    }

    /// The same through the proxy that the environment names for the server, where it names one and the settings do not.
    func throughProxy(of environment: [String: String]) throws(KubernetesError) -> ClusterAccess {
        guard proxy == nil, let text = EnvironmentProxy(environment: environment).text(for: server) else { return self }
        return try through(text, from: "HTTPS_PROXY")
    }
}
