import Testing

/// A change to a restored copy, as statements, and what must be said of it.
struct Change: Sendable, CustomTestStringConvertible {
    var name: String
    var sql: String
    /// What one difference must contain each.
    var named: [String]

    init(_ name: String, _ sql: String, _ named: String...) {
        self.name = name
        self.sql = sql
        self.named = named
    }

    var testDescription: String { name }
}

extension Change {
    /// Changes of rows, sequences and large objects.
    static let ofContent: [Change] = [
        Change("a lost row", "DELETE FROM orders WHERE id = 17", "table public.orders has another number of rows"),
        Change("a row twice", #"INSERT INTO odd."camelCase" VALUES (1, 'x')"#, #"table odd."camelCase" has another"#),
        Change(
            "a changed number",
            "UPDATE customers SET score = score + 1 WHERE id = 110",
            "table public.customers has other rows (300 rows on both sides)"
        ),
        Change(
            "two swapped values",
            "UPDATE orders SET note = CASE id WHEN 5 THEN 'note 6' ELSE 'note 5' END WHERE id IN (5, 6)",
            "table public.orders has other rows"
        ),
        Change(
            "a pair of equal rows for another pair, which an exclusive-or would not see",
            #"UPDATE odd."camelCase" SET x = 3 WHERE x = 2"#,
            #"table odd."camelCase" has other rows"#
        ),
        Change(
            "a null that became empty",
            "UPDATE child SET extra = '' WHERE extra IS NULL",
            "table public.child has other"
        ),
        Change(
            "a blank at the end",
            "UPDATE parent SET label = 'p ' WHERE label = 'p'",
            "table public.parent has other rows"
        ),
        Change(
            "a microsecond",
            "UPDATE customers SET seen = seen + interval '1 microsecond' WHERE id = 100",
            "table public.customers has other rows"
        ),
        Change(
            "the last bit of a number",
            "UPDATE customers SET ratio = ratio + 2.220446049250313e-16 WHERE ratio = 1",
            "table public.customers has other rows"
        ),
        Change(
            "one bit of bytes",
            "UPDATE customers SET raw = set_bit(raw, 7, 1 - get_bit(raw, 7)) WHERE id = 500",
            "table public.customers has other rows"
        ),
        Change("an emptied partition", "TRUNCATE events_2023", "table public.events_2023 has another number of rows"),
        Change("a lost table", "DROP TABLE fast", "table public.fast is missing in the copy"),
        Change(
            "two swapped tables",
            "ALTER TABLE fast RENAME TO t; ALTER TABLE nothing RENAME TO fast; ALTER TABLE t RENAME TO nothing",
            "table public.fast has another",
            "table public.nothing has another"
        ),
        Change(
            "a row moved to a child",
            "INSERT INTO child (id, label, later) SELECT * FROM ONLY parent; DELETE FROM ONLY parent",
            "table public.child has another number",
            "table public.parent has another number"
        ),
        Change(
            "a table without columns that lost a row",
            "TRUNCATE nothing; INSERT INTO nothing DEFAULT VALUES",
            "nothing has"
        ),
        Change(
            "a sequence one step back",
            "SELECT setval('orders_id_seq', 4999, false)",
            "sequence public.orders_id_seq has"
        ),
        Change(
            "a sequence's number used",
            "SELECT setval('orders_id_seq', 5000, true)",
            "orders_id_seq has another value"
        ),
        Change(
            "a sequence's step",
            "ALTER SEQUENCE lonely INCREMENT -2",
            "sequence public.lonely has another definition"
        ),
        Change(
            "a byte of a large object",
            "SELECT lo_put(70004, 2999999, '\\x00')",
            "large object 70004 has another value"
        ),
        Change("a lost large object", "SELECT lo_unlink(70002)", "large object 70002 is missing"),
        Change("an unexpected table", "CREATE TABLE more ()", "table public.more is in the copy but not in the source"),
    ]

    /// Changes of who may do what, and of settings.
    static let ofAccess: [Change] = [
        Change("a lost grant", "REVOKE SELECT ON customers FROM reader", "table public.customers has other grants"),
        Change("an added grant", "GRANT DELETE ON orders TO PUBLIC", "table public.orders has other grants"),
        Change(
            "a lost grant on a column",
            #"REVOKE INSERT (email) ON customers FROM "Odd ""Role""""#,
            "grants on column public.customers.email is missing"
        ),
        Change(
            "lost default privileges",
            "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA odd REVOKE SELECT ON TABLES FROM reader",
            "default privileges of app in odd"
        ),
        Change("another owner", "ALTER TABLE orders OWNER TO app", "table public.orders has another owner"),
        Change(
            "a lost grant option",
            "REVOKE GRANT OPTION FOR USAGE ON SCHEMA odd FROM reader",
            "schema odd has other grants"
        ),
        Change("a lost setting", "ALTER DATABASE everything RESET work_mem", "setting work_mem is missing"),
        Change(
            "a changed secret setting",
            #"ALTER DATABASE everything SET "app.secret" = 'other'"#,
            "setting app.secret has another definition"
        ),
        Change(
            "a changed setting of a role",
            "ALTER ROLE app IN DATABASE everything SET search_path = public",
            "setting role app: search_path"
        ),
        Change(
            "everybody may connect again",
            "GRANT CONNECT ON DATABASE everything TO PUBLIC",
            "database everything has other grants"
        ),
        Change(
            "another owner of the database",
            "ALTER DATABASE everything OWNER TO postgres",
            "database everything has another owner"
        ),
        Change(
            "a large object's grant",
            "REVOKE SELECT ON LARGE OBJECT 70001 FROM reader",
            "large object 70001 has other grants"
        ),
        Change(
            "a grant on a system function",
            "GRANT EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision) TO PUBLIC",
            "grants on system object pg_catalog.pg_sleep"
        ),
        Change(
            "row security off",
            "ALTER TABLE customers DISABLE ROW LEVEL SECURITY",
            "table public.customers has another definition"
        ),
        Change(
            "another policy",
            "ALTER POLICY own ON customers USING (true)",
            "policy public.customers.own has another definition"
        ),
    ]

    /// Changes of definitions.
    static let ofSchema: [Change] = [
        Change("a lost index", "DROP INDEX customers_lower", "index public.customers_lower is missing"),
        Change(
            "another condition of an index",
            "DROP INDEX customers_lower; CREATE INDEX customers_lower ON customers (lower(name) text_pattern_ops)",
            "index public.customers_lower has another definition"
        ),
        Change(
            "a disabled trigger",
            "ALTER TABLE orders DISABLE TRIGGER orders_touch",
            "trigger public.orders.orders_touch has"
        ),
        Change(
            "a lost check",
            "ALTER TABLE customers DROP CONSTRAINT customers_score_check",
            "customers_score_check is missing"
        ),
        Change(
            "a check of other precedence",
            """
            ALTER TABLE odd."camelCase" DROP CONSTRAINT "camelCase_x_check",
              ADD CONSTRAINT "camelCase_x_check" CHECK (x IN (1, 2, 4, 3))
            """,
            "camelCase_x_check\" has another definition"
        ),
        Change(
            "a lost foreign key",
            "ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey",
            "orders_customer_fkey is missing"
        ),
        Change(
            "a foreign key that does not look",
            "ALTER TABLE customers DISABLE TRIGGER ALL",
            "constraint public.orders.orders_customer_fkey has its own triggers in another state"
        ),
        Change(
            "another column in a publication",
            "ALTER PUBLICATION narrow SET TABLE dropped (a)",
            "publication narrow has another definition"
        ),
        Change(
            "another default",
            "ALTER TABLE orders ALTER amount SET DEFAULT 1",
            "table public.orders has another definition"
        ),
        Change(
            "null allowed",
            #"ALTER TABLE odd."camelCase" ALTER y DROP NOT NULL"#,
            #"odd."camelCase" has another definition"#
        ),
        Change(
            "a wider type",
            "ALTER TABLE dropped ALTER a TYPE bigint",
            "table public.dropped has another definition"
        ),
        Change(
            "another label",
            "ALTER TYPE mood RENAME VALUE 'sad' TO 'Sad'",
            "type public.mood has another definition"
        ),
        Change(
            "another body",
            "CREATE OR REPLACE FUNCTION add(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a - b",
            "function public.add"
        ),
        Change(
            "a function that runs as its owner",
            "ALTER FUNCTION touch() SECURITY DEFINER",
            "function public.touch() has"
        ),
        Change(
            "another view",
            "CREATE OR REPLACE VIEW simple AS SELECT * FROM orders WHERE amount > 2",
            "view public.simple has another definition"
        ),
        Change(
            "another domain",
            "ALTER DOMAIN percent DROP CONSTRAINT percent_check",
            "domain constraint public.percent.percent_check is missing"
        ),
        Change("a lost extension", "DROP EXTENSION pgcrypto", "extension pgcrypto is missing"),
        Change(
            "a publication without a table",
            "ALTER PUBLICATION changes DROP TABLE orders",
            "publication changes has"
        ),
        Change(
            "a detached partition",
            "ALTER TABLE events DETACH PARTITION events_2024",
            "table public.events_2024 has another"
        ),
        Change("another server", "ALTER SERVER far OPTIONS (SET host 'near')", "server far has another definition"),
        Change(
            "another comment",
            "COMMENT ON COLUMN customers.name IS 'else'",
            "comment table column public.customers.name has"
        ),
        Change("a lost rule", "DROP RULE no_delete ON dropped", "rule public.dropped.no_delete is missing"),
        Change("a disabled event trigger", "ALTER EVENT TRIGGER watching DISABLE", "event trigger watching has"),
    ]
}
