/// The questions about what goes on in a database.
enum ActivitySQL {
    /// Everybody else in this database, and what other databases' sessions do to the whole server.
    ///
    /// A session of which the account may see nothing has no type and no state. Statements are looked at by the server
    /// only; none leaves it.
    static func sessions(version: Int) -> String {
        """
        WITH here AS (
          SELECT s.pid, s.usesysid, s.usename, s.application_name, s.client_addr, s.state, s.xact_start, s.backend_xid,
            s.query, s.datname = current_database() AS is_here, coalesce(s.backend_type, 'client backend') AS kind,
            s.backend_start
          FROM pg_catalog.pg_stat_activity s
          WHERE s.pid <> pg_backend_pid() AND s.usesysid IS NOT NULL AND s.application_name <> 'pawl'
            AND coalesce(s.backend_type, 'client backend') IN ('client backend', 'walsender')
          ORDER BY s.backend_start LIMIT 5000
        ), able AS (
          SELECT r.oid FROM pg_catalog.pg_roles r
          WHERE r.oid IN (SELECT usesysid FROM here) AND (r.rolsuper OR EXISTS (
            SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')))
        ), locks AS (
          SELECT l.pid, l.virtualtransaction, bool_or(l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock',
              'ExclusiveLock', 'AccessExclusiveLock')) AS writes,
            string_agg(DISTINCT c.oid::regclass::text, E'\\n') AS tables
          FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
          WHERE l.granted AND l.locktype = 'relation' AND c.relkind IN ('r', 'p', 'm') AND c.oid >= 16384
            AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
          GROUP BY l.pid, l.virtualtransaction
        ), work AS (
        \(progress(version: version))
        ), seen AS (
          SELECT h.*, coalesce((SELECT w.work FROM work w WHERE w.pid = h.pid LIMIT 1), CASE
            WHEN h.application_name ~* '^(pg_dump|pg_dumpall)$' THEN 'dump'
            WHEN h.application_name ~* '^pg_restore$' THEN 'restore'
            WHEN h.application_name ~* '^(pgbackrest|barman|pg_basebackup|wal-g)' THEN 'base-backup'
            WHEN h.application_name ~* '^(pg_repack|pg_squeeze|clusterdb)' THEN 'rewrite'
            WHEN h.application_name ~* '^reindexdb' THEN 'index'
            WHEN h.application_name ~* '^vacuumdb' THEN 'vacuum'
            WHEN h.state <> 'active' THEN NULL
            WHEN h.query ~* '^\\s*(vacuum\\s.*\\mfull\\M|cluster\\M)' THEN 'rewrite'
            WHEN h.query ~* '^\\s*(reindex|create\\s+(unique\\s+)?index)\\M' THEN 'index'
            WHEN h.query ~* '^\\s*vacuum\\M' THEN 'vacuum'
            WHEN h.query ~* '^\\s*alter\\s+table\\M' THEN 'schema' END) AS work
          FROM here h
        )
        SELECT h.pid, h.usename, h.application_name, host(h.client_addr),
          extract(epoch FROM clock_timestamp() - h.xact_start),
          h.backend_xid IS NOT NULL OR coalesce(l.writes, false) OR EXISTS (SELECT FROM pg_catalog.pg_locks t
            WHERE t.pid = h.pid AND t.locktype = 'transactionid' AND t.granted AND t.mode = 'ExclusiveLock'),
          h.usesysid IN (SELECT oid FROM able), l.tables,
          h.work, h.state IS NULL, h.backend_start
        FROM seen h LEFT JOIN locks l ON l.pid = h.pid
        WHERE (h.is_here AND h.kind = 'client backend') OR h.work = 'base-backup'
        UNION ALL
        SELECT NULL, p.owner, p.gid, NULL, extract(epoch FROM clock_timestamp() - p.prepared), true, true, l.tables,
          NULL, false, p.prepared
        FROM pg_catalog.pg_prepared_xacts p
        LEFT JOIN locks l ON l.pid IS NULL AND l.virtualtransaction = (
          SELECT t.virtualtransaction FROM pg_catalog.pg_locks t
          WHERE t.pid IS NULL AND t.locktype = 'transactionid' AND t.transactionid = p.transaction LIMIT 1)
        WHERE p.database = current_database()
        ORDER BY 11 NULLS LAST, 1 LIMIT 2000
        """
    }

    /// Processes of the server that are in a database and write nothing by themselves: some belong to a session, some only
    /// read, and of autovacuum no row is written.
    static let idleWorkers = """
        ('client backend', 'walsender', 'parallel worker', 'autovacuum worker', 'autovacuum launcher')
        """

    /// What may write to this database without any session: enabled subscriptions, and workers of the server, such as those
    /// of extensions. The workers of a subscription come and go, and are not told.
    static let workers = """
        SELECT NULL::integer, s.subname::text, pg_catalog.pg_get_userbyid(s.subowner)::text
        FROM pg_catalog.pg_subscription s
        WHERE s.subenabled AND s.subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        UNION ALL
        SELECT a.pid, a.backend_type, a.usename::text FROM pg_catalog.pg_stat_activity a
        WHERE a.datname = current_database() AND a.usesysid IS NOT NULL
          AND a.backend_type NOT IN \(idleWorkers) AND a.backend_type NOT LIKE 'logical replication %'
        ORDER BY 1 NULLS FIRST, 2 LIMIT 1000
        """

    /// Who is at which long work, as far as the server's version reports it.
    private static func progress(version: Int) -> String {
        var parts = ["SELECT NULL::integer AS pid, NULL::text AS work"]
        if version >= 120_000 {
            parts.append("SELECT pid, 'rewrite' FROM pg_catalog.pg_stat_progress_cluster")
            parts.append("SELECT pid, 'index' FROM pg_catalog.pg_stat_progress_create_index")
        }
        if version >= 130_000 { parts.append("SELECT pid, 'base-backup' FROM pg_catalog.pg_stat_progress_basebackup") }
        return parts.map { "  " + $0 }.joined(separator: "\n  UNION ALL\n")
    }

    /// Limits of connections and how many there are: the server's, the account's, the database's.
    static let room = """
        WITH clients AS (
          SELECT s.usesysid, s.datid FROM pg_catalog.pg_stat_activity s
          WHERE s.usesysid IS NOT NULL AND coalesce(s.backend_type, 'client backend') = 'client backend'
        )
        SELECT current_setting('max_connections'), current_setting('superuser_reserved_connections')::integer
            + coalesce(nullif(current_setting('reserved_connections', true), '')::integer, 0),
          r.rolsuper, (SELECT count(*) FROM clients),
          r.rolconnlimit, (SELECT count(*) FROM clients c WHERE c.usesysid = r.oid),
          d.datconnlimit, (SELECT count(*) FROM clients c WHERE c.datid = d.oid)
        FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
        WHERE r.rolname = current_user AND d.datname = current_database()
        """

    /// Standbys that are connected, and slots that nobody reads from. A standby whose state is hidden has no number.
    static let replicas = """
        SELECT false, coalesce(nullif(r.application_name, ''), 'walreceiver'), host(r.client_addr),
          pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::bigint
        FROM pg_catalog.pg_stat_replication r WHERE r.state IS DISTINCT FROM 'backup'
        UNION ALL
        SELECT true, s.slot_name::text, NULL, pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::bigint
        FROM pg_catalog.pg_replication_slots s WHERE NOT s.active AND s.restart_lsn IS NOT NULL
        LIMIT 1000
        """
}
