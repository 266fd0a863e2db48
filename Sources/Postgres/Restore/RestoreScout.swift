package import UpgradeModel

/// What a server says about a database that is to be replaced, before it is.
package struct ReplacedDatabase: Sendable, Hashable {
    /// The server's major version.
    package var major: Int
    /// Whether the database is there.
    package var exists: Bool
    /// Its size in bytes; 0 where it is not there.
    package var bytes: Int64
    /// How large the server lets its write-ahead log grow between checkpoints, in bytes.
    package var walBytes: Int64
    /// What the account lacks to restore and rename on this server, one clause each.
    package var missingRights: [String]
    /// The set's roles that the server has not got, by name.
    package var missingRoles: [String]
    /// What would be lost, the most rows first; only tables that have more rows now than in the set.
    package var losses: [LostRows]
    /// Why losses could not be counted; nil where they were.
    package var uncounted: String?
    /// Other sessions in the database.
    package var sessions: [DatabaseSession]
    /// Roles whose sessions in the database the account may not end.
    package var beyondReach: [String]
    /// Transactions that are prepared in the database: it cannot be renamed as long as there are any.
    package var prepared: [PreparedTransaction]
    /// What the set's server has set for all roles, and this one otherwise or not at all, by name: a restore leaves that
    /// as it is. None where the restore brings it back, since the server is new.
    package var settingsLeft: [String]
}

/// Asks servers what a restore would meet. Changes nothing.
package enum RestoreScout {
    /// Asks about one database.
    ///
    /// - Parameters:
    ///   - route: how it is reached; it need not exist.
    ///   - backup: what the set has of it; nil where the set does not have it.
    ///   - roles: the roles that the set knows.
    ///   - patience: how long to wait for the rows of one table to be counted.
    /// - Returns: what a restore would meet there.
    /// - Throws: where the server cannot be asked.
    package static func look(
        _ route: DatabaseRoute,
        _ backup: DatabaseBackup?,
        roles: [String],
        patience: Duration = .seconds(60)
    ) async throws(Trouble) -> ReplacedDatabase {
        let server = ServerDatabases(route)
        var found = try await server.with { connection throws(Trouble) in
            let rows = try await connection.rows(Self.question, [route.database])
            guard let row = rows.first else {
                throw Trouble(.internal, "no-answer", "The server gave no answer.", remedy: "Report this as a bug.")
            }
            let present = Set(
                try await connection.rows("SELECT rolname FROM pg_catalog.pg_roles").compactMap { $0.text(0) }
            )
            let missing = Set(roles).subtracting(present).sorted()
            var rights: [String] = []
            let isSuperuser = row.bool(0)
            if !isSuperuser {
                if !row.bool(1) { rights.append("it may not create databases") }
                if row.integer(3) != nil, !row.bool(4) {
                    rights.append("it does not own \(route.database), so it may not rename it")
                }
                if !missing.isEmpty, !row.bool(2) {
                    rights.append("it may not create the roles \(missing.joined(separator: ", "))")
                }
                let others = try await connection.rows(
                    "SELECT rolname FROM pg_catalog.pg_roles WHERE NOT pg_has_role(oid, \(InspectionSQL.becoming))"
                ).compactMap { $0.text(0) }
                let owners = Self.owners(in: backup).intersection(others)
                if !owners.isEmpty {
                    rights.append("it may not make the roles \(owners.sorted().joined(separator: ", ")) owners")
                }
            }
            var left: [String] = []
            if let backup { left = try await ServerDatabases.settingsLacking(from: backup, on: connection) }
            if !left.isEmpty, isSuperuser, try await server.isNew(connection) { left = [] }
            return ReplacedDatabase(
                major: await connection.serverVersionNumber / 10_000,
                exists: row.integer(3) != nil,
                bytes: row.integer(3) ?? 0,
                walBytes: row.integer(5) ?? 0,
                missingRights: rights,
                missingRoles: missing,
                losses: [],
                sessions: [],
                beyondReach: try await ServerDatabases.rolesBeyondReach(in: route.database, on: connection),
                prepared: try await PreparedTransactions.list(of: route.database, on: connection),
                settingsLeft: left
            )
        }
        guard found.exists else { return found }
        do throws(Trouble) {
            found.sessions = try await DatabaseSessions.others(in: route)
            let (losses, uncounted) = try await losses(route, backup, patience)
            found.losses = losses
            found.uncounted = uncounted
        } catch {
            found.uncounted = error.message
        }
        return found
    }

    /// The roles that a restore makes owners of whatever they own. An extension belongs to whoever makes it anew, and
    /// what belongs to the server's own roles comes with the server.
    private static func owners(in backup: DatabaseBackup?) -> Set<String> {
        let owned = backup?.fingerprint.objects.filter { $0.kind != .extension } ?? []
        return Set(owned.compactMap(\.owner).filter { !$0.hasPrefix("pg_") })
    }

    /// Why a server refuses an account; nil where it lets it in, does not have it yet, or cannot be asked.
    ///
    /// - Parameters:
    ///   - account: the database, reached with that account.
    ///   - route: how the server is reached otherwise.
    /// - Returns: what the server said, or nil.
    package static func refusal(of account: DatabaseRoute, besides route: DatabaseRoute) async -> String? {
        do throws(Trouble) {
            do throws(Trouble) {
                let connection = try await PostgresConnection.open(account)
                await connection.close()
            } catch  where error.code == "database-unknown" {
                try await ServerDatabases(account).answer()
            }
            return nil
        } catch {
            guard error.code == "database-login-refused" else { return nil }
            let isThere = try? await ServerDatabases(route).with { connection throws(Trouble) in
                try await !connection.rows("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", [account.user])
                    .isEmpty
            }
            return isThere == false ? nil : error.message
        }
    }

    private static let question = """
        SELECT r.rolsuper, r.rolcreatedb, r.rolcreaterole,
          (SELECT pg_catalog.pg_database_size(d.oid) FROM pg_catalog.pg_database d WHERE d.datname = $1),
          (SELECT pg_catalog.pg_has_role(d.datdba, 'USAGE') FROM pg_catalog.pg_database d WHERE d.datname = $1),
          pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size'))
        FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
        """

    /// Counts rows now, and takes away those that the set has; with what could not be counted, and why.
    private static func losses(
        _ route: DatabaseRoute,
        _ backup: DatabaseBackup?,
        _ patience: Duration
    ) async throws(Trouble) -> (losses: [LostRows], uncounted: String?) {
        let kept = kept(backup)
        let (present, uncounted) = try await count(route, patience)
        let losses = present.compactMap { name, rows -> LostRows? in
            let saved = kept[name] ?? 0
            return rows > saved ? LostRows(table: name, present: rows, inSet: saved) : nil
        }.sorted { ($1.lost, $0.table) < ($0.lost, $1.table) }
        return (losses, uncounted)
    }

    /// Counts rows of a database that somebody has restored already.
    ///
    /// - Parameters:
    ///   - route: how it is reached.
    ///   - backup: what the set has of it.
    ///   - patience: how long to wait for the rows of one table to be counted.
    ///   - whole: how long to wait for all rows to be counted.
    /// - Returns: the tables that have fewer rows than in the set, those first that lack the most.
    /// - Throws: where the server cannot be asked.
    package static func shortfall(
        _ route: DatabaseRoute,
        _ backup: DatabaseBackup,
        patience: Duration = .seconds(10),
        whole: Duration = .seconds(60)
    ) async throws(Trouble) -> RowShortfall {
        let kept = kept(backup)
        let (present, uncounted) = try await count(route, patience, altogether: whole)
        let tables = present.compactMap { name, rows -> RowShortfall.Table? in
            guard let saved = kept[name], rows < saved else { return nil }
            return RowShortfall.Table(name: name, present: rows, inSet: saved)
        }.sorted { ($1.missing, $0.name) < ($0.missing, $1.name) }
        return RowShortfall(tables: tables, uncounted: uncounted)
    }

    /// How many rows the set has of each table.
    private static func kept(_ backup: DatabaseBackup?) -> [String: Int64] {
        Dictionary((backup?.fingerprint.tables ?? []).map { ($0.name, $0.rows) }) { first, _ in first }
    }

    /// The rows of every table that can be counted in time; with what could not be, and why.
    private static func count(
        _ route: DatabaseRoute,
        _ patience: Duration,
        altogether: Duration? = nil
    ) async throws(Trouble) -> (rows: [(name: String, rows: Int64)], uncounted: String?) {
        let timeout = String(Int(patience / .milliseconds(1)))
        let connection = try await PostgresConnection.open(route, settings: ["statement_timeout": timeout])
        let present = try await TableReader(connection: connection).counts(
            until: altogether.map { ContinuousClock.now + $0 }
        )
        await connection.close()
        let rows = present.compactMap { name, count -> (name: String, rows: Int64)? in
            guard case .rows(let rows) = count else { return nil }
            return (name, rows)
        }
        let forbidden = present.filter { $0.count == .forbidden }.map(\.name).joined(separator: ", ")
        let late = present.filter { $0.count == .late }.map(\.name).joined(separator: ", ")
        let reasons = [
            forbidden.isEmpty ? nil : "the account may not read \(forbidden)",
            late.isEmpty ? nil : "the server did not count \(late) in time",
        ].compactMap { $0 }
        return (rows, reasons.isEmpty ? nil : reasons.joined(separator: "; "))
    }
}
