/// How to reach one database of an installation, passwords by reference only.
package enum DatabaseAddress: Sendable, Hashable {
    /// A server with an address of its own.
    case url(DatabaseURL, password: PasswordSource?)
    /// A container of the project, reached through its service.
    case service(ServiceDatabase)

    /// The database's name on the server.
    package var databaseName: String {
        switch self {
        case .url(let url, _): url.database
        case .service(let service): service.database
        }
    }

    /// The role to connect as.
    package var user: String {
        switch self {
        case .url(let url, _): url.user
        case .service(let service): service.user
        }
    }

    /// Where the password is.
    package var password: PasswordSource? {
        switch self {
        case .url(_, let password): password
        case .service(let service): service.password
        }
    }

    /// Whether another address is that of the same database; accounts and how to connect are not compared.
    package func isSamePlace(as other: DatabaseAddress) -> Bool {
        switch (self, other) {
        case (.url(let one, _), .url(let two, _)):
            (one.host.lowercased(), one.port, one.database) == (two.host.lowercased(), two.port, two.database)
        case (.service(let one), .service(let two)):
            (one.service, one.port, one.database) == (two.service, two.port, two.database)
        case (.url, .service), (.service, .url): false
        }
    }

    /// Where the database is, for people; never with a password.
    package var text: String {
        switch self {
        case .url(let url, _): "\(url.database) at \(url.host):\(url.port)"
        case .service(let service): "\(service.database) in the service \(service.service)"
        }
    }
}

/// Where a password is kept; never the password itself.
package enum PasswordSource: Sendable, Hashable {
    /// In a file of its own; an absolute path. A line end after the password does not count.
    case file(String)
    /// In a variable of the installation's environment.
    case variable(String)
}

/// A database in a container of the project.
package struct ServiceDatabase: Sendable, Hashable {
    /// The Compose service that is the server.
    package let service: String
    /// The port inside the container.
    package let port: Int
    /// The database's name.
    package let database: String
    /// The role to connect as.
    package let user: String
    /// Where the role's password is; nil where none is needed.
    package let password: PasswordSource?

    /// Makes an address; the port is 5432 unless said otherwise.
    package init(service: String, port: Int = 5432, database: String, user: String, password: PasswordSource? = nil) {
        self.service = service
        self.port = port
        self.database = database
        self.user = user
        self.password = password
    }
}

/// A `postgres://user@host:port/database?parameters` address without a password.
package struct DatabaseURL: Sendable, Hashable, CustomStringConvertible {
    /// The role to connect as.
    package let user: String
    /// The host's name or address; an IPv6 address without brackets, a socket folder as its path.
    package let host: String
    /// The port.
    package let port: Int
    /// The database's name.
    package let database: String
    /// libpq parameters such as `sslmode`, by name.
    package let parameters: [String: String]

    /// What is wrong with an address.
    package struct Malformed: Error, Sendable, Hashable {
        /// One clause that says what was found, without quoting a password.
        package let reason: String
    }

    /// The libpq parameters that an address may carry: those that say how to talk to the server.
    package static let knownParameters: Set<String> = [
        "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "connect_timeout", "target_session_attrs", "host",
        "channel_binding", "gssencmode", "krbsrvname", "options",
    ]

    /// Makes an address of its parts; the port is 5432 unless said otherwise.
    package init(user: String, host: String, port: Int = 5432, database: String, parameters: [String: String] = [:]) {
        self.user = user
        self.host = host
        self.port = port
        self.database = database
        self.parameters = parameters
    }

    /// Reads an address.
    ///
    /// - Throws: `Malformed` for another scheme, a missing part, an unknown parameter, or a password: those belong
    ///   into files.
    package init(_ text: String) throws(Malformed) {
        guard let scheme = ["postgres://", "postgresql://"].first(where: text.hasPrefix) else {
            throw Malformed(reason: "it does not start with postgres://")
        }
        var rest = text.dropFirst(scheme.count)
        var parameters: [String: String] = [:]
        if let mark = rest.firstIndex(of: "?") {
            for pair in rest[mark...].dropFirst().split(separator: "&") {
                let (name, value) = Self.cut(pair, at: "=")
                guard Self.knownParameters.contains(String(name)), let value else {
                    throw Malformed(reason: "the parameter `\(name)` is not one that may stand here")
                }
                parameters[String(name)] = try Self.decoded(value)
            }
            rest = rest[..<mark]
        }
        let (authority, path) = Self.cut(rest, at: "/")
        guard let path, !path.isEmpty else {
            throw Malformed(reason: "the database's name is missing")
        }
        guard let at = authority.lastIndex(of: "@") else {
            throw Malformed(reason: "the user is missing")
        }
        let user = authority[..<at]
        guard !user.contains(":") else {
            throw Malformed(reason: "it holds a password")
        }
        let (host, port) = try Self.hostAndPort(authority[at...].dropFirst())
        self.user = try Self.decoded(user)
        if let folder = parameters.removeValue(forKey: "host") {
            self.host = folder
        } else {
            self.host = try Self.decoded(host)
        }
        self.port = port
        self.database = try Self.decoded(path)
        self.parameters = parameters
        guard !self.user.isEmpty, !self.host.isEmpty else {
            throw Malformed(reason: self.user.isEmpty ? "the user is missing" : "the host is missing")
        }
    }

    /// The address as it is written in `pawl.yaml`.
    package var description: String {
        let place =
            host.hasPrefix("/")
            ? ":\(port)" : host.contains(":") ? "[\(host)]:\(port)" : "\(Self.encoded(host)):\(port)"
        var all = parameters
        if host.hasPrefix("/") {
            all["host"] = host
        }
        let query = all.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.encoded($0.value))" }
        return "postgres://\(Self.encoded(user))@\(place)/\(Self.encoded(database))"
            + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    private static func cut(_ text: Substring, at mark: Character) -> (Substring, Substring?) {
        guard let index = text.firstIndex(of: mark) else {
            return (text, nil)
        }
        return (text[..<index], text[index...].dropFirst())
    }

    private static func hostAndPort(_ text: Substring) throws(Malformed) -> (Substring, Int) {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else {
                throw Malformed(reason: "`[` without `]` in the host")
            }
            host = text[..<end].dropFirst()
            let after = text[end...].dropFirst()
            guard after.isEmpty || after.first == ":" else {
                throw Malformed(reason: "the host is not followed by a port")
            }
            port = after.isEmpty ? nil : after.dropFirst()
        } else {
            (host, port) = cut(text, at: ":")
        }
        guard let port else {
            return (host, 5432)
        }
        guard let number = Int(port), (1...65535).contains(number) else {
            throw Malformed(reason: "`\(port)` is not a port")
        }
        return (host, number)
    }

    private static func decoded(_ text: some StringProtocol) throws(Malformed) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                value != 0
            else {
                throw Malformed(reason: "a `%` that two digits do not follow")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" + digits : digits)
            }
        }
        return result
    }
}
