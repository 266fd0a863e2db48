/// Somewhere notices go.
package struct NoticeChannel: Sendable, Codable, Hashable {
    /// How they get there.
    package enum Route: Sendable, Codable, Hashable {
        /// A POST of JSON, signed with a secret.
        case webhook(WebTarget, secret: String)
        /// A POST of `{"text": …}`. The address itself is the secret.
        case slack(WebTarget)
        /// Mail.
        case mail(MailRoute)
    }

    /// Names it for as long as it exists: letters and digits.
    package var id: String
    /// What people call it.
    package var name: String
    /// Whether anything is sent.
    package var isOn: Bool
    /// What it is told of.
    package var kinds: Set<NoticeKind>
    /// How notices get there.
    package var route: Route

    /// Puts a channel together.
    ///
    /// - Throws: code `configuration-setting` where the name will not do.
    package init(id: String, name: String, isOn: Bool, kinds: Set<NoticeKind>, route: Route) throws(Trouble) {
        guard (1...60).contains(name.count), name.unicodeScalars.allSatisfy({ !$0.properties.isControl }) else {
            throw .setting("A channel needs a name of 1 to 60 characters.", "Give it one.")
        }
        if case .webhook(_, let secret) = route, !(16...200).contains(secret.utf8.count) {
            throw .setting(
                "The secret of a webhook has 16 to 200 characters.",
                "Make one with `openssl rand -hex 32` and give it to the receiver too."
            )
        }
        self.id = id
        self.name = name
        self.isOn = isOn
        self.kinds = kinds.intersection(NoticeKind.choices)
        self.route = route
    }

    /// Whether it is to be told of something. A proof that failed is also an abort, a run that stands still needs
    /// somebody, and a backup that was not made is not proven.
    package func wants(_ kind: NoticeKind) -> Bool {
        guard isOn else { return false }
        return kinds.contains(kind) || kind.broader.map { wants($0) } ?? false
    }

    /// The most that an installation may have.
    package static let most = 20
}

/// An address that notices are posted to: `http` or `https`, a host, no user and no fragment.
package struct WebTarget: Sendable, Codable, Hashable {
    /// The whole address.
    package let text: String
    /// The name or number of the server, without brackets.
    package let host: String
    /// The port.
    package let port: Int
    /// Whether it is `https`.
    package let isSecure: Bool

    /// Reads an address.
    ///
    /// - Throws: code `configuration-setting`.
    package init(_ text: String) throws(Trouble) {
        let bad = Trouble.setting(
            "The address cannot be used for notifications.",
            "Write it as https://HOST/PATH, without user, password or fragment."
        )
        guard text.utf8.count <= 2000, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw bad }
        let isSecure = text.lowercased().hasPrefix("https://")
        guard isSecure || text.lowercased().hasPrefix("http://") else { throw bad }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        guard !rest.contains(where: { "\\#\"<>^`{|}".contains($0) }) else { throw bad }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let (host, port) = try Self.parts(String(authority), bad)
        self.isSecure = isSecure
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        let path = rest.dropFirst(authority.count)
        self.text = (isSecure ? "https://" : "http://") + authority.lowercased() + (path.isEmpty ? "/" : path)
    }

    /// Scheme and server alone: of a path or a query nobody knows whether it is a secret.
    package var shown: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return (isSecure ? "https://" : "http://") + name + (port == (isSecure ? 443 : 80) ? "" : ":\(port)") + "/…"
    }

    private static func parts(_ authority: String, _ bad: Trouble) throws(Trouble) -> (String, Int?) {
        var host = authority.lowercased()[...]
        var port: Int?
        if authority.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { throw bad }
            let tail = host[host.index(after: end)...]
            host = host[host.index(after: host.startIndex)..<end]
            guard !host.isEmpty, host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { throw bad }
            if !tail.isEmpty { port = try number(tail, bad) }
            return (String(host), port)
        }
        if let colon = host.firstIndex(of: ":") {
            port = try number(host[colon...], bad)
            host = host[..<colon]
        }
        guard HostName.isOne(String(host)) else { throw bad }
        return (String(host), port)
    }

    private static func number(_ tail: Substring, _ bad: Trouble) throws(Trouble) -> Int {
        guard tail.first == ":", let port = Digits.number(Array(tail.dropFirst().utf8)[...]),
            (1...65_535).contains(port)
        else { throw bad }
        return port
    }
}

/// What names of servers look like.
enum HostName {
    static func isOne(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return (1...253).contains(text.utf8.count)
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-"
                    && label.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                            || $0 == 0x2D || $0 == 0x5F
                    }
            }
    }
}

extension Unicode.Scalar.Properties {
    /// Whether it is a control character.
    var isControl: Bool {
        generalCategory == .control || generalCategory == .lineSeparator || generalCategory == .paragraphSeparator
    }
}
