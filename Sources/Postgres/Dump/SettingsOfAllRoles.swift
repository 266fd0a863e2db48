import Foundation
import Processes
import UpgradeModel

/// What `ALTER ROLE ALL SET …` has set for every role in every database, which `pg_dumpall` leaves out.
struct SettingsOfAllRoles: Sendable, Hashable {
    /// The statements that set it again.
    let statements: [String]

    /// Asks a server.
    static func read(_ connection: PostgresConnection) async throws(Trouble) -> SettingsOfAllRoles {
        let rows = try await connection.rows(
            """
            SELECT pg_catalog.split_part(v, '=', 1), pg_catalog.substr(v, pg_catalog.strpos(v, '=') + 1)
            FROM pg_catalog.pg_db_role_setting s CROSS JOIN pg_catalog.unnest(s.setconfig) v
            WHERE s.setdatabase = 0 AND s.setrole = 0 ORDER BY 1
            """
        )
        var statements: [String] = []
        for row in rows { statements.append(statement(try row.required(0), try row.required(1))) }
        return SettingsOfAllRoles(statements: statements)
    }

    /// The statement for one setting, as the catalogs hold it. It is one line: by their number those of a set are taken
    /// out of its roles by hand.
    static func statement(_ name: String, _ value: String) -> String {
        let items = lists.contains(name.lowercased()) ? items(of: value) : [value]
        let values = items.isEmpty ? ["''"] : items.map(SQL.line)
        return "ALTER ROLE ALL SET \(SQL.name(name)) TO \(values.joined(separator: ", "))"
    }

    /// What makes the statements mean the same to whoever runs them. Each is one line.
    static let opening = ["SET client_encoding = 'UTF8'", "SET standard_conforming_strings = on"]

    /// The program that adds the statements to what it reads; nil where there are none.
    ///
    /// `file` is made for it and may hold secrets. Throws `Trouble` where it cannot be written.
    func appending(from file: String) throws(Trouble) -> Command? {
        guard !statements.isEmpty else { return nil }
        let lines = Self.opening + statements
        let script = "\n--\n-- Settings for all roles\n--\n\n" + lines.map { $0 + ";\n" }.joined()
        try DurableFiles.write(Data(script.utf8), to: file)
        return Command("cat", ["-", file])
    }

    /// Parameters whose values are lists of names: the catalogs hold these quoted already, and quoted once more a whole
    /// list would become one name.
    private static let lists: Set<String> = [
        "local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries",
        "temp_tablespaces", "unix_socket_directories",
    ]

    /// The names in a list, without their quotes.
    private static func items(of list: String) -> [String] {
        var items: [String] = []
        var rest = list.unicodeScalars[...]
        while true {
            rest = rest.drop(while: \.properties.isWhitespace)
            guard let first = rest.first else { return items }
            var item = String.UnicodeScalarView()
            if first == "\"" {
                rest = rest.dropFirst()
                while let end = rest.firstIndex(of: "\"") {
                    item += rest[..<end]
                    rest = rest[rest.index(after: end)...]
                    // Doubled it stands for itself.
                    guard rest.first == "\"" else { break }
                    item.append("\"")
                    rest = rest.dropFirst()
                }
            } else {
                let name = rest.prefix { $0 != "," && !$0.properties.isWhitespace }
                item += name
                rest = rest[name.endIndex...]
            }
            items.append(String(item))
            rest = rest.drop { $0 != "," }.dropFirst()
        }
    }
}
