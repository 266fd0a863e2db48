import UpgradeModel

/// The database itself, its settings, schemas, extensions, and the roles of its server.
extension CatalogSQL {
    var containers: [CatalogQuery] {
        [
            CatalogQuery(kind: .database, sql: database),
            CatalogQuery(kind: .setting, sql: settings),
            CatalogQuery(kind: .schema, sql: schemas),
            CatalogQuery(kind: .extension, sql: extensions),
            CatalogQuery(kind: .collation, sql: collations),
        ]
    }

    /// The locale of a provider other than the C library, whose column has had several names.
    private func locale(_ row: String, icu: String, any: String) -> String {
        version >= 170_000 ? "\(row).\(any)" : since(150_000, "\(row).\(icu)")
    }

    private var database: String {
        """
        SELECT quote_ident(d.datname), \(Self.role("d.datdba")), \(Self.grants("d.datacl", "d", "d.datdba")),
          concat_ws(E'\\n', 'encoding ' || pg_encoding_to_char(d.encoding), 'collate ' || d.datcollate,
            'ctype ' || d.datctype, 'provider ' || \(since(150_000, "d.datlocprovider::text")),
            'locale ' || \(locale("d", icu: "daticulocale", any: "datlocale")),
            'rules ' || \(since(160_000, "d.daticurules")), 'connections ' || d.datconnlimit,
            'template ' || d.datistemplate, 'comment ' || shobj_description(d.oid, 'pg_database'),
            'labels ' || (SELECT string_agg(l.provider || '=' || l.label, ' ' ORDER BY l.provider) FROM pg_shseclabel l
              WHERE l.classoid = 'pg_catalog.pg_database'::regclass AND l.objoid = d.oid)),
          \(since(150_000, "d.datcollversion"))
        FROM pg_database d WHERE d.datname = current_database()
        """
    }

    /// Values are kept as digests only: applications put secrets there. What is set for all roles in all databases is in
    /// no dump; it is stored with the roles.
    private var settings: String {
        let forAll = edition >= 2 ? "OR (s.setdatabase = 0 AND s.setrole = 0)" : ""
        return """
            SELECT concat(CASE WHEN s.setdatabase = 0 THEN '\(ObjectPrint.allRolesPrefix)' END,
                'role ' || quote_ident(r.rolname) || ': ', split_part(v, '=', 1)), NULL, NULL,
              substr(v, strpos(v, '=') + 1)
            FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) v LEFT JOIN pg_roles r ON r.oid = s.setrole
            WHERE s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()) \(forAll)
            """
    }

    private var schemas: String {
        """
        SELECT quote_ident(n.nspname), \(Self.role("n.nspowner")), \(Self.grants("n.nspacl", "n", "n.nspowner")), NULL
        FROM pg_namespace n WHERE \(Self.userSchema) AND \(Self.notMember("pg_namespace", "n.oid"))
        """
    }

    /// An extension's owner is whoever restores it.
    private var extensions: String {
        """
        SELECT quote_ident(x.extname), NULL, NULL, n.nspname, x.extversion
        FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace
        """
    }

    private var collations: String {
        let locale = version >= 170_000 ? "c.colllocale" : since(150_000, "c.colliculocale")
        return """
            SELECT format('%I.%I', n.nspname, c.collname), \(Self.role("c.collowner")), NULL,
              concat_ws(' ', c.collprovider, c.collcollate, c.collctype, \(locale),
                \(since(120_000, "c.collisdeterministic")), \(since(160_000, "c.collicurules"))), c.collversion
            FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
            WHERE \(Self.userSchema) AND \(Self.notMember("pg_collation", "c.oid"))
            """
    }

    /// The roles of the server, with what a dump of the roles keeps.
    ///
    /// `passwords` is whether the stored forms of passwords are covered; needs a superuser.
    func roles(passwords: Bool) -> CatalogQuery {
        let password = "(SELECT a.rolpassword FROM pg_authid a WHERE a.oid = r.oid)"
        let options = version >= 160_000 ? "|| ' ' || m.inherit_option || ' ' || m.set_option" : ""
        return CatalogQuery(
            kind: .role,
            sql: """
                SELECT quote_ident(r.rolname), NULL, NULL,
                  concat_ws(E'\\n', concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb,
                    r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil),
                    'settings ' || array_to_string(r.rolconfig, E'\\n'),
                    'comment ' || shobj_description(r.oid, 'pg_authid'),
                    \(passwords ? "'password ' || \(password)" : "NULL"),
                    (SELECT string_agg('member of ' || quote_ident(g.rolname) || ' ' || m.admin_option \(options),
                      E'\\n' ORDER BY g.rolname COLLATE "C")
                      FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid))
                FROM pg_roles r WHERE r.rolname !~ '^pg_'
                """
        )
    }
}
