import Foundation
import Postgres
import Testing
import UpgradeModel

@Suite(.postgresServer) struct InspectionTests {
    @Test func `options of user mappings that the account is not shown are missing rights`() async throws {
        let server = try TestServer.current()
        try await server.psql("postgres", "CREATE ROLE mapper LOGIN; CREATE ROLE mapped")
        try await server.create("mappings", "OWNER mapper")
        try await server.psql(
            "mappings",
            """
            CREATE EXTENSION postgres_fdw;
            CREATE SERVER theirs FOREIGN DATA WRAPPER postgres_fdw; GRANT USAGE ON FOREIGN SERVER theirs TO mapper;
            CREATE SERVER own FOREIGN DATA WRAPPER postgres_fdw; ALTER SERVER own OWNER TO mapper;
            CREATE USER MAPPING FOR mapper SERVER theirs OPTIONS (user 'a', password 'b');
            CREATE USER MAPPING FOR mapped SERVER theirs OPTIONS (user 'a', password 'b');
            CREATE USER MAPPING FOR PUBLIC SERVER theirs OPTIONS (user 'a', password 'b');
            CREATE USER MAPPING FOR PUBLIC SERVER own OPTIONS (user 'a', password 'b')
            """
        )
        var route = server.route("mappings")
        func missing() async throws -> [String]? {
            guard case .open(let facts) = try await DatabaseInspector.inspect(route) else {
                throw Unexpected("refused")
            }
            return facts.missingRights.value
        }
        #expect(try await missing() == [])
        route.user = "mapper"
        #expect(
            try await missing() == [
                "options of the user mapping of PUBLIC on theirs", "options of the user mapping of mapped on theirs",
            ]
        )
    }

    @Test func `a database says what it is and what an account lacks`() async throws {
        let server = try TestServer.current()
        try await server.psql("postgres", Everything.roles)
        try await server.create("inspected")
        try await server.psql("inspected", try await Everything.content(on: server))
        let open = try await DatabaseInspector.inspect(server.route("inspected"))
        guard case .open(let facts) = open else { throw Unexpected("refused") }
        #expect(facts.serverMajor == TestServer.major)
        #expect(!facts.isStandby)
        #expect(facts.missingRights == .known([]))
        #expect(facts.missingRestoreRights == .known([]))
        #expect(facts.restoreLimits == .known([]))
        #expect((facts.bytes.value ?? 0) > 1_000_000)

        var route = server.route("inspected")
        route.user = "app"
        guard case .open(let weak) = try await DatabaseInspector.inspect(route) else { throw Unexpected("refused") }
        #expect(weak.missingRights.value?.contains("table public.orders") == true)
        #expect(weak.missingRights.value?.contains("sequence public.lonely") == true)
        #expect(weak.missingRights.value?.contains { $0.hasPrefix("large objects of") } == true)
        #expect(weak.restoreLimits.value?.first == .databases)
        let refused = try await DatabaseInspector.inspect(server.route("nowhere"))
        guard case .refused(let refusal) = refused else { throw Unexpected("open") }
        #expect(refusal.reason == .noSuchDatabase)
    }

    @Test func `whoever owns whatever a restore makes, the account must be able to make it an owner`() async throws {
        let server = try TestServer.current()
        try await server.psql("postgres", "CREATE ROLE weaver LOGIN CREATEDB; CREATE ROLE stranger SUPERUSER")
        try await server.psql("postgres", "CREATE DATABASE woven OWNER weaver")
        func missing(_ database: String) async throws -> [String] {
            var route = server.route(database)
            route.user = "weaver"
            guard case .open(let facts) = try await DatabaseInspector.inspect(route) else {
                throw Unexpected("refused")
            }
            return facts.missingRestoreRights.value ?? ["unknown"]
        }
        try await server.psql("woven", "CREATE EXTENSION citext; SET ROLE weaver; CREATE TABLE own (id serial)")
        #expect(try await missing("woven") == [], "what an extension brings is not given an owner")
        let objects = [
            ("relations", "CREATE VIEW v AS SELECT 1"), ("types", "CREATE TYPE t AS (a integer)"),
            ("types", "CREATE DOMAIN d AS text"),
            ("functions", "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'"),
            ("operators", "CREATE OPERATOR public.%% (FUNCTION = int4pl, LEFTARG = integer, RIGHTARG = integer)"),
            ("operator families", "CREATE OPERATOR FAMILY g USING btree"),
            ("collations", "CREATE COLLATION c (provider = libc, locale = 'C')"),
            ("conversions", "CREATE CONVERSION k FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8"),
            ("statistics", "CREATE STATISTICS s (ndistinct) ON relname, reltype FROM two"),
            ("text search configurations", "CREATE TEXT SEARCH CONFIGURATION e (COPY = simple)"),
            ("text search dictionaries", "CREATE TEXT SEARCH DICTIONARY h (TEMPLATE = simple)"),
            (
                "event triggers",
                "CREATE FUNCTION own_f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; "
                    + "CREATE EVENT TRIGGER i ON ddl_command_end EXECUTE FUNCTION own_f(); "
                    + "ALTER EVENT TRIGGER i DISABLE; ALTER FUNCTION own_f() OWNER TO weaver"
            ),
            ("foreign-data wrappers", "CREATE FOREIGN DATA WRAPPER j"),
            ("foreign servers", "CREATE SERVER l FOREIGN DATA WRAPPER own_w"),
            ("large objects", "SELECT lo_create(4711)"), ("publications", "CREATE PUBLICATION m"),
            ("schemas", "CREATE SCHEMA o"), ("the database", "ALTER DATABASE torn OWNER TO stranger"),
        ]
        try await server.psql(
            "woven",
            "CREATE TABLE two (relname text, reltype text); ALTER TABLE two OWNER TO weaver; "
                + "CREATE FOREIGN DATA WRAPPER own_w; ALTER ROLE weaver SUPERUSER; "
                + "ALTER FOREIGN DATA WRAPPER own_w OWNER TO weaver; ALTER ROLE weaver NOSUPERUSER"
        )
        let kinds = Set(objects.map(\.0)).sorted().joined(separator: ", ")
        // What the superuser of the server's making owns is not among the server's own records of owners.
        for owner in ["stranger", "postgres"] {
            try await server.drop("torn")
            try await server.psql("postgres", "CREATE DATABASE torn TEMPLATE woven OWNER weaver")
            let statements = objects.map { $0.1.replacing("TO stranger", with: "TO \(owner)") }
            try await server.psql("torn", "SET ROLE \(owner); " + statements.joined(separator: "; "))
            #expect(try await missing("torn") == ["it may not make the role \(owner) an owner, and that owns \(kinds)"])
        }
    }

    @Test func `what somebody else may do for an account is told apart from what it lacks in any case`() async throws {
        let server = try TestServer.current()
        try await server.psql("postgres", "CREATE ROLE lodger LOGIN; CREATE ROLE landlord")
        try await server.create("lodged", "OWNER landlord")
        try await server.psql(
            "lodged",
            "CREATE EXTENSION pageinspect; CREATE EXTENSION citext; CREATE TABLE own (id integer); "
                + "ALTER TABLE own OWNER TO lodger"
        )
        func facts() async throws -> DatabaseFacts {
            var route = server.route("lodged")
            route.user = "lodger"
            guard case .open(let facts) = try await DatabaseInspector.inspect(route) else {
                throw Unexpected("refused")
            }
            return facts
        }
        let tenant = try await facts()
        #expect(tenant.restoreLimits == .known([.databases, .extension("pageinspect")]))
        #expect(tenant.missingRestoreRights == .known([]), "who makes the database gives it its owner")
        try await server.psql("lodged", "ALTER ROLE lodger CREATEDB")
        let maker = try await facts()
        #expect(maker.restoreLimits == .known([.extension("pageinspect")]))
        let missing = ["it may not make the role landlord an owner, and that owns the database"]
        #expect(maker.missingRestoreRights == .known(missing))
        try await server.psql("lodged", "ALTER ROLE lodger NOCREATEDB; ALTER TABLE own OWNER TO landlord")
        #expect(try await facts().missingRestoreRights.value?.first?.hasSuffix("owns relations") == true)
    }

    @Test func `extensions and locales are tried for real`() async throws {
        let server = try TestServer.current()
        try await server.create("tried")
        try await server.psql(
            "tried",
            "CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION earthdistance CASCADE"
        )
        try await server.create("lost")
        try await server.psql(
            "lost",
            """
            CREATE EXTENSION pgcrypto;
            UPDATE pg_extension SET extname = 'unheard_of' WHERE extname = 'pgcrypto';
            CREATE COLLATION here (provider = libc, locale = 'C');
            UPDATE pg_collation SET collcollate = 'xx_XX.UTF-8', collctype = 'xx_XX.UTF-8' WHERE collname = 'here';
            """
        )
        let trials = ScratchTrials(prover: Prover(scratch: "\(server.folder)/scratch"))
        let found = try await trials.attempt([server.route("tried"), server.route("lost")])
        #expect(found.count == 2)
        #expect(found.first == ScratchTrial())
        #expect(found.last == ScratchTrial(missingExtensions: ["unheard_of"], missingLocales: ["here"]))
    }

    @Test func `sessions of others and who waits for whom are named`() async throws {
        let server = try TestServer.current()
        try await server.create("busy")
        try await server.psql("busy", "CREATE TABLE held (id integer)")
        var route = server.route("busy")
        route.database = "busy"
        let holder = try await PostgresConnection.open(route, settings: ["application_name": "holder"])
        try await holder.execute("SET application_name = 'holder'")
        try await holder.execute("BEGIN")
        try await holder.execute("LOCK TABLE held")
        let waiter = try await PostgresConnection.open(route)
        try await waiter.execute("SET application_name = 'waiter'")
        let waiting = Task { try await waiter.execute("SELECT * FROM held") }
        var blocked: [BlockedSession] = []
        while blocked.isEmpty { blocked = try await DatabaseSessions.blocked(in: route) }
        #expect(blocked.first?.relation == "held")
        #expect(blocked.first?.blocking.application == "holder")
        #expect(blocked.first?.waiting.application == "waiter")
        let others = try await DatabaseSessions.others(in: route)
        #expect(Set(others.map(\.application)) == ["holder", "waiter"])
        #expect(others.first?.text.contains("postgres") == true)
        try await holder.execute("ROLLBACK")
        try await waiting.value
        await holder.close()
        await waiter.close()
    }

    @Test func `the programs of this machine are found`() async throws {
        let found = await PostgresTools.survey(majors: [TestServer.major, 99])
        #expect(found.contains { $0.major == TestServer.major && $0.missing.isEmpty })
        #expect(!found.contains { $0.major == 99 })
    }
}
