import Foundation
import UpgradeModel

extension DatabaseRoute {
    /// The password for one connection; nil where none is needed.
    ///
    /// - Throws: `Trouble` where it cannot be had. The message says where it was looked for, never what it is.
    func readPassword() throws(Trouble) -> String? {
        switch password {
        case .none:
            return nil
        case .file(let path):
            guard let bytes = FileManager.default.contents(atPath: path), bytes.count <= 65_536 else {
                throw Trouble(
                    .operator,
                    "password-file-unreadable",
                    "The password file \(path) of \(self) cannot be read.",
                    remedy: "Check that the file is there and that this user may read it."
                )
            }
            return String(decoding: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
        case .provided(let provide):
            do {
                return try provide()
            } catch let trouble as Trouble {
                throw trouble
            } catch {
                throw Trouble(
                    .operator,
                    "password-unavailable",
                    "The password of \(self) cannot be had.",
                    remedy: "Check where the configuration says that the password is."
                )
            }
        }
    }

    /// libpq's parameters for a session of Pawl itself.
    func parameters(password: String?, settings: [String: String]) -> [(String, String)] {
        var list = [
            ("host", host), ("port", String(port)), ("dbname", database), ("user", user),
            ("application_name", "pawl"), ("client_encoding", "UTF8"),
            // Only what the configuration says counts, never a file in somebody's home.
            ("passfile", "/nonexistent"),
        ]
        if let password { list.append(("password", password)) }
        list += self.parameters.filter { $0.key != "options" }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if let options = options(settings) { list.append(("options", options)) }
        return list
    }

    /// The environment through which PostgreSQL's own tools reach the database; the password is in it, for that one
    /// child.
    func environment(settings: [String: String] = [:]) throws(Trouble) -> [String: String] {
        var list = [
            "PGHOST": host, "PGPORT": String(port), "PGDATABASE": database, "PGUSER": user, "PGAPPNAME": "pawl",
            "PGCONNECT_TIMEOUT": "15", "PGPASSFILE": "/nonexistent",
        ]
        if let password = try readPassword() { list["PGPASSWORD"] = password }
        for (name, value) in parameters {
            if let variable = Self.variables[name] { list[variable] = value }
        }
        if let options = options(settings) { list["PGOPTIONS"] = options }
        return list
    }

    /// The variables by which libpq takes what may stand in an address; the host is no such parameter once it is read.
    static let variables = [
        "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
        "sslcrl": "PGSSLCRL", "connect_timeout": "PGCONNECT_TIMEOUT", "target_session_attrs": "PGTARGETSESSIONATTRS",
        "channel_binding": "PGCHANNELBINDING", "gssencmode": "PGGSSENCMODE", "krbsrvname": "PGKRBSRVNAME",
        "options": "PGOPTIONS",
    ]

    /// How long to try to connect: what the address says, otherwise 15 seconds.
    var patience: Duration {
        let seconds = parameters["connect_timeout"].flatMap { Int64($0) } ?? 0
        return .seconds(seconds > 0 ? min(seconds, 3600) : 15)
    }

    /// What the address gives to every session, and then the settings, which win; nil where there is nothing.
    private func options(_ settings: [String: String]) -> String? {
        let all = [parameters["options"], settings.isEmpty ? nil : Self.options(settings)].compactMap { $0 }
        return all.isEmpty ? nil : all.joined(separator: " ")
    }

    /// Settings as `-c name=value`, blanks and backslashes escaped as libpq reads them.
    static func options(_ settings: [String: String]) -> String {
        settings.sorted { $0.key < $1.key }.map { name, value in
            let escaped = value.replacing(ascii: ["\\": "\\\\", " ": "\\ "])
            return "-c \(name)=\(escaped)"
        }.joined(separator: " ")
    }
}

/// Quotes names and texts for statements.
enum SQL {
    /// A name in double quotes.
    static func name(_ name: String) -> String { "\"" + name.replacing(ascii: ["\"": "\"\""]) + "\"" }
    /// A text in single quotes, for servers with `standard_conforming_strings`.
    static func text(_ text: String) -> String { "'" + text.replacing(ascii: ["'": "''"]) + "'" }
    /// The same on one line, whatever lines the text has.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) else { return self.text(text) }
        return "E'" + text.replacing(ascii: ["\n": "\\n", "\r": "\\r", "'": "''", "\\": "\\\\"]) + "'"
    }
}

extension String {
    /// The same with something else in the place of signs of ASCII. A quote and an accent that follows it are one
    /// character, in which `replacing` would not find the quote; servers and shells do.
    func replacing(ascii replacements: [Unicode.Scalar: String]) -> String {
        var scalars = UnicodeScalarView()
        for scalar in unicodeScalars {
            if let other = replacements[scalar] {
                scalars.append(contentsOf: other.unicodeScalars)
            } else {
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
