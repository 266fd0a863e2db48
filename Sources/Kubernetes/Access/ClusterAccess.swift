package import WebClient

/// How a cluster is reached, and as whom: everything that a client needs, and nothing that was asked over a network yet.
package struct ClusterAccess: Sendable, Hashable {
    /// The API server.
    package var server: ServerAddress
    /// The name that the server's certificate must have; nil for the server's own.
    package var serverName: String?
    /// Whose signature under the server's certificate counts; nil for the authorities of the machine.
    package var authority: PEMSource?
    /// Whether the server must prove who it is. Where it need not, somebody between can be it.
    package var isServerVerified: Bool
    /// Who passes connections on; nil for nobody.
    package var proxy: WebProxy?
    /// Who we are.
    package var account: ClusterAccount
    /// The namespace that is meant where none is named.
    package var namespace: String
    /// The kubeconfig's context, also where it was not named but the current one; nil for a pod's own account.
    package var contextName: String?
    /// Where this was read, for messages, such as `the context “shop” of /home/me/.kube/config`.
    package var origin: String

    /// Puts it together.
    package init(
        server: ServerAddress,
        serverName: String? = nil,
        authority: PEMSource? = nil,
        isServerVerified: Bool = true,
        proxy: WebProxy? = nil,
        account: ClusterAccount = ClusterAccount(),
        namespace: String = "default",
        contextName: String? = nil,
        origin: String
    ) {
        self.server = server
        self.serverName = serverName
        self.authority = authority
        self.isServerVerified = isServerVerified
        self.proxy = proxy
        self.account = account
        self.namespace = namespace
        self.contextName = contextName
        self.origin = origin
    }

    /// Whether the account has something that proves who we are and is not shown to this server, since everybody on the
    /// way to it could read it. Whom to act as is still said.
    package var withholdsAccount: Bool {
        guard !server.isSecure else { return false }
        return account.certificate != nil || account.token != nil || account.tokenFile != nil
            || account.username != nil || account.program != nil
    }
}

/// Where an API server listens.
package struct ServerAddress: Sendable, Hashable {
    /// Whether it speaks TLS.
    package let isSecure: Bool
    /// Name or number; a number of version 6 without brackets.
    package let host: String
    /// The port.
    package let port: Int
    /// What stands before every path, without a slash at its end; usually empty.
    package let basePath: String

    /// Reads `https://host:port/path`; nil where it is no address of a server, or has a user or a query.
    package init?(_ text: String) {
        let lowered = text.lowercased()
        if lowered.hasPrefix("https://") {
            isSecure = true
        } else if lowered.hasPrefix("http://") {
            isSecure = false
        } else {
            return nil
        }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest.dropFirst(authority.count)
        guard !path.contains("?"), !path.contains("#"), !authority.contains("@"),
            let (host, port) = Self.hostAndPort(authority)
        else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        var base = path
        while base.hasSuffix("/") { base = base.dropLast() }
        basePath = String(base)
    }

    /// A server by its parts.
    package init(isSecure: Bool = true, host: String, port: Int, basePath: String = "") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.basePath = basePath
    }

    /// Takes `host`, `host:port` and `[number]:port` apart.
    static func hostAndPort(_ text: Substring) -> (String, Int?)? {
        let host: Substring
        let after: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            after = text[text.index(after: end)...]
        } else {
            host = text.prefix { $0 != ":" }
            after = text.dropFirst(host.count)
        }
        let allowed = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: byte == UInt8(ascii: ":") && text.hasPrefix("[")
            }
        }
        guard !host.isEmpty, allowed else { return nil }
        if after.isEmpty { return (String(host), nil) }
        guard after.hasPrefix(":"), let port = Int(after.dropFirst()), (1...65535).contains(port) else { return nil }
        return (String(host), port)
    }

    /// Whether the host is a number and not a name.
    var isNumber: Bool {
        host.contains(":")
            || host.split(separator: ".", omittingEmptySubsequences: false).count == 4
                && host.allSatisfy { $0.isNumber || $0 == "." }
    }

    /// Host and port as a `Host` header has them.
    var authority: String {
        (host.contains(":") ? "[\(host)]" : host) + (port == (isSecure ? 443 : 80) ? "" : ":\(port)")
    }
}

extension ServerAddress: CustomStringConvertible {
    /// The address.
    package var description: String { (isSecure ? "https://" : "http://") + authority + basePath }
}

/// Certificates or a key in PEM: as they stand in the settings, or in a file that is read each time.
package enum PEMSource: Sendable, Hashable {
    /// As they are.
    case bytes([UInt8])
    /// In a file; somebody may renew it.
    case file(String)
}

extension PEMSource: CustomStringConvertible, CustomReflectable {
    /// Where they are.
    package var description: String {
        switch self {
        case .bytes: "(withheld)"
        case .file(let path): path
        }
    }

    /// Nothing: what prints every field would print a key.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Who we are to a cluster. What proves it is shown to servers of TLS only.
package struct ClusterAccount: Sendable, Hashable {
    /// A client certificate and its key; nil for none.
    package var certificate: PEMSource?
    /// The key.
    package var key: PEMSource?
    /// A token as it stands in the settings.
    package var token: Secret?
    /// A file with a token, read before every request; it counts before `token`.
    package var tokenFile: String?
    /// A user's name, for HTTP's basic authentication.
    package var username: String?
    /// The user's password.
    package var password: Secret?
    /// A program that says who we are.
    package var program: CredentialProgram?
    /// Whom to act as; nil for ourselves.
    package var impersonation: Impersonation?

    /// Nobody in particular, unless more is said.
    package init(
        certificate: PEMSource? = nil,
        key: PEMSource? = nil,
        token: Secret? = nil,
        tokenFile: String? = nil,
        username: String? = nil,
        password: Secret? = nil,
        program: CredentialProgram? = nil,
        impersonation: Impersonation? = nil
    ) {
        self.certificate = certificate
        self.key = key
        self.token = token
        self.tokenFile = tokenFile
        self.username = username
        self.password = password
        self.program = program
        self.impersonation = impersonation
    }
}

/// Whom to act as, where the account may do that.
package struct Impersonation: Sendable, Hashable {
    /// The user.
    package var user: String
    /// The user's identifier.
    package var uid: String?
    /// The user's groups.
    package var groups: [String]
    /// What else is said of the user, by its name.
    package var extra: [String: [String]]

    /// Names somebody.
    package init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    var fields: [HTTPField] {
        var fields = [HTTPField("Impersonate-User", user)]
        if let uid { fields.append(HTTPField("Impersonate-Uid", uid)) }
        fields += groups.map { HTTPField("Impersonate-Group", $0) }
        for (name, values) in extra.sorted(by: { $0.key < $1.key }) {
            fields += values.map { HTTPField("Impersonate-Extra-\(percentEncoded(name))", $0) }
        }
        return fields
    }
}
