extension Change {
    /// Changes that say nothing about the data.
    static let harmless: [Change] = [
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
            CREATE RULE no_delete AS ON DELETE TO dropped DO INSTEAD NOTHING
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
        Change("an index that was never finished", "UPDATE pg_index SET indisvalid = false WHERE false; CHECKPOINT"),
        Change("another setting of the server", "ALTER SYSTEM SET work_mem = '8MB'; SELECT pg_reload_conf()"),
    ]
}
