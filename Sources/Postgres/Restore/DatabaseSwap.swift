package import UpgradeModel

/// Puts a restored database in the place of another one, in steps that can each be seen and done again.
package struct DatabaseSwap: Sendable {
    private let server: ServerDatabases
    private let names: RestoreNames
    private let patience: Duration

    /// Names the database by the way to it, and its names in the restore; `patience` is how long a statement waits for others
    /// who hold on to the database.
    package init(_ route: DatabaseRoute, names: RestoreNames, patience: Duration = .seconds(60)) {
        server = ServerDatabases(route)
        self.names = names
        self.patience = patience
    }

    // MARK: Closing

    /// Lets no new session into the database that is replaced and ends those that are there.
    ///
    /// - Throws: code `sessions-remain` where some do not end, `transaction-prepared` where a transaction is prepared,
    ///   `database-held` where somebody elsewhere holds on to the database.
    package func close() async throws(Trouble) {
        try await server.with { connection throws(Trouble) in
            guard try await entry(names.database, connection) != nil else { return }
            try await refusePrepared(connection)
            // Nothing was replaced: the restore is undone where this fails.
            try await allowing(false, names.database, changed: false, then: "restore again").run(on: connection)
            try await ServerDatabases.end(names.database, on: connection)
            // An ended session may need a moment; renaming waits for it too.
            let deadline = ContinuousClock.now + .seconds(15)
            while let left = try await sessions(connection).first {
                guard ContinuousClock.now < deadline else {
                    throw Trouble(
                        .environment,
                        "sessions-remain",
                        "A session of \(names.database) does not end: \(left).",
                        remedy: "End whatever it belongs to, then try again."
                    )
                }
                try? await Task.sleep(for: .milliseconds(100))
            }
            // One of those sessions may have prepared another; from now on nobody can.
            try await refusePrepared(connection)
        }
    }

    /// A prepared transaction survives the end of its session, and the server renames no database that has one.
    private func refusePrepared(_ connection: PostgresConnection) async throws(Trouble) {
        let found = try await PreparedTransactions.list(of: names.database, on: connection)
        if let trouble = PreparedTransactions.trouble(found) { throw trouble }
    }

    /// Whether no session is there, none can come, and no transaction is prepared.
    package func isClosed() async throws(Trouble) -> Bool {
        try await server.with { connection throws(Trouble) in
            guard let entry = try await entry(names.database, connection) else { return true }
            guard !entry.acceptsSessions, try await sessions(connection).isEmpty else { return false }
            return try await PreparedTransactions.list(of: names.database, on: connection).isEmpty
        }
    }

    // MARK: Renaming

    /// Renames the database that is replaced to its dated name, where there is one, and lets sessions into it again:
    /// nobody finds it by its old name, and an operator may want to look. Its subscriptions are disabled.
    ///
    /// - Returns: the dated name; nil where there was nothing to set aside.
    /// - Throws: code `database-reappeared` where both names are on the server: one was set aside, and this is another.
    package func setAside() async throws(Trouble) -> String? {
        try await server.with { connection throws(Trouble) in
            let isThere = try await entry(names.database, connection) != nil
            if try await entry(names.aside, connection) == nil {
                guard isThere else { return nil }
                try await rename(names.database, to: names.aside, connection)
            } else if isThere {
                throw reappeared
            }
            // Somebody may look at it already: they are not to be shown the door.
            if try await entry(names.aside, connection)?.acceptsSessions == false {
                try await allowing(true, names.aside, changed: true, then: "retry").run(on: connection)
            }
            // What they still took would be lost to the restored database. Nothing waits for it.
            try? await server.disableSubscriptions(of: names.aside, on: connection)
            return names.aside
        }
    }

    /// How far setting aside is.
    package func probeAside() async throws(Trouble) -> Probe {
        try await server.with { connection throws(Trouble) in
            let isThere = try await entry(names.database, connection) != nil
            guard let aside = try await entry(names.aside, connection) else {
                return isThere ? .notStarted : .done(.done)
            }
            if isThere { return .failed(reappeared) }
            guard aside.acceptsSessions else { return .underway(evidence: "\(names.aside) takes no sessions yet") }
            let subscriptions = try await ServerDatabases.subscriptions(of: names.aside, on: connection)
            return subscriptions.contains(where: \.isEnabled)
                ? .underway(evidence: "\(names.aside) has subscriptions at work") : .done(.setAside(as: names.aside))
        }
    }

    /// Gives the restored database the name of the one that it replaces.
    ///
    /// - Throws: code `database-reappeared` where another database has that name, `restored-database-gone` where the
    ///   restored one is not on the server.
    package func bringIn() async throws(Trouble) {
        try await server.with { connection throws(Trouble) in
            let isThere = try await entry(names.database, connection) != nil
            guard try await entry(names.finished, connection) != nil else {
                if isThere { return }
                throw gone
            }
            if isThere { throw reappeared }
            try await rename(names.finished, to: names.database, connection)
        }
    }

    /// How far bringing in is.
    package func probeIn() async throws(Trouble) -> Probe {
        try await server.with { connection throws(Trouble) in
            if try await entry(names.finished, connection) != nil { return .notStarted }
            return try await entry(names.database, connection) != nil ? .done(.done) : .failed(gone)
        }
    }

    private var gone: Trouble {
        Trouble(
            .environment,
            "restored-database-gone",
            "The restored database \(names.finished) is no longer on the server.",
            changed: true,
            remedy: "Find out who removed it. Restore the set's dump into a database of that name, as the set's "
                + "RESTORE.md says, then retry. The replaced database is kept as \(names.aside)."
        )
    }

    private var reappeared: Trouble {
        Trouble(
            .environment,
            "database-reappeared",
            "Somebody has made a database \(names.database) while the old one was kept as \(names.aside).",
            changed: true,
            remedy: "Find out what makes it, and look into it. Then drop it, or rename it: ALTER DATABASE "
                + "\(SQL.name(names.database)) RENAME TO another name. Keep \(names.aside) and \(names.finished); then "
                + "retry."
        )
    }

    // MARK: Undoing

    /// Lets sessions into the database again that was to be replaced, and removes the copy.
    ///
    /// - Returns: what stays of the copy, one sentence each: nobody is locked out because of it.
    @discardableResult package func discard() async throws(Trouble) -> [String] {
        try await server.with { connection throws(Trouble) in
            if let entry = try await entry(names.database, connection), !entry.acceptsSessions {
                try await allowing(true, names.database, changed: true, then: "`pawl abort` once more")
                    .run(on: connection)
            }
            var kept: [String] = []
            for name in [names.making, names.finished] {
                do throws(Trouble) {
                    try await server.drop(name, on: connection)
                } catch {
                    kept.append("The copy \(name) could not be removed and is to be dropped by hand: \(error.message)")
                }
            }
            return kept
        }
    }

    /// Whether nothing is left of the copy, and the database takes sessions.
    package func isDiscarded() async throws(Trouble) -> Bool {
        try await server.with { connection throws(Trouble) in
            let names = names
            let found = try await ServerDatabases.entries(
                [names.making, names.finished, names.database],
                on: connection
            )
            return found[names.making] == nil && found[names.finished] == nil
                && found[names.database]?.acceptsSessions ?? true
        }
    }

    /// Renames a database. Sessions in it, as of a monitor that looks into every database, are ended where they are in
    /// the way.
    private func rename(_ old: String, to new: String, _ connection: PostgresConnection) async throws(Trouble) {
        let sql = "ALTER DATABASE \(SQL.name(old)) RENAME TO \(SQL.name(new))"
        do throws(Trouble) {
            try await statement(sql, old, "renamed", changed: true, then: "retry").run(on: connection)
        } catch {
            // A dead runner's statement may have waited in the server and been faster.
            let found = try await ServerDatabases.entries([old, new], on: connection)
            guard found[old] == nil, found[new] != nil else { throw error }
        }
    }

    /// Whether a database lets sessions in is a column of its row, which an open `GRANT … ON DATABASE` holds.
    private func allowing(_ allows: Bool, _ name: String, changed: Bool, then: String) -> HeldStatement {
        statement(
            "ALTER DATABASE \(SQL.name(name)) ALLOW_CONNECTIONS \(allows)",
            name,
            allows ? "opened again" : "closed",
            changed: changed,
            then: then
        )
    }

    private func statement(
        _ sql: String,
        _ name: String,
        _ verb: String,
        changed: Bool,
        then: String
    ) -> HeldStatement {
        HeldStatement(
            server: server,
            sql: sql,
            database: name,
            verb: verb,
            patience: patience,
            changed: changed,
            afterwards: then
        )
    }

    private func entry(_ name: String, _ connection: PostgresConnection) async throws(Trouble) -> ServerDatabases.Entry?
    {
        try await ServerDatabases.entries([name], on: connection)[name]
    }

    private func sessions(_ connection: PostgresConnection) async throws(Trouble) -> [String] {
        try await connection.rows(
            """
            SELECT \(HeldStatement.session) FROM pg_catalog.pg_stat_activity a
            WHERE a.datname = $1 AND a.usesysid IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
            """,
            [names.database]
        ).compactMap { $0.text(0) }
    }
}
