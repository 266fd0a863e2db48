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

    /// How large a database is now, as its server says.
    ///
    /// - Returns: its size in bytes.
    /// - Throws: `Trouble` where it cannot be asked; code `database-size` where it does not say.
    package static func bytes(of route: DatabaseRoute) async throws(Trouble) -> Int64 {
        let connection = try await PostgresConnection.open(route)
        let result: Result<[PostgresRow], Trouble>
        do throws(Trouble) {
            result = .success(
                try await connection.rows(
                    "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())"
                )
            )
        } catch {
            result = .failure(error)
        }
        await connection.close()
        guard let bytes = try result.get().first?.integer(0) else {
            throw Trouble(
                .environment,
                "database-size",
                "The server did not say how large \(route.database) is.",
                remedy: "See that the account may connect to the database."
            )
        }
        return bytes
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
            restoreLimits: await clauses(connection, InspectionSQL.restoreLimits).map { names in
                names.map { $0.isEmpty ? .databases : .extension($0) }
            },
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

    /// What the account may not read. A dump would fail on it, or lack it without a word: the server shows the options of
    /// a user mapping to few, passwords among them, and neither the dump nor its proof would know that there are any.
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
          UNION ALL
          SELECT 'options of the user mapping of ' || CASE WHEN u.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(u.usename) END
              || ' on ' || quote_ident(u.srvname)
            FROM pg_catalog.pg_user_mappings u JOIN pg_catalog.pg_foreign_server s ON s.oid = u.srvid
            WHERE u.umoptions IS NULL AND NOT (\(own)).rolsuper
              AND NOT CASE WHEN u.umuser = 0 THEN pg_has_role(s.srvowner, 'USAGE') ELSE u.usename = current_user
                AND (pg_has_role(s.srvowner, 'USAGE') OR has_server_privilege(s.oid, 'USAGE')) END
        ) missing ORDER BY what LIMIT 100
        """

    /// Everything that a restore gives an owner, by kind. The server's own records of owners
    /// (`pg_shdepend`) leave out what the superuser of its bootstrap owns, so that every catalog is asked.
    private static let owners: String = {
        let inSchemas: [(kind: String, catalog: String, prefix: String, condition: String)] = [
            ("relations", "pg_class", "rel", "o.relpersistence <> 't' AND o.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"),
            ("functions", "pg_proc", "pro", "true"),
            // Rows and arrays come with what they are of.
            (
                "types", "pg_type", "typ",
                "o.typelem = 0 AND (o.typrelid = 0 OR EXISTS (SELECT FROM pg_catalog.pg_class t WHERE t.oid = o.typrelid"
                    + " AND t.relkind = 'c'))"
            ),
            ("operators", "pg_operator", "opr", "true"),
            ("operator classes", "pg_opclass", "opc", "true"),
            ("operator families", "pg_opfamily", "opf", "true"),
            ("collations", "pg_collation", "coll", "true"),
            ("conversions", "pg_conversion", "con", "true"),
            ("statistics", "pg_statistic_ext", "stx", "true"),
            ("text search configurations", "pg_ts_config", "cfg", "true"),
            ("text search dictionaries", "pg_ts_dict", "dict", "true"),
        ]
        let elsewhere: [(kind: String, catalog: String, prefix: String, condition: String)] = [
            ("event triggers", "pg_event_trigger", "evt", "true"),
            ("foreign-data wrappers", "pg_foreign_data_wrapper", "fdw", "true"),
            ("foreign servers", "pg_foreign_server", "srv", "true"),
            // What came with the server stays as it is.
            ("languages", "pg_language", "lan", "o.oid >= 16384"),
            ("large objects", "pg_largeobject_metadata", "lom", "true"),
            ("publications", "pg_publication", "pub", "true"),
            // A new database has a schema `public` already, whose first owner is not named in a dump.
            (
                "schemas", "pg_namespace", "nsp",
                "o.nspname !~ '^pg_' AND o.nspname <> 'information_schema' AND NOT (o.nspname = 'public' AND o.nspowner IN (10, 6171))"
            ),
        ]
        func dumped(_ catalog: String) -> String {
            "NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.\(catalog)'::regclass"
                + " AND e.objid = o.oid AND e.deptype = 'e')"
        }
        return
            ([
                "SELECT 'the database' AS kind, d.datdba AS role FROM pg_catalog.pg_database d WHERE d.datname = current_database()"
            ]
            + ["SELECT 'default privileges', o.defaclrole FROM pg_catalog.pg_default_acl o"]
            + inSchemas.map { kind, catalog, prefix, condition in
                "SELECT '\(kind)', o.\(prefix)owner FROM pg_catalog.\(catalog) o JOIN pg_catalog.pg_namespace n"
                    + " ON n.oid = o.\(prefix)namespace WHERE \(user) AND \(condition) AND \(dumped(catalog))"
            }
            + elsewhere.map { kind, catalog, prefix, condition in
                "SELECT '\(kind)', o.\(prefix)owner FROM pg_catalog.\(catalog) o WHERE \(condition) AND \(dumped(catalog))"
            }).joined(separator: " UNION ALL ")
    }()

    /// The right over a role that it takes to make that an owner.
    static let becoming =
        "CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END"

    /// What the account would lack to fill the database anew on this server. Whoever may not create a database needs no
    /// right over its owner either: somebody else makes it.
    static let missingRestoreRights = """
        SELECT 'it may not make the role ' || quote_ident(o.rolname) || ' an owner, and that owns '
            || string_agg(DISTINCT own.kind, ', ' ORDER BY own.kind) AS what
          FROM (\(owners)) own JOIN pg_catalog.pg_roles o ON o.oid = own.role
          WHERE NOT pg_has_role(o.oid, \(becoming))
            AND (own.kind <> 'the database' OR (\(own)).rolsuper OR (\(own)).rolcreatedb)
          GROUP BY o.rolname ORDER BY what LIMIT 100
        """

    /// What somebody else may have to do for the account: an empty text is to create databases, others are extensions.
    static let restoreLimits = """
        SELECT '' AS what WHERE NOT (\(own)).rolsuper AND NOT (\(own)).rolcreatedb
        UNION ALL
        SELECT x.extname::text FROM pg_catalog.pg_extension x
          WHERE x.extname <> 'plpgsql' AND NOT (\(own)).rolsuper AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_available_extension_versions v WHERE v.name = x.extname
              AND to_jsonb(v) @> '{"trusted": true}')
        ORDER BY what LIMIT 100
        """
}
