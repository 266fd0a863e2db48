extension Change {
    /// Changes that say nothing about the data.
    static let harmless: [Change] = harmlessToRows + harmlessToSchema + harmlessSettings

    private static let harmlessToRows: [Change] = [
        Change("vacuum", "VACUUM FULL orders"),
        Change("statistics of the planner", "ANALYZE"),
        Change("rebuilt indexes", "REINDEX TABLE customers"),
        Change(
            "rows in another physical order",
            "CLUSTER customers; VACUUM FULL"
        ),
        Change("dead rows and new places", "UPDATE customers SET score = score; UPDATE orders SET note = note"),
        Change(
            "rows written again",
            "CREATE TEMP TABLE t AS SELECT * FROM parent; DELETE FROM ONLY parent; INSERT INTO parent SELECT * FROM t WHERE id = 1"
        ),
        Change(
            "another object number",
            "DROP VIEW simple; CREATE VIEW simple WITH (security_barrier) AS SELECT * FROM orders WHERE amount > 1"
                + " WITH LOCAL CHECK OPTION"
        ),
        Change(
            "tables made in another order",
            """
            CREATE TABLE again (LIKE dropped INCLUDING ALL); INSERT INTO again SELECT * FROM dropped; DROP TABLE dropped;
            ALTER TABLE again RENAME TO dropped;
            CREATE RULE no_delete AS ON DELETE TO dropped DO INSTEAD NOTHING;
            ALTER PUBLICATION narrow ADD TABLE dropped (c)
            """
        ),
        // Its number is another one than in a copy, which has no dropped columns.
        Change(
            "a column made anew",
            """
            ALTER PUBLICATION narrow DROP TABLE dropped;
            ALTER TABLE dropped ADD again integer; UPDATE dropped SET again = c;
            ALTER TABLE dropped DROP c; ALTER TABLE dropped RENAME again TO c;
            ALTER PUBLICATION narrow ADD TABLE dropped (c)
            """
        ),
        Change("counters set back", "SELECT pg_stat_reset()"),
        Change("a refreshed materialized view", "REFRESH MATERIALIZED VIEW totals"),
        Change("a grant given again", "REVOKE SELECT ON active FROM reader; GRANT SELECT ON active TO reader"),
        Change("default grants written out", "GRANT ALL ON orders TO postgres"),
        Change(
            "a large object written again",
            "SELECT lo_unlink(70002), lo_from_bytea(70002, ''); ALTER LARGE OBJECT 70002 OWNER TO app"
        ),
        Change("a transaction that was undone", "BEGIN; DELETE FROM orders; ROLLBACK"),
        Change("temporary tables and sequences", "CREATE TEMP TABLE t (id serial); INSERT INTO t DEFAULT VALUES"),
        Change(
            "an index that was never finished",
            #"""
            \set ON_ERROR_STOP off
            CREATE UNIQUE INDEX CONCURRENTLY never_finished ON odd."camelCase" (x);
            \set ON_ERROR_STOP on
            DO $$BEGIN ASSERT (SELECT NOT indisvalid FROM pg_index WHERE indexrelid = 'odd.never_finished'::regclass); END$$
            """#
        ),
        Change("another setting of the server", "ALTER SYSTEM SET work_mem = '8MB'; SELECT pg_reload_conf()"),
        Change("frozen rows", "VACUUM (FREEZE, ANALYZE) customers"),
        Change(
            "rows deleted and put back",
            "CREATE TEMP TABLE t AS SELECT * FROM odd.\"camelCase\";"
                + " DELETE FROM odd.\"camelCase\"; INSERT INTO odd.\"camelCase\" SELECT * FROM t"
        ),
        Change(
            "a table emptied and filled again",
            "CREATE TEMP TABLE t AS SELECT * FROM nothing;"
                + " TRUNCATE nothing; INSERT INTO nothing SELECT FROM t"
        ),
        Change("rows that a savepoint undid", "BEGIN; SAVEPOINT s; DELETE FROM orders; ROLLBACK TO s; COMMIT"),
        Change(
            "a row moved to another partition and back",
            """
            UPDATE events SET at = at + interval '1 year' WHERE at < '2024-01-01' AND at >= '2023-01-01';
            UPDATE events SET at = at - interval '1 year' WHERE at < '2025-01-01' AND at >= '2024-01-01'
              AND data IN (SELECT 'd' || i FROM generate_series(1, 3000) i
                WHERE timestamptz '2022-06-01' + i * interval '10 hours' < '2024-01-01')
            """
        ),
        Change("long values stored anew", "UPDATE customers SET payload = payload || '{}', raw = raw || ''"),
        Change(
            "zeros written into a hole of a large object",
            "SELECT lo_put(70003, 5, decode(repeat('00', 99995), 'hex'))"
        ),
        Change("a large object's bytes written again", "SELECT lo_put(70004, 0, decode(repeat('ab', 1000), 'hex'))"),
        Change("a sequence used and set back", "SELECT nextval('orders_id_seq'), setval('orders_id_seq', 5000, false)"),
        Change("transactions that passed", "SELECT pg_current_xact_id(); SELECT pg_current_xact_id(); CHECKPOINT"),
    ]

    private static let harmlessToSchema: [Change] = [
        Change("a table made and dropped", "CREATE TABLE passing (id serial PRIMARY KEY); DROP TABLE passing"),
        Change("a schema made and dropped", "CREATE SCHEMA passing CREATE TABLE t (); DROP SCHEMA passing CASCADE"),
        Change("a role made and dropped", "CREATE ROLE passing LOGIN; DROP ROLE passing"),
        Change(
            "a column added and dropped",
            "ALTER TABLE orders ADD more integer DEFAULT 7; ALTER TABLE orders DROP more"
        ),
        Change("a table renamed there and back", "ALTER TABLE orders RENAME TO t; ALTER TABLE t RENAME TO orders"),
        Change(
            "a column renamed there and back",
            "ALTER TABLE orders RENAME note TO n; ALTER TABLE orders RENAME n TO note"
        ),
        Change(
            "a type changed there and back",
            "ALTER TABLE dropped ALTER a TYPE bigint; ALTER TABLE dropped ALTER a TYPE integer"
        ),
        Change(
            "a default changed there and back",
            "ALTER TABLE orders ALTER amount SET DEFAULT 1; ALTER TABLE orders ALTER amount SET DEFAULT 0.00"
        ),
        Change(
            "null allowed and forbidden again",
            "ALTER TABLE customers ALTER name DROP NOT NULL;"
                + " ALTER TABLE customers ALTER name SET NOT NULL"
        ),
        Change(
            "a trigger off and on",
            "ALTER TABLE orders DISABLE TRIGGER orders_touch; ALTER TABLE orders ENABLE TRIGGER orders_touch"
        ),
        Change(
            "a foreign key's own triggers off and on",
            "ALTER TABLE customers DISABLE TRIGGER ALL; ALTER TABLE customers ENABLE TRIGGER ALL"
        ),
        Change(
            "row security off and on",
            "ALTER TABLE customers DISABLE ROW LEVEL SECURITY; ALTER TABLE customers ENABLE ROW LEVEL SECURITY"
        ),
        Change(
            "an index made again",
            "DROP INDEX totals_customer; CREATE UNIQUE INDEX totals_customer ON totals (customer)"
        ),
        Change(
            "a check made again",
            "ALTER TABLE customers DROP CONSTRAINT customers_score_check,"
                + " ADD CHECK (score BETWEEN 0 AND 100 AND score <> 13)"
        ),
        Change(
            "a foreign key made again",
            "ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey, ADD CONSTRAINT"
                + " orders_customer_fkey FOREIGN KEY (customer) REFERENCES customers ON DELETE CASCADE DEFERRABLE"
        ),
        Change(
            "a policy made again",
            "DROP POLICY own ON customers; CREATE POLICY own ON customers FOR SELECT TO reader"
                + " USING (status IN ('new', 'gone') AND name = current_user)"
        ),
        Change(
            "a function replaced by itself",
            "CREATE OR REPLACE FUNCTION add(a integer, b integer DEFAULT 1)"
                + " RETURNS integer LANGUAGE sql IMMUTABLE RETURN a + b"
        ),
        Change(
            "a partition taken off and put back",
            "ALTER TABLE events DETACH PARTITION events_2024; ALTER TABLE events"
                + " ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')"
        ),
        Change("logged and unlogged again", "ALTER TABLE fast SET LOGGED; ALTER TABLE fast SET UNLOGGED"),
        Change("the same comment", "COMMENT ON TABLE customers IS NULL; COMMENT ON TABLE customers IS 'people'"),
        Change("an owner there and back", "ALTER TABLE events OWNER TO app; ALTER TABLE events OWNER TO postgres"),
        Change("an extension brought to the version that it has", "ALTER EXTENSION citext UPDATE"),
        Change(
            "an enumeration's label there and back",
            "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TYPE mood RENAME VALUE 'fine' TO 'ok'"
        ),
        Change(
            "an operator's comment that came and went",
            "COMMENT ON OPERATOR ### (integer, integer) IS 'x';"
                + " COMMENT ON OPERATOR ### (integer, integer) IS NULL"
        ),
    ]

    /// What a session sees in another form is the same.
    private static let harmlessSettings: [Change] = [
        Change("another time zone", "ALTER SYSTEM SET timezone = 'Pacific/Chatham'; SELECT pg_reload_conf()"),
        Change("dates of another style", "ALTER SYSTEM SET datestyle = 'German, DMY'; SELECT pg_reload_conf()"),
        Change("intervals of another style", "ALTER SYSTEM SET intervalstyle = 'iso_8601'; SELECT pg_reload_conf()"),
        Change("bytes of another style", "ALTER SYSTEM SET bytea_output = 'escape'; SELECT pg_reload_conf()"),
        Change("numbers of fewer digits", "ALTER SYSTEM SET extra_float_digits = -10; SELECT pg_reload_conf()"),
        Change("another money", "ALTER SYSTEM SET lc_monetary = 'C.UTF-8'; SELECT pg_reload_conf()"),
        Change("all names quoted", "ALTER SYSTEM SET quote_all_identifiers = on; SELECT pg_reload_conf()"),
    ]
}
