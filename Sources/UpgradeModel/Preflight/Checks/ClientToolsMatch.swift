extension Check {
    /// PostgreSQL's programs are there in every server's own major version.
    static let clientTools = Check("client-tools", "PostgreSQL's programs are of the right version", needs: .databases)
    { observation in
        observation.databases.judged(
            "which versions of PostgreSQL's programs are needed",
            remedy: "Look at the finding “Necessary databases are configured”."
        ) { databases in
            let majors = Set(databases.compactMap(\.serverMajor)).sorted()
            guard !majors.isEmpty, databases.allSatisfy({ $0.serverMajor != nil }) else {
                return .error(
                    "Pawl could not find out which versions of PostgreSQL's programs are needed: not every server "
                        + "has told its own.",
                    remedy: "Look at the finding “Databases can be reached”."
                )
            }
            return observation.clientTools.judged(
                "which of PostgreSQL's programs are installed",
                remedy: majors.map(DebianAdvice.tools).joined(separator: " ")
            ) { tools in
                .all(
                    majors.map { major in
                        let servers = databases.filter { $0.serverMajor == major }.compactMap(\.serverVersion)
                        return judge(major: major, servers: servers, tools: tools)
                    },
                    none: .pass("None are needed.")
                )
            }
        }
    }

    private static func judge(major: Int, servers: [String], tools: [ClientTools]) -> Verdict {
        let matching = tools.filter { $0.major == major }
        if let complete = matching.first(where: \.missing.isEmpty) {
            if let newer = servers.first(where: { isOlder(complete.version, than: $0) }), let own = complete.version {
                return .warn(
                    "A server is PostgreSQL \(number(newer)), and the programs here are those of \(number(own)). What a "
                        + "newer server writes, an older one may not read: the proof can fail because of that.",
                    remedy: "Bring the programs to the server's version: `apt-get update`, then "
                        + "`apt-get install postgresql-\(major) postgresql-client-\(major)`."
                )
            }
            switch complete.place {
            case .machine(let folder): return .pass("PostgreSQL \(major): \(folder).")
            case .image(let name): return .pass("PostgreSQL \(major): from the image `\(name)`.")
            }
        }
        let remedy = DebianAdvice.tools(major: major)
        if let incomplete = matching.min(by: { $0.missing.count < $1.missing.count }) {
            return .fail(
                "PostgreSQL \(major)'s programs are not complete: \(ListText.code(incomplete.missing)) missing.",
                remedy: remedy
            )
        }
        let others = Set(tools.map(\.major)).sorted().map(String.init)
        let found = others.isEmpty ? "none are installed" : "there are only those of \(ListText.and(others))"
        return .fail(
            "A server of PostgreSQL \(major) must be dumped with programs of \(major), but \(found).",
            remedy: remedy
        )
    }

    private static func isOlder(_ own: String?, than server: String) -> Bool {
        guard let own = own.flatMap(ToolNumbers.init), let server = ToolNumbers(server) else {
            return false
        }
        return own < server
    }

    /// The version without what the packager has added.
    private static func number(_ version: String) -> String { String(version.prefix { $0 != " " }) }
}
