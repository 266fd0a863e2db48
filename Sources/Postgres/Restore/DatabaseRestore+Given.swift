package import UpgradeModel

/// Restores into a database that somebody else has made, empty.
extension DatabaseRestore {
    /// Makes sure that the given database is there and empty.
    ///
    /// - Throws: code `database-not-empty`.
    package func checkEmpty() async throws(Trouble) {
        let connection = try await PostgresConnection.open(route)
        let content = try await Self.content(on: connection)
        await connection.close()
        guard let thing = content else { return }
        throw Trouble(
            .operator,
            "database-not-empty",
            "\(route) is not empty: it has \(thing).",
            remedy: "Have an empty database made: CREATE DATABASE … TEMPLATE template0."
        )
    }

    /// Something that somebody has made in a database; nil where it is empty.
    static func content(on connection: PostgresConnection) async throws(Trouble) -> String? {
        let rows = try await connection.rows(
            """
            SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE \(CatalogSQL.userSchema) AND \(CatalogSQL.notMember("pg_class", "c.oid"))
            UNION ALL SELECT format('%I.%I()', n.nspname, p.proname) FROM pg_catalog.pg_proc p
            JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            WHERE \(CatalogSQL.userSchema) AND \(CatalogSQL.notMember("pg_proc", "p.oid"))
            LIMIT 1
            """
        )
        return rows.first?.text(0)
    }

    /// Fills the given database and proves it.
    ///
    /// - Parameters:
    ///   - set: the set.
    ///   - progress: told how far it is.
    /// - Returns: the proof. The database's own owner and grants are not part of it: whoever made it has given them.
    /// - Throws: `DisprovenSet` with every difference; `Trouble` where it could not be done, `changed` from the first
    ///   write on.
    package func restoreIntoGiven(
        of set: BackupSetID,
        progress: @Sendable @escaping (BackupProgress) -> Void = { _ in }
    ) async throws -> Proof {
        let connection = try await PostgresConnection.open(route)
        let major = await connection.serverVersionNumber / 10_000
        await connection.close()
        let tools = try await PostgresTools.locate(major: major, folders: toolFolders)
        let listing = try await checkedListing(tools)
        let settings = try await settings(listing, tools)
        do {
            try await fill(route.database, tools, progress)
            let session = try await PostgresConnection.open(route, settings: ["default_transaction_read_only": "off"])
            // What somebody who may has done beforehand need not be done again by an account that may not.
            if try await !settingDifferences(on: session).isEmpty {
                for statement in settings { try await session.execute(statement.text) }
            }
            await session.close()
            return try await prove(route.database, of: set, isGiven: true, progress: progress)
        } catch let disproven as DisprovenSet {
            throw disproven
        } catch {
            throw filled(Trouble(any: error))
        }
    }

    /// The statements that give the given database what the set's database has of its own, owner and grants apart.
    func settings(_ listing: DumpListing, _ tools: PostgresTools) async throws(Trouble) -> [SQLStatement] {
        try await definition(as: route.database, listing, tools).filter { statement in
            statement.words.first?.isWord("CREATE") == false && !statement.words.contains { $0.isWord("OWNER") }
                && statement.words.first?.isWord("GRANT") == false && statement.words.first?.isWord("REVOKE") == false
        }
    }

    /// What of the given database itself, and of its settings, is not as in the set; one clause each.
    func settingDifferences(on connection: PostgresConnection) async throws(Trouble) -> [String] {
        var source = backup.fingerprint
        source.tables = []
        source.objects = source.objects.filter { $0.kind == .database || $0.kind == .setting }
        let given = DatabaseFingerprint(
            algorithm: source.algorithm,
            objects: try await Fingerprinter.database(on: connection),
            scope: source.scope
        )
        return Comparison.differencesOfGiven(database: backup.name, source: source, restored: given)
            .filter { $0.severity != .warning }.map(\.description)
    }

    /// A trouble that came after the first row: what is in the given database is of no use.
    package func filled(_ trouble: Trouble) -> Trouble {
        var trouble = trouble
        trouble.changed = true
        trouble.remedy =
            "\(route) holds part of the set, and nothing else was changed. Have it made anew before you try again: "
            + "DROP DATABASE \(SQL.name(route.database)), CREATE DATABASE … TEMPLATE template0."
        return trouble
    }
}
