import UpgradeModel

/// One question to the catalogs about objects of a kind. The answer's columns are name, owner, grants, definition,
/// version and value, of which the last ones may be left out; none of them holds a number that differs between servers.
struct CatalogQuery: Sendable, Hashable {
    var kind: ObjectKind
    var sql: String
}

/// Pieces that the questions share. `version` is the server's, as a number.
struct CatalogSQL: Sendable, Hashable {
    var version: Int
    /// Whether definitions hold the expressions that are in them, or only say that there are some.
    var showsExpressions = true
    /// See `FingerprintScope.edition`.
    var edition = FingerprintScope.currentEdition

    /// The schemas that a dump covers.
    static let userSchema = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

    /// The first number that an object can have that did not come with the server.
    static let firstOwnObject = 16_384

    /// What belongs to an extension comes with it and is not dumped.
    static func notMember(_ catalog: String, _ oid: String) -> String {
        "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_catalog.\(catalog)'::regclass"
            + " AND e.objid = \(oid) AND e.objsubid = 0 AND e.deptype = 'e')"
    }

    /// A role's name.
    static func role(_ oid: String) -> String { "pg_get_userbyid(\(oid))" }

    /// Grants as text, one a privilege, sorted. No list at all means the default one, which is what a dump takes it
    /// for.
    static func grants(_ acl: String, _ type: String, _ owner: String) -> String {
        explicitGrants("coalesce(\(acl), acldefault('\(type)', \(owner)))")
    }

    static func explicitGrants(_ acl: String) -> String {
        """
        (SELECT coalesce(string_agg(g, ' ' ORDER BY g COLLATE "C"), '') FROM (SELECT format('%s=%s%s/%s',
          CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, x.privilege_type,
          CASE WHEN x.is_grantable THEN '*' ELSE '' END, quote_ident(pg_get_userbyid(x.grantor))) AS g
          FROM aclexplode(\(acl)) x) granted)
        """
    }

    /// Options as text, sorted, since their order says nothing.
    static func options(_ array: String) -> String {
        #"array_to_string(ARRAY(SELECT o FROM unnest(\#(array)) o ORDER BY o COLLATE "C"), ', ')"#
    }

    /// A collation's name where it is not the type's own.
    static func collation(_ oid: String, unless standard: String) -> String {
        """
        CASE WHEN \(oid) <> \(standard) THEN (SELECT format(' collate %I.%I', cn.nspname, co.collname)
          FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = \(oid)) END
        """
    }

    /// An expression where the server's version has it, else NULL.
    func since(_ minimum: Int, _ expression: String) -> String {
        version >= minimum ? expression : "NULL"
    }

    /// An expression that the server may write in other words once it has read it.
    func expression(_ text: String) -> String {
        showsExpressions ? text : "CASE WHEN \(text) IS NOT NULL THEN 'expression' END"
    }

    /// Questions about what is of kinds that have expressions in them, with these left out.
    var structures: [CatalogQuery] {
        let kinds: Set<ObjectKind> = [
            .constraint, .domainConstraint, .foreignTable, .function, .index, .materializedView, .policy, .publication,
            .rule,
            .statistics, .table, .trigger, .type, .view,
        ]
        var catalog = self
        catalog.showsExpressions = false
        return catalog.all.filter { kinds.contains($0.kind) }
    }

    /// All questions, in the order in which a reader would ask them.
    var all: [CatalogQuery] { containers + relations + types + code + access + rare }
}
