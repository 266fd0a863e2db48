@testable import Postgres
import Testing
import UpgradeModel

/// Databases that a server does not let go as easily as others.
extension DatabaseRestoreTests {
    private func value(_ sql: String) async throws -> String? {
        let connection = try await PostgresConnection.open(try TestServer.current().route("template1"))
        let rows = try await connection.rows(sql)
        await connection.close()
        return rows.first?.text(0)
    }

    private func takesSessions(_ database: String) async throws -> Bool {
        try await value("SELECT datallowconn FROM pg_database WHERE datname = '\(database)'") == "t"
    }

    @Test func `a template with a subscription is proven, restored beside, given up, and restored again`() async throws
    {
        try await make("subscribed", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let server = try TestServer.current()
        try await server.psql(
            "subscribed",
            """
            CREATE SUBSCRIPTION feed CONNECTION 'host=127.0.0.1 port=1 dbname=nowhere' PUBLICATION news WITH (connect = false);
            ALTER DATABASE subscribed IS_TEMPLATE true
            """
        )
        let one = try await Case("subscribed")
        _ = try await one.fixture.maker.verify(one.set.id)
        try await one.restore.makeCopy(one.names)
        _ = try await one.restore.prove(one.names.finished, of: one.set.id)
        try await one.swap.close()
        #expect(try await one.swap.discard() == [])
        #expect(try await one.swap.isDiscarded())
        #expect(try await takesSessions("subscribed"))
        // The one in use is at work, and the restored one is not: only one may take what the slot holds.
        try await server.psql("subscribed", "ALTER SUBSCRIPTION feed ENABLE")
        try await one.restore.makeCopy(one.names)
        try await one.swap.close()
        _ = try await one.swap.setAside()
        #expect(try await one.swap.probeAside() == .done(.setAside(as: one.names.aside)))
        try await one.swap.bringIn()
        #expect(
            try await value(
                """
                SELECT string_agg(format('%s %s', d.datname, s.subenabled), ', ' ORDER BY s.subenabled, d.datname)
                FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
                """
            ) == "subscribed f, \(one.names.aside) f"
        )
        let databases = ServerDatabases(one.restore.route)
        try await databases.with { connection throws(Trouble) in
            for name in ["subscribed", one.names.aside] { try await databases.drop(name, on: connection) }
        }
    }

    @Test func `a copy that the server does not let go locks nobody out`() async throws {
        try await make("stubborn", "CREATE TABLE t (x integer)")
        let one = try await Case("stubborn")
        try await one.restore.makeCopy(one.names)
        try await one.swap.close()
        try await one.server.psql(one.names.finished, "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'held'")
        #expect(try await !takesSessions("stubborn"))
        let kept = try await one.swap.discard()
        #expect(kept.count == 1 && kept.first?.contains(one.names.finished) == true)
        #expect(try await takesSessions("stubborn"))
        #expect(try await !one.swap.isDiscarded(), "it is tried again where a runner has died meanwhile")
        try await one.server.psql(one.names.finished, "ROLLBACK PREPARED 'held'")
        #expect(try await one.swap.discard() == [])
        #expect(try await one.swap.isDiscarded())
    }

    @Test func `an account that is no superuser closes a database on which autovacuum is at work`() async throws {
        try await TestServer.with(settings: ["autovacuum": "on", "autovacuum_naptime": "1"]) {
            let server = try TestServer.current()
            try await server.psql("postgres", "CREATE ROLE keeper LOGIN CREATEDB")
            try await server.create("swept", "OWNER keeper")
            try await server.psql(
                "swept",
                """
                CREATE TABLE t (x integer) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0,
                  autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
                INSERT INTO t SELECT generate_series(1, 100000); DELETE FROM t WHERE x % 2 = 0
                """
            )
            let atWork = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'swept' AND usesysid IS NULL"
            let deadline = ContinuousClock.now + .seconds(60)
            while try await value(atWork) == "0" {
                try #require(ContinuousClock.now < deadline, "autovacuum comes within a minute")
                try await Task.sleep(for: .milliseconds(100))
            }
            var route = server.route("swept")
            route.user = "keeper"
            let names = RestoreNames("swept", run: try #require(RunID("20261123-103045-7f3c")))
            let swap = DatabaseSwap(route, names: names)
            try await swap.close()
            #expect(try await swap.isClosed())
            #expect(try await swap.setAside() == names.aside)
        }
    }

    @Test func `somebody who holds on to a database is named after a while, and the rename can be done again`()
        async throws
    {
        try await make("commented", "CREATE TABLE t (x integer)")
        let server = try TestServer.current()
        let names = RestoreNames("commented", run: try #require(RunID("20261123-103045-7f3d")))
        let swap = DatabaseSwap(server.route("commented"), names: names, patience: .seconds(1))
        try await swap.close()
        let holder = try await PostgresConnection.open(server.route("postgres"))
        try await holder.execute("SET application_name = 'commenter'")
        try await holder.execute("BEGIN")
        try await holder.execute("COMMENT ON DATABASE commented IS 'busy'")
        let held = await #expect(throws: Trouble.self) { try await swap.setAside() }
        #expect(held?.code == "database-held" && held?.changed == true)
        #expect(held?.message.contains("commenter") == true, "\(String(describing: held))")
        await holder.close()
        #expect(try await swap.setAside() == names.aside)
    }

    @Test func `rows come in one transaction only where the server has room for its locks`() async throws {
        try await make("crowded", (0..<20).map { "CREATE TABLE t\($0) (x integer)" }.joined(separator: ";"))
        let given = try await Case("crowded")
        #expect(given.restore.fitsOneTransaction(locks: 6_400))
        #expect(!given.restore.fitsOneTransaction(locks: 120))
        #expect(given.restore.fitsOneTransaction(locks: 122))
        let connection = try await PostgresConnection.open(given.restore.route)
        let slots = try await connection.rows(
            "SELECT current_setting('max_locks_per_transaction')::bigint * current_setting('max_connections')::bigint"
        )
        #expect(Int64(try await given.restore.locks(on: connection)) >= slots[0].integer(0) ?? .max)
        await connection.close()
    }

    @Test func `sessions that an account may not end are told beforehand`() async throws {
        try await make("guarded", "")
        let server = try TestServer.current()
        try await server.psql("postgres", "CREATE ROLE warden LOGIN; CREATE ROLE visitor LOGIN")
        var route = server.route("guarded")
        func beyondReach(_ user: String) async throws -> [String] {
            route.user = user
            return try await RestoreScout.look(route, nil, roles: []).beyondReach
        }
        let chief = try await PostgresConnection.open(route)
        route.user = "visitor"
        let guest = try await PostgresConnection.open(route)
        #expect(try await beyondReach("warden") == ["postgres", "visitor"])
        try await server.psql("postgres", "GRANT pg_signal_backend TO warden")
        #expect(try await beyondReach("warden") == ["postgres"])
        #expect(try await beyondReach("postgres") == [])
        await chief.close()
        await guest.close()
        // A server's process ends a moment after its session.
        let deadline = ContinuousClock.now + .seconds(60)
        while try await beyondReach("warden") != [] {
            try #require(ContinuousClock.now < deadline, "sessions that are over are out of the way")
        }
    }
}
