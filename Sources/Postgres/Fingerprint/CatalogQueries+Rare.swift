import UpgradeModel

/// What few applications have, and what must be right all the same.
extension CatalogSQL {
    var rare: [CatalogQuery] {
        [
            CatalogQuery(kind: .publication, sql: publications),
            CatalogQuery(kind: .foreignDataWrapper, sql: wrappers),
            CatalogQuery(kind: .server, sql: servers),
            CatalogQuery(kind: .userMapping, sql: userMappings),
            CatalogQuery(kind: .language, sql: languages),
            CatalogQuery(kind: .cast, sql: casts),
            CatalogQuery(kind: .transform, sql: transforms),
            CatalogQuery(kind: .operator, sql: operators),
            CatalogQuery(kind: .operatorFamily, sql: operatorFamilies),
            CatalogQuery(kind: .operatorClass, sql: operatorClasses),
            CatalogQuery(kind: .accessMethod, sql: accessMethods),
            CatalogQuery(kind: .conversion, sql: conversions),
            CatalogQuery(kind: .textSearch, sql: textSearch),
        ] + (version >= 100_000 ? [CatalogQuery(kind: .subscription, sql: subscriptions)] : [])
    }

    private var publications: String {
        let row = version >= 150_000
        // Where a table has lost a column, those of its copy bear other numbers.
        let columns =
            edition >= 2
            ? "(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE \"C\") FROM pg_attribute a"
                + " WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[]))"
            : "r.prattrs::text"
        let filter =
            row
            ? "|| coalesce(' where ' || \(expression("pg_get_expr(r.prqual, r.prrelid)")), '')"
                + " || coalesce(' columns ' || \(columns), '')"
            : ""
        let schemas =
            row
            ? "(SELECT string_agg(quote_ident(sn.nspname), ', ' ORDER BY sn.nspname COLLATE \"C\") FROM "
                + "pg_publication_namespace ps JOIN pg_namespace sn ON sn.oid = ps.pnnspid WHERE ps.pnpubid = p.oid)"
            : "NULL"
        return """
            SELECT quote_ident(p.pubname), \(Self.role("p.pubowner")), NULL,
              concat_ws(E'\\n', concat_ws(' ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
                \(since(130_000, "p.pubviaroot"))),
                (SELECT string_agg(format('%I.%I', n.nspname, c.relname) \(filter), E'\\n'
                  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")
                  FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid
                  JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid), \(schemas))
            FROM pg_publication p WHERE \(Self.notMember("pg_publication", "p.oid"))
            """
    }

    /// A restored subscription is not enabled, and how it connects is not for everybody to read.
    private var subscriptions: String {
        """
        SELECT quote_ident(s.subname), \(Self.role("s.subowner")), NULL,
          concat_ws(' ', s.subslotname, s.subsynccommit, array_to_string(s.subpublications, ','))
        FROM pg_subscription s
        WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        """
    }

    private var wrappers: String {
        """
        SELECT quote_ident(w.fdwname), \(Self.role("w.fdwowner")), \(Self.grants("w.fdwacl", "F", "w.fdwowner")),
          concat_ws(' ', w.fdwhandler::regproc, w.fdwvalidator::regproc, \(Self.options("w.fdwoptions")))
        FROM pg_foreign_data_wrapper w WHERE \(Self.notMember("pg_foreign_data_wrapper", "w.oid"))
        """
    }

    private var servers: String {
        """
        SELECT quote_ident(s.srvname), \(Self.role("s.srvowner")), \(Self.grants("s.srvacl", "S", "s.srvowner")),
          concat_ws(' ', quote_ident(w.fdwname), s.srvtype, s.srvversion, \(Self.options("s.srvoptions")))
        FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
        WHERE \(Self.notMember("pg_foreign_server", "s.oid"))
        """
    }

    private var userMappings: String {
        """
        SELECT format('%s on %I', CASE WHEN u.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(u.usename) END, u.srvname),
          NULL, NULL, coalesce(\(Self.options("u.umoptions")), '') FROM pg_user_mappings u
        """
    }

    private var languages: String {
        """
        SELECT quote_ident(l.lanname), \(Self.role("l.lanowner")), \(Self.grants("l.lanacl", "l", "l.lanowner")),
          concat_ws(' ', l.lanpltrusted, l.lanplcallfoid::regprocedure, l.laninline::regprocedure,
            l.lanvalidator::regprocedure)
        FROM pg_language l WHERE l.oid >= \(Self.firstOwnObject) AND \(Self.notMember("pg_language", "l.oid"))
        """
    }

    private var casts: String {
        """
        SELECT format('%s as %s', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)), NULL, NULL,
          concat_ws(' ', c.castfunc::regprocedure, c.castcontext, c.castmethod)
        FROM pg_cast c WHERE c.oid >= \(Self.firstOwnObject) AND \(Self.notMember("pg_cast", "c.oid"))
          AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_catalog.pg_cast'::regclass AND i.objid = c.oid
            AND i.deptype = 'i')
        """
    }

    private var transforms: String {
        """
        SELECT format('%s for %I', format_type(t.trftype, NULL), l.lanname), NULL, NULL,
          concat_ws(' ', t.trffromsql::regprocedure, t.trftosql::regprocedure)
        FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang WHERE \(Self.notMember("pg_transform", "t.oid"))
        """
    }

    private var operators: String {
        """
        SELECT o.oid::regoperator::text, \(Self.role("o.oprowner")), NULL,
          concat_ws(' ', o.oprkind, o.oprcanmerge, o.oprcanhash, format_type(nullif(o.oprresult, 0), NULL),
            o.oprcom::regoperator, o.oprnegate::regoperator, o.oprcode::regprocedure, o.oprrest::regprocedure,
            o.oprjoin::regprocedure)
        FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_operator", "o.oid"))
        """
    }

    private var operatorFamilies: String {
        """
        SELECT format('%I.%I using %I', n.nspname, f.opfname, m.amname), \(Self.role("f.opfowner")), NULL,
          concat_ws(E'\\n',
            (SELECT string_agg(concat_ws(' ', a.amopstrategy, a.amopopr::regoperator, a.amoppurpose), E'\\n'
              ORDER BY a.amopstrategy, a.amopopr::regoperator::text COLLATE "C")
              FROM pg_amop a WHERE a.amopfamily = f.oid),
            (SELECT string_agg(concat_ws(' ', a.amprocnum, format_type(a.amproclefttype, NULL),
                format_type(a.amprocrighttype, NULL), a.amproc::regprocedure), E'\\n'
              ORDER BY a.amprocnum, format_type(a.amproclefttype, NULL) COLLATE "C",
                format_type(a.amprocrighttype, NULL) COLLATE "C") FROM pg_amproc a WHERE a.amprocfamily = f.oid))
        FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_opfamily", "f.oid"))
        """
    }

    private var operatorClasses: String {
        """
        SELECT format('%I.%I using %I', n.nspname, c.opcname, m.amname), \(Self.role("c.opcowner")), NULL,
          concat_ws(' ', format_type(c.opcintype, NULL), c.opcdefault, format_type(nullif(c.opckeytype, 0), NULL),
            (SELECT format('%I.%I', fn.nspname, f.opfname) FROM pg_opfamily f
              JOIN pg_namespace fn ON fn.oid = f.opfnamespace WHERE f.oid = c.opcfamily))
        FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace JOIN pg_am m ON m.oid = c.opcmethod
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_opclass", "c.oid"))
        """
    }

    private var accessMethods: String {
        """
        SELECT quote_ident(m.amname), NULL, NULL, concat_ws(' ', m.amtype, m.amhandler::regprocedure)
        FROM pg_am m WHERE m.oid >= \(Self.firstOwnObject) AND \(Self.notMember("pg_am", "m.oid"))
        """
    }

    private var conversions: String {
        """
        SELECT format('%I.%I', n.nspname, c.conname), \(Self.role("c.conowner")), NULL,
          concat_ws(' ', pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding),
            c.conproc::regprocedure, c.condefault)
        FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_conversion", "c.oid"))
        """
    }

    private var textSearch: String {
        """
        SELECT format('dictionary %I.%I', n.nspname, d.dictname), \(Self.role("d.dictowner")), NULL,
          concat_ws(' ', (SELECT format('%I.%I', tn.nspname, t.tmplname) FROM pg_ts_template t
            JOIN pg_namespace tn ON tn.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate), d.dictinitoption)
        FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_ts_dict", "d.oid"))
        UNION ALL
        SELECT format('configuration %I.%I', n.nspname, f.cfgname), \(Self.role("f.cfgowner")), NULL,
          concat_ws(E'\\n', (SELECT format('%I.%I', pn.nspname, p.prsname) FROM pg_ts_parser p
            JOIN pg_namespace pn ON pn.oid = p.prsnamespace WHERE p.oid = f.cfgparser),
            (SELECT string_agg(concat_ws(' ', m.maptokentype, m.mapseqno, m.mapdict::regdictionary), E'\\n'
              ORDER BY m.maptokentype, m.mapseqno) FROM pg_ts_config_map m WHERE m.mapcfg = f.oid))
        FROM pg_ts_config f JOIN pg_namespace n ON n.oid = f.cfgnamespace
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_ts_config", "f.oid"))
        UNION ALL
        SELECT format('parser %I.%I', n.nspname, p.prsname), NULL, NULL,
          concat_ws(' ', p.prsstart::regproc, p.prstoken::regproc, p.prsend::regproc, p.prsheadline::regproc,
            p.prslextype::regproc)
        FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_ts_parser", "p.oid"))
        UNION ALL
        SELECT format('template %I.%I', n.nspname, t.tmplname), NULL, NULL,
          concat_ws(' ', t.tmplinit::regproc, t.tmpllexize::regproc)
        FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_ts_template", "t.oid"))
        """
    }
}
