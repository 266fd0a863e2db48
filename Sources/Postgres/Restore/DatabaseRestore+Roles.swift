import UpgradeModel

/// The roles that the server lacks, and what is set for all of them.
extension DatabaseRestore {
    /// Makes the roles, and takes down what is to be set for all roles once the restored databases are in use.
    ///
    /// Nothing is set for all roles here: it would be there for good, whatever becomes of the restore, and every session
    /// that follows would have it.
    ///
    /// - Parameters:
    ///   - note: takes down which roles are made, and what is to be set.
    ///   - others: what the same restore has taken down for other databases of the server.
    /// - Returns: what is left to whoever looks after the server, one sentence each.
    /// - Throws: what the server says.
    func makeRoles(
        noting note: RestoredRoles?,
        besides others: [RestoredRoles]
    ) async throws(Trouble) -> [String] {
        let script = try await roles()
        return try await server.with { connection throws(Trouble) in
            let present = Set(
                try await connection.rows("SELECT rolname FROM pg_catalog.pg_roles").compactMap { $0.text(0) }
            )
            let rights = try await connection.rows(
                "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
            )
            let isSuperuser = rights.first?.bool(0) ?? false
            // Seen before the first role is made: from then on the server is no new one.
            let settings = try await settings(
                script.statementsForAll,
                isSuperuser: isSuperuser,
                notedIn: others + (note.map { [$0] } ?? []),
                connection
            )
            let statements = script.statements(missingFrom: present, isSuperuser: isSuperuser)
            guard !statements.isEmpty else {
                try note?.note([], settings: settings.bringing)
                return settings.left
            }
            // All or none: half a role would be taken for one that was there before.
            try await connection.execute("BEGIN")
            for statement in statements { try await connection.execute(statement) }
            // Noted by their numbers before they are there for good: one that somebody makes later under the same name
            // is never taken for one of these.
            try note?.note(
                try await MadeRole.named(script.missing(from: present), on: connection),
                settings: settings.bringing
            )
            try await connection.execute("COMMIT")
            return settings.left
        }
    }

    /// What of the settings for all roles is brought back, and what is left to whoever looks after the server.
    private func settings(
        _ statements: [String],
        isSuperuser: Bool,
        notedIn notes: [RestoredRoles],
        _ connection: PostgresConnection
    ) async throws(Trouble) -> (bringing: [String], left: [String]) {
        guard !statements.isEmpty else { return ([], []) }
        // Another database of the same server was there first, or this one before it was interrupted.
        for note in notes where try !note.settings().isEmpty { return ([], []) }
        guard isSuperuser, try await server.isNew(connection) else {
            let left = try await ServerDatabases.settingsLacking(from: backup, on: connection)
            guard !left.isEmpty else { return ([], []) }
            let names = left.joined(separator: ", ")
            return ([], ["The server keeps what it has set for all roles. The set has set otherwise: \(names)"])
        }
        var (bringing, left): ([String], [String]) = ([], [])
        // In a session of its own, which is then done with: libraries that are loaded stay in it.
        try await server.with { trial throws(Trouble) in
            try await trial.execute("BEGIN")
            for statement in statements {
                guard let said = try await refusal(of: Self.trying(statement), on: trial) else {
                    bringing.append(statement)
                    continue
                }
                let name = Self.parameter(of: statement)?.identifier ?? ""
                left.append("\(name) is not set for all roles, as it was for the set's server: \(said)")
            }
            try await trial.execute("ROLLBACK")
        }
        return (bringing, left)
    }

    /// The parameter that a statement sets for all roles.
    private static func parameter(of statement: String) -> SQLStatement.Piece? {
        let words = SQLStatement.all(in: statement).first?.words ?? []
        return words.count > 4 ? words[4] : nil
    }

    /// A statement that sets something for all roles, after what shows that it keeps nobody out: a server that cannot
    /// load what every session is to begin with begins none.
    static func trying(_ statement: String) -> String {
        let folder: String
        switch parameter(of: statement)?.identifier?.lowercased() {
        case "session_preload_libraries": folder = ""
        // What everybody may load lies there, and names without a folder mean that one.
        case "local_preload_libraries": folder = "$libdir/plugins/"
        default: return statement
        }
        let values = SQLStatement.all(in: statement).first?.words.filter { $0.kind == .string && $0.text != "''" } ?? []
        let libraries = values.map(\.text).map { value in
            "LOAD " + (value.contains("/") ? value : "'\(folder)\(value.dropFirst())")
        }
        return (libraries + [statement]).joined(separator: ";\n")
    }
}
