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

    /// Grants on what came with the server or an extension, where they are not what came with it. The owner's own and
    /// the grantor's name depend on who made the server, and say nothing.
    private func systemGrants(_ catalog: String, _ type: String, _ prefix: String, _ suffix: String) -> String {
        let (acl, owner) = ("o.\(prefix)acl", "o.\(prefix)owner")
        func others(_ list: String) -> String {
            """
            (SELECT coalesce(string_agg(g, ' ' ORDER BY g COLLATE "C"), '') FROM (SELECT format('%s=%s%s',
              CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, x.privilege_type,
              CASE WHEN x.is_grantable THEN '*' ELSE '' END) AS g
              FROM aclexplode(coalesce(\(list), acldefault('\(type)', \(owner)))) x WHERE x.grantee <> \(owner)) granted)
            """
        }
        return """
            SELECT format('%I.%I', n.nspname, o.\(prefix)name)\(suffix), NULL, \(others(acl)), NULL
            FROM \(catalog) o JOIN pg_namespace n ON n.oid = o.\(prefix)namespace
            LEFT JOIN pg_init_privs i ON i.classoid = 'pg_catalog.\(catalog)'::regclass AND i.objoid = o.oid
              AND i.objsubid = 0
            WHERE (n.nspname IN ('pg_catalog', 'information_schema') OR NOT \(Self.notMember(catalog, "o.oid")))
              AND \(acl) IS DISTINCT FROM i.initprivs AND \(others(acl)) <> \(others("i.initprivs"))
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
