import UpgradeModel

/// Functions, triggers, rules, policies: what runs by itself.
extension CatalogSQL {
    var code: [CatalogQuery] {
        [
            CatalogQuery(kind: .function, sql: functions("p.prokind <> 'a'", function)),
            CatalogQuery(kind: .aggregate, sql: functions("p.prokind = 'a'", aggregate)),
            CatalogQuery(kind: .trigger, sql: triggers),
            CatalogQuery(kind: .eventTrigger, sql: eventTriggers),
            CatalogQuery(kind: .rule, sql: rules),
            CatalogQuery(kind: .policy, sql: policies),
        ]
    }

    /// What a type brings with it, such as the constructors of a range, is not dumped by itself.
    private func functions(_ condition: String, _ definition: String) -> String {
        """
        SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
          \(Self.role("p.proowner")), \(Self.grants("p.proacl", "f", "p.proowner")), \(definition)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE \(condition) AND \(Self.userSchema) AND \(Self.notMember("pg_proc", "p.oid"))
          AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_catalog.pg_proc'::regclass AND i.objid = p.oid
            AND i.deptype = 'i')
        """
    }

    /// Expressions are in the arguments' defaults and in bodies that the server has read already.
    private var function: String {
        showsExpressions
            ? "pg_get_functiondef(p.oid)"
            : """
            concat_ws(' ', (SELECT l.lanname FROM pg_language l WHERE l.oid = p.prolang), p.prokind, p.provolatile,
              p.proisstrict, p.prosecdef, p.proleakproof, p.proparallel, p.procost, p.prorows, p.proretset, p.pronargdefaults,
              pg_get_function_result(p.oid), array_to_string(p.proconfig, ' '), p.probin, p.prosrc)
            """
    }

    private var aggregate: String {
        """
        (SELECT concat_ws(' ', pg_get_function_result(p.oid), p.proparallel, g.aggkind, g.aggnumdirectargs,
            g.aggtransfn::regprocedure, g.aggfinalfn::regprocedure, g.aggcombinefn::regprocedure,
            g.aggserialfn::regprocedure, g.aggdeserialfn::regprocedure, g.aggmtransfn::regprocedure,
            g.aggminvtransfn::regprocedure, g.aggmfinalfn::regprocedure, g.aggfinalextra, g.aggmfinalextra,
            g.aggfinalmodify, g.aggmfinalmodify, g.aggsortop::regoperator, format_type(g.aggtranstype, NULL),
            g.aggtransspace, format_type(nullif(g.aggmtranstype, 0), NULL), g.aggmtransspace, quote_nullable(g.agginitval),
            quote_nullable(g.aggminitval)) FROM pg_aggregate g WHERE g.aggfnoid = p.oid)
        """
    }

    private var triggers: String {
        let plain = """
            concat_ws(' ', g.tgtype, g.tgfoid::regprocedure, g.tgdeferrable, g.tginitdeferred, g.tgoldtable, g.tgnewtable,
              encode(g.tgargs, 'hex'), cardinality(g.tgattr::int2[]), g.tgqual IS NULL)
            """
        return """
            SELECT format('%I.%I.%I', n.nspname, c.relname, g.tgname), NULL, NULL,
              concat_ws(' ', g.tgenabled, \(showsExpressions ? "pg_get_triggerdef(g.oid)" : plain))
            FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT g.tgisinternal AND \(Self.userSchema) AND \(Self.notMember("pg_class", "c.oid"))
              AND \(Self.notMember("pg_trigger", "g.oid"))
            """
    }

    private var eventTriggers: String {
        """
        SELECT quote_ident(g.evtname), \(Self.role("g.evtowner")), NULL,
          concat_ws(' ', g.evtevent, g.evtfoid::regprocedure, g.evtenabled, array_to_string(g.evttags, ','))
        FROM pg_event_trigger g WHERE \(Self.notMember("pg_event_trigger", "g.oid"))
        """
    }

    /// A view's own rule is its definition.
    private var rules: String {
        """
        SELECT format('%I.%I.%I', n.nspname, c.relname, w.rulename), NULL, NULL,
          concat_ws(' ', w.ev_enabled, \(showsExpressions ? "pg_get_ruledef(w.oid)" : "w.ev_type::text || w.is_instead"))
        FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE w.rulename <> '_RETURN' AND \(Self.userSchema) AND \(Self.notMember("pg_class", "c.oid"))
          AND \(Self.notMember("pg_rewrite", "w.oid"))
        """
    }

    private var policies: String {
        """
        SELECT format('%I.%I.%I', n.nspname, c.relname, y.polname), NULL, NULL,
          concat_ws(E'\\n', y.polcmd, y.polpermissive,
            (SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', '
              ORDER BY pg_get_userbyid(r) COLLATE "C") FROM unnest(y.polroles) r),
            'using ' || \(expression("pg_get_expr(y.polqual, y.polrelid)")),
            'check ' || \(expression("pg_get_expr(y.polwithcheck, y.polrelid)")))
        FROM pg_policy y JOIN pg_class c ON c.oid = y.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE \(Self.userSchema) AND \(Self.notMember("pg_class", "c.oid"))
        """
    }
}
