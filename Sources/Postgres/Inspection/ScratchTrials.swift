package import UpgradeModel

/// Tries whether a scratch server here could hold copies of databases: makes their locales, collations and extensions
/// for real.
package struct ScratchTrials: Sendable {
    private let prover: Prover

    /// Makes trials in the same place and with the same programs as proofs.
    package init(prover: Prover) {
        self.prover = prover
    }

    private struct Wanted: Sendable {
        var database = ""
        var locale = ""
        var localeOptions = ""
        var collations: [(name: String, options: String)] = []
        var extensions: [String] = []
    }

    /// Tries for databases on servers of one major version, in one scratch server.
    ///
    /// - Parameter routes: how the databases are reached.
    /// - Returns: a trial for each route, in the same order.
    /// - Throws: `Trouble` where a database cannot be asked or no scratch server can be made.
    package func attempt(_ routes: [DatabaseRoute]) async throws(Trouble) -> [ScratchTrial] {
        var wanted: [Wanted] = []
        var major = 0
        for route in routes {
            let connection = try await PostgresConnection.open(route)
            major = await connection.serverVersionNumber / 10_000
            wanted.append(try await read(connection))
            await connection.close()
        }
        guard !wanted.isEmpty else { return [] }
        let tools = try await PostgresTools.locate(major: major, folders: prover.toolFolders)
        let all = wanted
        do {
            return try await ScratchCluster.with(
                tools: tools,
                under: prover.scratch,
                user: try ScratchCluster.unprivilegedUser(named: prover.scratchUser)
            ) { cluster in
                var trials: [ScratchTrial] = []
                for (index, one) in all.enumerated() { trials.append(try await attempt(one, index, cluster)) }
                return trials
            }
        } catch {
            throw Trouble(any: error)
        }
    }

    private func attempt(_ wanted: Wanted, _ index: Int, _ cluster: ScratchCluster) async throws -> ScratchTrial {
        let server = try await PostgresConnection.open(cluster.route())
        var locales: [String] = []
        var made = "trial\(index)"
        if !(await succeeds("CREATE DATABASE \(made) TEMPLATE template0 \(wanted.localeOptions)", on: server)) {
            locales.append(wanted.locale)
            made = "template1"
        }
        await server.close()
        let connection = try await PostgresConnection.open(cluster.route(to: made))
        for collation in wanted.collations {
            let sql = "CREATE COLLATION pg_temp.\(SQL.name(collation.name)) (\(collation.options))"
            if !(await succeeds(sql, on: connection)) { locales.append(collation.name) }
        }
        var missing: [String] = []
        for name in wanted.extensions {
            let sql = "CREATE EXTENSION IF NOT EXISTS \(SQL.name(name)) CASCADE"
            if !(await succeeds(sql, on: connection)) { missing.append(name) }
        }
        await connection.close()
        return ScratchTrial(missingExtensions: missing, missingLocales: locales)
    }

    private func succeeds(_ sql: String, on connection: PostgresConnection) async -> Bool {
        do throws(Trouble) {
            try await connection.execute(sql)
            return true
        } catch {
            return false
        }
    }

    private func read(_ connection: PostgresConnection) async throws(Trouble) -> Wanted {
        let version = await connection.serverVersionNumber
        let catalog = CatalogSQL(version: version)
        var wanted = Wanted()
        let locale = version >= 170_000 ? "d.datlocale" : catalog.since(150_000, "d.daticulocale")
        let provider = catalog.since(150_000, "d.datlocprovider::text")
        let rows = try await connection.rows(
            """
            SELECT pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, \(provider), \(locale)
            FROM pg_catalog.pg_database d WHERE d.datname = current_database()
            """
        )
        if let row = rows.first {
            let options = [
                ("ENCODING", row.text(0)), ("LC_COLLATE", row.text(1)), ("LC_CTYPE", row.text(2)),
                ("ICU_LOCALE", row.text(3) == "i" ? row.text(4) : nil),
            ]
            wanted.locale = row.text(4) ?? row.text(1) ?? ""
            wanted.localeOptions =
                options.compactMap { name, value in value.map { "\(name) \(SQL.text($0))" } }.joined(separator: " ")
                + (row.text(3) == "i" ? " LOCALE_PROVIDER icu" : "")
        }
        let icu = version >= 170_000 ? "c.colllocale" : catalog.since(150_000, "c.colliculocale")
        let collations = try await connection.rows(
            """
            SELECT c.collname, c.collprovider::text, coalesce(c.collcollate, \(icu)), coalesce(c.collctype, \(icu))
            FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
            WHERE \(CatalogSQL.userSchema) AND \(CatalogSQL.notMember("pg_collation", "c.oid"))
            """
        )
        for row in collations {
            let options =
                row.text(1) == "i"
                ? "provider = icu, locale = \(SQL.text(row.text(2) ?? ""))"
                : "provider = libc, lc_collate = \(SQL.text(row.text(2) ?? "")), lc_ctype = \(SQL.text(row.text(3) ?? ""))"
            wanted.collations.append((try row.required(0), options))
        }
        wanted.extensions = try await connection.rows("SELECT extname FROM pg_catalog.pg_extension ORDER BY oid")
            .compactMap { $0.text(0) }
        return wanted
    }
}
