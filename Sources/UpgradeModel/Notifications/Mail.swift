/// How mail is handed over.
package struct MailRoute: Sendable, Codable, Hashable {
    /// What protects the connection.
    package enum Protection: String, Sendable, Codable, Hashable, CaseIterable {
        /// TLS after greeting, or nothing is sent (usually port 587).
        case startTLS = "starttls"
        /// TLS from the beginning (usually port 465).
        case tls
        /// None; then without a password (usually port 25).
        case none
    }

    /// The server's name or number.
    package let host: String
    /// Its port.
    package let port: Int
    /// What protects the connection.
    package let protection: Protection
    /// The account there; nil without one.
    package let user: String?
    /// Its password.
    package let password: String?
    /// Who the mail is from.
    package let from: MailAddress
    /// Who gets it; at least one.
    package let to: [MailAddress]

    /// Puts a route together.
    ///
    /// - Throws: code `configuration-setting`.
    package init(
        host: String,
        port: Int,
        protection: Protection,
        user: String?,
        password: String?,
        from: MailAddress,
        to: [MailAddress]
    ) throws(Trouble) {
        guard HostName.isOne(host), (1...65_535).contains(port) else {
            throw .setting("The mail server cannot be used.", "Give its name and a port from 1 to 65535.")
        }
        guard (1...20).contains(to.count) else {
            throw .setting("Mail goes to 1 to 20 addresses.", "Give them separated by commas.")
        }
        guard (user == nil) == (password == nil) else {
            throw .setting("A mail account needs a name and a password.", "Give both, or none.")
        }
        guard password == nil || protection != .none else {
            throw .setting(
                "A password would cross the network in the clear.",
                "Choose STARTTLS or TLS, or send without an account."
            )
        }
        guard user?.contains(":") != true else {
            throw .setting("The name of the mail account has a colon.", "Use a name without one.")
        }
        for secret in [user, password].compactMap(\.self) {
            guard (1...200).contains(secret.count), secret.unicodeScalars.allSatisfy({ !$0.properties.isControl })
            else {
                throw .setting(
                    "Name or password of the mail account cannot be used.",
                    "Use 1 to 200 visible characters."
                )
            }
        }
        self.host = host
        self.port = port
        self.protection = protection
        self.user = user
        self.password = password
        self.from = from
        self.to = to
    }
}

/// An address of mail: ASCII, one `@`, nothing that means anything in a header or on a command line.
package struct MailAddress: Sendable, Codable, Hashable {
    /// As it is written.
    package let text: String

    /// Reads an address.
    ///
    /// - Throws: code `configuration-setting`.
    package init(_ text: String) throws(Trouble) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), HostName.isOne(parts[1]),
            parts[0].first != "-",
            parts[0].utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
            })
        else {
            throw .setting("“\(text.prefix(60))” is not an address for mail.", "Write it as NAME@HOST.")
        }
        self.text = text
    }

    /// What follows the `@`.
    package var domain: String { String(text.drop { $0 != "@" }.dropFirst()) }
}

/// A notice as a plain message (RFC 5322), lines ended by CR LF.
package enum MailText {
    /// The message. Whatever the notice says, it cannot add a header.
    package static func of(_ notice: Notice, from: MailAddress, to: [MailAddress], sentAt: Moment) -> String {
        let body =
            notice.message + "\n\nInstallation: \(notice.installation)\nTime: \(notice.at)\n"
            + (notice.run.map { "Run: \($0)\n" } ?? "") + (notice.release.map { "Release: \($0)\n" } ?? "")
            + "Event: \(notice.kind.rawValue)\n"
        // The identity of the notice, so that programs for mail show one that comes twice once.
        let id = String(StableHash.of(notice.installation + notice.id), radix: 16)
        let headers = [
            "From: \(from.text)",
            "To: \(to.map(\.text).joined(separator: ",\r\n "))",
            "Subject: \(subject("[\(notice.installation)] \(notice.title)"))",
            "Date: \(date(sentAt))",
            "Message-ID: <pawl.\(notice.at.wholeSeconds).\(id)@\(from.domain)>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
        ]
        return headers.joined(separator: "\r\n") + "\r\n\r\n" + lines(of: Base64.text(Array(body.utf8))) + "\r\n"
    }

    /// Words of a header (RFC 2047), each short enough and whole in its characters.
    static func subject(_ text: String) -> String {
        var words: [String] = []
        var word: [UInt8] = []
        for scalar in text.unicodeScalars.prefix(300) {
            let bytes = Array(String(scalar.properties.isControl ? " " : scalar).utf8)
            if word.count + bytes.count > 42 {
                words.append("=?utf-8?B?\(Base64.text(word))?=")
                word = []
            }
            word += bytes
        }
        words.append("=?utf-8?B?\(Base64.text(word))?=")
        return words.joined(separator: "\r\n ")
    }

    /// A date as mail has it.
    static func date(_ moment: Moment) -> String {
        let (year, month, day) = moment.day.components
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let rest = moment.wholeSeconds - moment.day.number * 86_400
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map { Digits.text($0, width: 2) }.joined(separator: ":")
        let weekday = Weekday(dayNumber: moment.day.number).name.prefix(3)
        return "\(weekday), \(day) \(names[month - 1]) \(Digits.text(year, width: 4)) \(time) +0000"
    }

    private static func lines(of text: String) -> String {
        var lines: [Substring] = []
        var rest = text[...]
        while !rest.isEmpty {
            lines.append(rest.prefix(76))
            rest = rest.dropFirst(76)
        }
        return lines.joined(separator: "\r\n")
    }
}

/// Bytes as letters (RFC 4648).
enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = 0
            for byte in group { bits = bits << 8 | Int(byte) }
            bits <<= 8 * (3 - group.count)
            for place in 0..<4 {
                text.append(place <= group.count ? letters[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// A notice as Slack and what is compatible with it takes it.
package enum ChatText {
    /// The text, with what has a meaning there escaped.
    package static func of(_ notice: Notice) -> String {
        escaped("\(notice.installation): \(notice.title)\n\(notice.message)")
    }

    private static func escaped(_ text: String) -> String {
        text.map { $0 == "&" ? "&amp;" : $0 == "<" ? "&lt;" : $0 == ">" ? "&gt;" : String($0) }.joined()
    }
}
