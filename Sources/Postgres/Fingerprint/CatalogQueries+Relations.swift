import UpgradeModel

/// Tables, views, indexes, constraints, sequences.
extension CatalogSQL {
    var relations: [CatalogQuery] {
        [
            CatalogQuery(kind: .table, sql: tables("c.relkind IN ('r', 'p')")),
            CatalogQuery(kind: .foreignTable, sql: tables("c.relkind = 'f'")),
            CatalogQuery(kind: .view, sql: views("v")),
            CatalogQuery(kind: .materializedView, sql: views("m")),
            CatalogQuery(kind: .sequence, sql: sequences),
            CatalogQuery(kind: .index, sql: indexes),
            CatalogQuery(kind: .constraint, sql: constraints),
            CatalogQuery(kind: .domainConstraint, sql: domainConstraints),
            CatalogQuery(kind: .statistics, sql: statistics),
        ]
    }

    /// Whether a table's columns come from a parent that is not its partitioned table. A restore puts inherited
    /// columns first, so that the order of the columns says nothing there.
    static let inherits =
        "EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid AND NOT c.relispartition)"

    private func tables(_ condition: String) -> String {
        """
        SELECT format('%I.%I', n.nspname, c.relname), \(Self.role("c.relowner")),
          \(Self.grants("c.relacl", "r", "c.relowner")),
          concat_ws(E'\\n', 'kind ' || c.relkind::text, 'persistence ' || c.relpersistence::text,
            'method ' || (SELECT am.amname FROM pg_am am WHERE am.oid = c.relam),
            'options ' || \(Self.options("c.reloptions")),
            'toast options ' || (SELECT nullif(\(Self.options("tc.reloptions")), '') FROM pg_class tc
              WHERE tc.oid = c.reltoastrelid),
            'replica identity ' || c.relreplident::text,
            'row security ' || c.relrowsecurity || ' ' || c.relforcerowsecurity,
            'of ' || CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
            'inherits ' || (SELECT string_agg(format('%I.%I', pn.nspname, p.relname), ', ' ORDER BY h.inhseqno)
              FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
              WHERE h.inhrelid = c.oid),
            'bound ' || pg_get_expr(c.relpartbound, c.oid),
            'key ' || CASE WHEN c.relkind = 'p' THEN \(expression("pg_get_partkeydef(c.oid)")) END,
            'foreign ' || (SELECT quote_ident(s.srvname) || ' ' || coalesce(\(Self.options("f.ftoptions")), '')
              FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid),
            (SELECT string_agg(\(column), E'\\n'
              ORDER BY CASE WHEN \(Self.inherits) THEN 0 ELSE a.attnum END, a.attname COLLATE "C")
              FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
              LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE \(condition) AND c.relpersistence <> 't' AND \(Self.userSchema) AND \(Self.notMember("pg_class", "c.oid"))
        """
    }

    /// A column's options without the mark that some servers put there for themselves, which is
    /// another one in every copy and is not dumped.
    private static let columnOptions =
        options("array(SELECT ao FROM unnest(a.attoptions) ao WHERE ao NOT LIKE 'pg_attver=%')")

    /// One column in words.
    private var column: String {
        """
        concat(format('column %I %s', a.attname, format_type(a.atttypid, a.atttypmod)),
          \(Self.collation("a.attcollation", unless: "t.typcollation")),
          CASE WHEN a.attnotnull THEN ' not null' END, ' identity ' || nullif(a.attidentity::text, ''),
          ' generated ' || nullif(\(since(120_000, "a.attgenerated::text")), ''),
          ' default ' || \(expression("pg_get_expr(d.adbin, d.adrelid)")),
          CASE WHEN a.attstorage <> t.typstorage THEN ' storage ' || a.attstorage::text END,
          ' compression ' || nullif(\(since(140_000, "a.attcompression::text")), ''),
          ' statistics ' || nullif(a.attstattarget, -1), ' options ' || nullif(\(Self.columnOptions), ''),
          ' foreign ' || nullif(\(Self.options("a.attfdwoptions")), ''))
        """
    }

    private func views(_ kind: String) -> String {
        """
        SELECT format('%I.%I', n.nspname, c.relname), \(Self.role("c.relowner")),
          \(Self.grants("c.relacl", "r", "c.relowner")),
          concat_ws(E'\\n', \(Self.options("c.reloptions")),
            (SELECT string_agg(concat(format('column %I %s', a.attname, format_type(a.atttypid, a.atttypmod)),
              ' default ' || \(expression("pg_get_expr(d.adbin, d.adrelid)"))), E'\\n' ORDER BY a.attnum)
              FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
            \(expression("pg_get_viewdef(c.oid)")))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = '\(kind)' AND c.relpersistence <> 't' AND \(Self.userSchema)
          AND \(Self.notMember("pg_class", "c.oid"))
        """
    }

    private var sequences: String {
        """
        SELECT format('%I.%I', n.nspname, c.relname), \(Self.role("c.relowner")),
          \(Self.grants("c.relacl", "s", "c.relowner")),
          concat_ws(' ', c.relpersistence, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
            s.seqcache, s.seqcycle,
            (SELECT format('%s %I.%I.%I', o.deptype, tn.nspname, tc.relname, ta.attname)
              FROM pg_depend o JOIN pg_class tc ON tc.oid = o.refobjid JOIN pg_namespace tn ON tn.oid = tc.relnamespace
              JOIN pg_attribute ta ON ta.attrelid = tc.oid AND ta.attnum = o.refobjsubid
              WHERE o.classid = 'pg_catalog.pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i')
                AND o.refclassid = 'pg_catalog.pg_class'::regclass AND o.refobjsubid > 0))
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relpersistence <> 't' AND \(Self.userSchema) AND \(Self.notMember("pg_class", "c.oid"))
        """
    }

    /// An index that was never finished is not dumped, except the frame of a partitioned one.
    private var indexes: String {
        let plain = """
            concat_ws(' ', (SELECT am.amname FROM pg_am am WHERE am.oid = c.relam), i.indisunique, i.indisexclusion,
              i.indimmediate, i.indnkeyatts, i.indnatts, i.indoption, \(Self.options("c.reloptions")), i.indpred IS NULL,
              \(since(150_000, "i.indnullsnotdistinct")))
            """
        return """
            SELECT format('%I.%I', n.nspname, c.relname), NULL, NULL,
              concat_ws(E'\\n', \(showsExpressions ? "pg_get_indexdef(i.indexrelid)" : plain), CASE WHEN i.indisclustered THEN 'clustered' END,
                CASE WHEN i.indisreplident THEN 'replica identity' END,
                'part of ' || (SELECT format('%I.%I', pn.nspname, p.relname) FROM pg_inherits h
                  JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
                  WHERE h.inhrelid = c.oid),
                'statistics ' || (SELECT string_agg(a.attnum || '=' || a.attstattarget, ' ' ORDER BY a.attnum)
                  FROM pg_attribute a WHERE a.attrelid = c.oid AND coalesce(a.attstattarget, -1) <> -1))
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE (i.indisvalid OR t.relkind = 'p') AND t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't'
              AND \(Self.userSchema) AND \(Self.notMember("pg_class", "i.indrelid"))
            """
    }

    /// The parts that a foreign key has on single partitions are made with the whole, and their names are not kept.
    private var constraints: String {
        let plain = """
            concat_ws(' ', k.condeferrable, k.convalidated, k.connoinherit,
              CASE WHEN k.contype IN ('f', 'p', 'u') THEN pg_get_constraintdef(k.oid) END)
            """
        return """
            SELECT format('%I.%I.%I', n.nspname, c.relname, k.conname), NULL, NULL,
              concat_ws(' ', k.contype, \(showsExpressions ? "pg_get_constraintdef(k.oid)" : plain), CASE WHEN k.condeferred THEN 'deferred' END),
              NULL, \(triggersOutOfUse)
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND (k.contype <> 'f' OR k.conparentid = 0)
              AND c.relpersistence <> 't' AND \(Self.userSchema) AND \(Self.notMember("pg_class", "c.oid"))
            """
    }

    /// Which of a constraint's own triggers, and of a foreign key those on partitions and on what it refers to, are not
    /// as they are made. They belong to no trigger of a dump, and so every copy has them at work.
    private var triggersOutOfUse: String {
        """
        (SELECT 'triggers ' || string_agg(t.state, ', ' ORDER BY t.state COLLATE "C") FROM (
            WITH RECURSIVE part AS (SELECT k.oid UNION ALL SELECT p.oid FROM pg_constraint p
              JOIN part ON p.conparentid = part.oid WHERE k.contype = 'f')
            SELECT DISTINCT format('%s on %I.%I', CASE g.tgenabled WHEN 'D' THEN 'disabled'
                WHEN 'A' THEN 'always enabled' WHEN 'R' THEN 'enabled for replicas' ELSE g.tgenabled::text END,
                tn.nspname, tc.relname) AS state
              FROM part JOIN pg_trigger g ON g.tgconstraint = part.oid JOIN pg_class tc ON tc.oid = g.tgrelid
              JOIN pg_namespace tn ON tn.oid = tc.relnamespace WHERE g.tgenabled <> 'O') t)
        """
    }

    private var domainConstraints: String {
        """
        SELECT format('%I.%I.%I', n.nspname, t.typname, k.conname), NULL, NULL,
          \(showsExpressions ? "pg_get_constraintdef(k.oid)" : "k.convalidated::text")
        FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE k.contype = 'c' AND \(Self.userSchema) AND \(Self.notMember("pg_type", "t.oid"))
        """
    }

    private var statistics: String {
        """
        SELECT format('%I.%I', n.nspname, s.stxname), \(Self.role("s.stxowner")), NULL,
          concat_ws(' ', \(showsExpressions ? "pg_get_statisticsobjdef(s.oid)" : "s.stxkind::text"), \(since(130_000, "nullif(s.stxstattarget, -1)")))
        FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_statistic_ext", "s.oid"))
        """
    }
}
