/// The part of a set's roles that a server in use needs: those that are missing there. Roles that are there are left
/// as they are, their passwords above all, and so is what is set for all of them unless the server is new.
struct RoleScript: Sendable, Hashable {
    /// The roles that the set knows.
    let known: [String]
    /// Those of them that may log in.
    let logins: [String]
    private let statements: [SQLStatement]

    /// Reads what `pg_dumpall --roles-only` wrote.
    init(_ script: String) {
        statements = SQLStatement.all(in: script)
        known = statements.compactMap { statement in
            let words = statement.words
            return words.count > 2 && words[0].isWord("CREATE") && words[1].isWord("ROLE") ? words[2].identifier : nil
        }
        logins = statements.compactMap { statement in
            let words = statement.words
            let isAlter =
                words.count > 2 && words[0].isWord("ALTER") && words[1].isWord("ROLE") && !words[2].isWord("ALL")
            return isAlter && words.contains { $0.isWord("LOGIN") } ? words[2].identifier : nil
        }
    }

    /// The roles that the set knows and the server has not got.
    func missing(from present: Set<String>) -> Set<String> { Set(known).subtracting(present) }

    /// The statements that make the roles which are missing.
    ///
    /// - Parameters:
    ///   - present: the roles that the server has.
    ///   - isSuperuser: whether the account may give every attribute; where it may not, those are left out that every
    ///     new role lacks anyhow.
    /// - Returns: the statements, in their order; none where every role is there.
    func statements(missingFrom present: Set<String>, isSuperuser: Bool) -> [String] {
        let missing = missing(from: present)
        guard !missing.isEmpty else { return [] }
        return statements.filter { concerns($0, missing) }.map { statement in
            // Who granted a membership is the server's own affair.
            let plain = statement.words.first?.isWord("GRANT") == true ? statement.upTo("GRANTED") : statement
            return isSuperuser ? plain.text : plain.leavingOut(["NOSUPERUSER", "NOREPLICATION", "NOBYPASSRLS"]).text
        }
    }

    /// The statements that set something for all roles, one parameter each. They are for a server on which nobody has made
    /// anything yet.
    var statementsForAll: [String] {
        statements.filter { statement in
            let words = statement.words
            return words.count > 3 && words[0].isWord("ALTER") && words[1].isWord("ROLE") && words[2].isWord("ALL")
                && words[3].isWord("SET")
        }.map(\.text)
    }

    private func concerns(_ statement: SQLStatement, _ missing: Set<String>) -> Bool {
        let words = statement.words
        // `ALTER ROLE ALL SET …` concerns everybody, and a role of that name stands in quotes.
        func isMissing(_ index: Int) -> Bool {
            guard words.count > index, !words[index].isWord("ALL") else { return false }
            return words[index].identifier.map(missing.contains) ?? false
        }
        guard let first = words.first else { return false }
        switch first.text.uppercased() {
        case "CREATE", "ALTER": return words.count > 2 && words[1].isWord("ROLE") && isMissing(2)
        case "COMMENT": return words.count > 3 && words[2].isWord("ROLE") && isMissing(3)
        // What a role may set: what those that were there may is as somebody wanted it.
        case "GRANT" where words.contains(where: { $0.isWord("ON") }):
            return words.lastIndex { $0.isWord("TO") }.map { isMissing($0 + 1) } ?? false
        // A membership between roles that were both there is as somebody wanted it.
        case "GRANT": return words.count > 3 && words[2].isWord("TO") && (isMissing(1) || isMissing(3))
        default: return false
        }
    }
}
