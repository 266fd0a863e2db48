import UpgradeModel

/// Types of all sorts.
extension CatalogSQL {
    var types: [CatalogQuery] { [CatalogQuery(kind: .type, sql: typesSQL)] }

    /// Row types of tables, arrays and multiranges come with what they belong to.
    private var typesSQL: String {
        """
        SELECT format('%I.%I', n.nspname, t.typname), \(Self.role("t.typowner")),
          \(Self.grants("t.typacl", "T", "t.typowner")),
          concat_ws(E'\\n', t.typtype, CASE t.typtype
            WHEN 'e' THEN (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
              FROM pg_enum e WHERE e.enumtypid = t.oid)
            WHEN 'c' THEN (SELECT string_agg(concat(quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod),
                \(Self.collation("a.attcollation", unless: "at.typcollation"))), E'\\n' ORDER BY a.attnum)
              FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
              WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
            WHEN 'd' THEN concat(format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN ' not null' END,
              ' default ' || \(expression("pg_get_expr(t.typdefaultbin, 0)")),
              \(Self.collation("t.typcollation", unless: "(SELECT b.typcollation FROM pg_type b WHERE b.oid = t.typbasetype)")))
            WHEN 'r' THEN (SELECT concat_ws(' ', format_type(r.rngsubtype, NULL), r.rngcanonical, r.rngsubdiff,
                (SELECT format('%I.%I', cn.nspname, oc.opcname) FROM pg_opclass oc
                  JOIN pg_namespace cn ON cn.oid = oc.opcnamespace WHERE oc.oid = r.rngsubopc),
                (SELECT format('%I.%I', cn.nspname, co.collname) FROM pg_collation co
                  JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = r.rngcollation),
                \(since(140_000, "format_type(r.rngmultitypid, NULL)")))
              FROM pg_range r WHERE r.rngtypid = t.oid)
            ELSE concat_ws(' ', t.typlen, t.typbyval, t.typcategory, t.typispreferred, t.typisdefined, t.typdelim,
              t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze, t.typalign,
              t.typstorage, t.typcollation <> 0, t.typdefault, CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END)
            END)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_type", "t.oid")) AND t.typtype <> 'm'
          AND (t.typtype <> 'c' OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
          AND NOT EXISTS (SELECT FROM pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid)
        """
    }
}
