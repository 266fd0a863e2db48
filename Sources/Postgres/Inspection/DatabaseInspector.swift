package import UpgradeModel

/// Looks at databases for the preflight checks. Changes nothing, judges nothing.
package enum DatabaseInspector {
    /// What comes of connecting to a database.
    ///
    /// - Returns: what the database says of itself, or why it did not let Pawl in.
    /// - Throws: `Trouble` where it let Pawl in and could then not be asked.
    package static func inspect(_ route: DatabaseRoute) async throws(Trouble) -> DatabaseConnection {
        let connection: PostgresConnection
        do throws(Trouble) {
            connection = try await PostgresConnection.open(route)
        } catch {
            guard let reason = refusalReason(error) else { throw error }
            return .refused(DatabaseRefusal(reason, message: withoutStop(error.message)))
        }
        let facts = try await facts(connection, route)
        await connection.close()
        return .open(facts)
    }

    static func refusalReason(_ trouble: Trouble) -> DatabaseRefusal.Reason? {
        switch trouble.code {
        case "database-login-refused": .credentials
        case "database-unknown": .noSuchDatabase
        case "database-unreachable": trouble.message.contains("SSL") ? .encryption : .noAnswer
        case "database-busy", "database-failed", "database-error": .other
        default: nil
        }
    }

    private static func facts(
        _ connection: PostgresConnection,
        _ route: DatabaseRoute
    ) async throws(Trouble) -> DatabaseFacts {
        let rows = try await connection.rows(
            "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_database_size(pg_catalog.current_database())"
        )
        let row = rows.first ?? PostgresRow(columns: [])
        return DatabaseFacts(
            serverVersion: await connection.reported("server_version") ?? "",
            serverMajor: await connection.serverVersionNumber / 10_000,
            isStandby: row.bool(0),
            missingRights: await clauses(connection, InspectionSQL.missingRights),
            missingRestoreRights: await clauses(connection, InspectionSQL.missingRestoreRights),
            bytes: row.integer(1).map { .known($0) } ?? .unknown("the server did not say"),
            activity: await DatabaseActivityReader(route).read(over: connection, isStandby: row.bool(0))
        )
    }

    private static func clauses(_ connection: PostgresConnection, _ sql: String) async -> Fact<[String]> {
        do throws(Trouble) {
            return .known(try await connection.rows(sql).compactMap { $0.text(0) })
        } catch {
            return .unknown(withoutStop(error.message))
        }
    }

    private static func withoutStop(_ text: String) -> String { text.hasSuffix(".") ? String(text.dropLast()) : text }
}

/// The questions about rights. Each answers with what is missing, so that no row means that all is well.
enum InspectionSQL {
    private static let user = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    private static let own = "(SELECT r FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)"

    /// What the account may not read; a dump would fail on it.
    static let missingRights = """
        SELECT what FROM (
          SELECT 'schema ' || quote_ident(n.nspname) AS what FROM pg_catalog.pg_namespace n
            WHERE \(user) AND NOT has_schema_privilege(n.oid, 'USAGE')
          UNION ALL
          SELECT CASE c.relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || format('%I.%I', n.nspname, c.relname)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE \(user) AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'S')
              AND NOT (CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT')
                ELSE has_table_privilege(c.oid, 'SELECT') END)
          UNION ALL
          SELECT 'rows of ' || format('%I.%I', n.nspname, c.relname) || ' that a policy hides'
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE \(user) AND c.relrowsecurity AND row_security_active(c.oid)
          UNION ALL
          SELECT 'large objects of ' || quote_ident(pg_get_userbyid(m.lomowner))
            FROM pg_catalog.pg_largeobject_metadata m
            WHERE NOT (\(own)).rolsuper AND NOT pg_has_role(m.lomowner, 'USAGE')
              AND NOT EXISTS (SELECT FROM aclexplode(m.lomacl) a WHERE a.privilege_type = 'SELECT'
                AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))
            GROUP BY m.lomowner
        ) missing ORDER BY what LIMIT 100
        """

    /// What the account would lack to make the database anew on this server.
    static let missingRestoreRights = """
        SELECT what FROM (
          SELECT 'it may not create databases' AS what WHERE NOT (\(own)).rolsuper AND NOT (\(own)).rolcreatedb
          UNION ALL
          SELECT DISTINCT 'it is no member of the role ' || quote_ident(o.rolname) || ', which owns objects'
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
            WHERE \(user) AND c.relpersistence <> 't' AND NOT pg_has_role(o.oid, 'MEMBER')
          UNION ALL
          SELECT 'it may not create the extension ' || quote_ident(x.extname)
            FROM pg_catalog.pg_extension x
            WHERE x.extname <> 'plpgsql' AND NOT (\(own)).rolsuper AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_available_extension_versions v WHERE v.name = x.extname
                AND to_jsonb(v) @> '{"trusted": true}')
        ) missing ORDER BY what LIMIT 100
        """
}
