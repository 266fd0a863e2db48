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
        if let sslMode { list.append(("sslmode", sslMode)) }
        if let sslRootCertificate { list.append(("sslrootcert", sslRootCertificate)) }
        if !settings.isEmpty {
            list.append(("options", Self.options(settings)))
        }
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
        if let sslMode { list["PGSSLMODE"] = sslMode }
        if let sslRootCertificate { list["PGSSLROOTCERT"] = sslRootCertificate }
        if !settings.isEmpty { list["PGOPTIONS"] = Self.options(settings) }
        return list
    }

    /// Settings as `-c name=value`, blanks and backslashes escaped as libpq reads them.
    private static func options(_ settings: [String: String]) -> String {
        settings.sorted { $0.key < $1.key }.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing(" ", with: "\\ ")
            return "-c \(name)=\(escaped)"
        }.joined(separator: " ")
    }
}

/// Quotes names and texts for statements.
enum SQL {
    /// A name in double quotes.
    static func name(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
    /// A text in single quotes, for servers with `standard_conforming_strings`.
    static func text(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
