import UpgradeModel

/// Grants that are not an object's own, comments and labels.
extension CatalogSQL {
    var access: [CatalogQuery] {
        [
            CatalogQuery(kind: .columnGrants, sql: columnGrants),
            CatalogQuery(kind: .defaultPrivileges, sql: defaultPrivileges),
            CatalogQuery(kind: .systemGrants, sql: systemGrants("pg_class", "r", "rel", "")),
            CatalogQuery(kind: .systemGrants, sql: systemGrants("pg_proc", "f", "pro", functionArguments)),
            CatalogQuery(kind: .comment, sql: notes("pg_description", "o.objsubid", "o.description", "''")),
            CatalogQuery(kind: .securityLabel, sql: notes("pg_seclabel", "o.objsubid", "o.label", "o.provider || ' '")),
        ]
    }

    private var functionArguments: String { "|| '(' || pg_get_function_identity_arguments(o.oid) || ')'" }

    private var columnGrants: String {
        """
        SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname), NULL, \(Self.explicitGrants("a.attacl")), NULL
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attacl IS NOT NULL AND cardinality(a.attacl) > 0 AND NOT a.attisdropped AND c.relpersistence <> 't'
          AND \(Self.userSchema) AND \(Self.notMember("pg_class", "c.oid"))
        """
    }

    private var defaultPrivileges: String {
        """
        SELECT format('of %I in %s for %s', pg_get_userbyid(d.defaclrole), coalesce(quote_ident(n.nspname), 'any schema'),
          d.defaclobjtype), NULL, \(Self.explicitGrants("d.defaclacl")), NULL
        FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
        """
    }

    /// Grants that the fingerprints of older builds leave out: see `FingerprintScope.allGrants`.
    var furtherGrants: [CatalogQuery] {
        let queries =
            [
                systemGrants("pg_type", "T", "typ", "", label: "type "), systemColumnGrants,
                plainGrants("pg_namespace", "n", "nsp", "schema", where: systemSchema),
                plainGrants(
                    "pg_foreign_data_wrapper",
                    "F",
                    "fdw",
                    "foreign-data wrapper",
                    where: member("pg_foreign_data_wrapper")
                ),
                plainGrants("pg_foreign_server", "S", "srv", "server", where: member("pg_foreign_server")),
                // Those that are not procedural came with the server, and no dump has their grants.
                plainGrants(
                    "pg_language",
                    "l",
                    "lan",
                    "language",
                    where: "o.lanispl AND (o.oid < \(Self.firstOwnObject) OR \(member("pg_language")))"
                ),
            ] + (version >= 150_000 ? [parameterGrants] : [])
        return queries.map { CatalogQuery(kind: .systemGrants, sql: $0) }
    }

    private func member(_ catalog: String) -> String { "NOT \(Self.notMember(catalog, "o.oid"))" }

    private var systemSchema: String {
        "o.nspname !~ '^pg_(temp|toast)'"
            + " AND (o.nspname IN ('pg_catalog', 'information_schema') OR \(member("pg_namespace")))"
    }

    /// Grants in a list, as text, sorted. The owner's own and the grantor's name depend on who made the server, and say
    /// nothing.
    private func others(_ list: String, _ type: String, _ owner: String) -> String {
        """
        (SELECT coalesce(string_agg(g, ' ' ORDER BY g COLLATE "C"), '') FROM (SELECT format('%s=%s%s',
          CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, x.privilege_type,
          CASE WHEN x.is_grantable THEN '*' ELSE '' END) AS g
          FROM aclexplode(coalesce(\(list), acldefault('\(type)', \(owner)))) x WHERE x.grantee <> \(owner)) granted)
        """
    }

    /// What came with an object of a catalog, or with a part of it.
    private func initial(_ catalog: String, _ object: String = "o.oid", part: String = "0") -> String {
        "LEFT JOIN pg_init_privs i ON i.classoid = 'pg_catalog.\(catalog)'::regclass AND i.objoid = \(object)"
            + " AND i.objsubid = \(part)"
    }

    /// Whether a list is not what came with the object.
    private func isChanged(_ acl: String, _ type: String, _ owner: String) -> String {
        "\(acl) IS DISTINCT FROM i.initprivs AND \(others(acl, type, owner)) <> \(others("i.initprivs", type, owner))"
    }

    /// Grants on what came with the server or an extension, where they are not what came with it.
    private func systemGrants(
        _ catalog: String,
        _ type: String,
        _ prefix: String,
        _ suffix: String,
        label: String = ""
    ) -> String {
        let (acl, owner) = ("o.\(prefix)acl", "o.\(prefix)owner")
        return """
            SELECT format('\(label)%I.%I', n.nspname, o.\(prefix)name)\(suffix), NULL, \(others(acl, type, owner)), NULL
            FROM \(catalog) o JOIN pg_namespace n ON n.oid = o.\(prefix)namespace \(initial(catalog))
            WHERE (n.nspname IN ('pg_catalog', 'information_schema') OR \(member(catalog)))
              AND \(isChanged(acl, type, owner))
            """
    }

    /// The same of what is in no schema.
    private func plainGrants(
        _ catalog: String,
        _ type: String,
        _ prefix: String,
        _ label: String,
        where condition: String
    ) -> String {
        let (acl, owner) = ("o.\(prefix)acl", "o.\(prefix)owner")
        return """
            SELECT format('\(label) %I', o.\(prefix)name), NULL, \(others(acl, type, owner)), NULL
            FROM \(catalog) o \(initial(catalog)) WHERE \(condition) AND \(isChanged(acl, type, owner))
            """
    }

    private var systemColumnGrants: String {
        """
        SELECT format('column %I.%I.%I', n.nspname, o.relname, a.attname), NULL, \(others("a.attacl", "c", "o.relowner")), NULL
        FROM pg_attribute a JOIN pg_class o ON o.oid = a.attrelid JOIN pg_namespace n ON n.oid = o.relnamespace
        \(initial("pg_class", part: "a.attnum"))
        WHERE a.attnum > 0 AND NOT a.attisdropped
          AND (n.nspname IN ('pg_catalog', 'information_schema') OR \(member("pg_class")))
          AND \(isChanged("a.attacl", "c", "o.relowner"))
        """
    }

    /// What roles may set on the server. Its owner is the one that every server has.
    private var parameterGrants: String {
        """
        SELECT '\(ObjectPrint.parameterPrefix)' || p.parname, NULL, \(others("p.paracl", "p", "10")), NULL
        FROM pg_parameter_acl p WHERE \(others("p.paracl", "p", "10")) <> ''
        """
    }

    /// Comments and labels on everything that a dump covers. The schema `public` came with the server but is dumped.
    private func notes(_ catalog: String, _ part: String, _ text: String, _ prefix: String) -> String {
        """
        SELECT \(prefix) || i.type || ' ' || i.identity, NULL, NULL, \(text)
        FROM \(catalog) o CROSS JOIN LATERAL pg_identify_object(o.classoid, o.objoid, \(part)) i
        WHERE (o.objoid >= \(Self.firstOwnObject)
            OR (o.classoid = 'pg_catalog.pg_namespace'::regclass AND o.objoid = 2200))
          AND coalesce(i.schema, '') !~ '^pg_(temp|toast)'
          AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = o.classoid AND e.objid = o.objoid
            AND e.objsubid = 0 AND e.deptype = 'e')
        """
    }
}
