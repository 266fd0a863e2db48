@testable import Postgres
import Testing
import UpgradeModel

extension DatabaseRestoreTests {
    @Test func `an empty database that somebody has made is filled and proven, one that is not empty is refused`()
        async throws
    {
        try await make("landless", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let one = try await Case("landless")
        let server = one.server
        try await server.psql("postgres", "CREATE ROLE poor LOGIN; GRANT app TO poor")
        try await server.create("given", "OWNER poor TEMPLATE template0")
        var route = server.route("given")
        route.user = "poor"
        let backup = try #require(one.set.manifest.databases.first)
        let restore = DatabaseRestore(
            backup,
            of: one.set.path,
            over: route,
            identity: nil,
            work: try server.newFolder()
        )
        // Tables of the set belong to the superuser that made them: the account says what it lacks.
        try await restore.checkEmpty()
        let troubles = try await restore.troublesWithGiven()
        #expect(troubles.count == 1 && troubles.first?.contains("poor may not act for postgres") == true, "\(troubles)")
        try await restore.checkEmpty()
        await #expect {
            try await restore.restoreIntoGiven(of: one.set.id)
        } throws: { error in
            let trouble = error as? Trouble
            return trouble?.changed == true && trouble?.remedy.contains("CREATE DATABASE") == true
        }
        try await server.drop("given")
        try await server.create("given", "OWNER poor TEMPLATE template0")
        let powerful = DatabaseRestore(
            backup,
            of: one.set.path,
            over: server.route("given"),
            identity: nil,
            work: try server.newFolder()
        )
        let proof = try await powerful.restoreIntoGiven(of: one.set.id)
        #expect(proof.databases == ["landless"] && proof.rows == 1)
        await #expect {
            try await powerful.checkEmpty()
        } throws: { error in
            (error as? Trouble)?.code == "database-not-empty"
        }
    }

    /// The restore of a set's one database into another one, by an account.
    private func restore(_ one: Case, into given: String, as account: String) throws -> DatabaseRestore {
        var route = one.server.route(given)
        route.user = account
        return DatabaseRestore(
            try #require(one.set.manifest.databases.first),
            of: one.set.path,
            over: route,
            identity: nil,
            work: try one.server.newFolder()
        )
    }

    @Test func `what only the owner of the given database may do is told before it is filled, and can be done before`()
        async throws
    {
        let server = try TestServer.current()
        try await server.psql("postgres", "CREATE ROLE tenant LOGIN")
        try await make(
            "rented",
            """
            GRANT ALL ON SCHEMA public TO tenant;
            CREATE TABLE t (x integer PRIMARY KEY); INSERT INTO t VALUES (1); ALTER TABLE t OWNER TO tenant;
            GRANT SELECT ON t TO app;
            ALTER DATABASE rented SET work_mem = '5MB'; COMMENT ON DATABASE rented IS 'secret words';
            """
        )
        let one = try await Case("rented")
        try await server.create("flat", "TEMPLATE template0")
        try await server.psql("postgres", "GRANT CREATE ON DATABASE flat TO tenant")
        try await server.psql("flat", "GRANT ALL ON SCHEMA public TO tenant")
        let restore = try restore(one, into: "flat", as: "tenant")
        let troubles = try await restore.troublesWithGiven()
        #expect(troubles.count == 2, "\(troubles)")
        #expect(troubles.contains { $0.contains("`ALTER DATABASE \"flat\" SET work_mem …`") }, "\(troubles)")
        #expect(troubles.contains { $0.contains("`COMMENT ON DATABASE \"flat\" …`") }, "\(troubles)")
        #expect(!troubles.joined().contains("secret words"))
        try await restore.checkEmpty()
        try await server.psql("postgres", "ALTER DATABASE flat SET work_mem = '5MB'")
        try await server.psql("postgres", "COMMENT ON DATABASE flat IS 'secret words'")
        #expect(try await restore.troublesWithGiven() == [])
        #expect(try await restore.restoreIntoGiven(of: one.set.id).rows == 1)
    }

    @Test func `roles that are missing, another encoding, and what the schema needs are told before it is filled`()
        async throws
    {
        let server = try TestServer.current()
        try await server.psql("postgres", "CREATE ROLE leaver; CREATE ROLE guest_of_leaver")
        try await make(
            "left_behind",
            """
            CREATE TABLE t (x integer); ALTER TABLE t OWNER TO leaver; GRANT SELECT ON t TO guest_of_leaver;
            CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;
            """
        )
        let one = try await Case("left_behind")
        try await server.drop("left_behind")
        try await server.create("ascii", "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        let restore = try restore(one, into: "ascii", as: server.route("postgres").user)
        let encoding = try await restore.troublesWithGiven()
        #expect(encoding.count == 1 && encoding.first?.contains("was not made like") == true, "\(encoding)")
        try await server.psql("postgres", "DROP ROLE leaver; DROP ROLE guest_of_leaver")
        let missing = try await restore.troublesWithGiven()
        #expect(missing.contains { $0.hasSuffix("use them: guest_of_leaver, leaver.") }, "\(missing)")
        // What no look at roles shows, the trial of the schema does.
        try await make("locked_out", "CREATE TABLE t (x integer); ALTER TABLE t OWNER TO app")
        let other = try await Case("locked_out")
        try await server.psql("postgres", "CREATE ROLE outsider LOGIN; GRANT app TO outsider")
        try await server.create("room", "OWNER outsider TEMPLATE template0")
        try await server.psql("room", "REVOKE ALL ON SCHEMA public FROM PUBLIC, pg_database_owner")
        let schema = try await self.restore(other, into: "room", as: "outsider").troublesWithGiven()
        #expect(schema.count == 1 && schema.first?.hasPrefix("The schema cannot be made: ") == true, "\(schema)")
    }

    @Test(arguments: [(1, "."), (-1, "the copy could not be proven there")])
    func `a server of another major than the dump is told before anything is filled`(
        newer: Int,
        why: String
    ) async throws {
        let name = "newer_by_\(newer + 1)"
        try await make(name, "CREATE TABLE t (x integer)")
        let one = try await Case(name)
        try await one.server.create("into_\(name)", "TEMPLATE template0")
        var backup = try #require(one.set.manifest.databases.first)
        backup.major += newer
        let restore = DatabaseRestore(
            backup,
            of: one.set.path,
            over: one.server.route("into_\(name)"),
            identity: nil,
            work: try one.server.newFolder()
        )
        let troubles = try await restore.troublesWithGiven()
        #expect(troubles.count == 1)
        #expect(troubles.first?.hasPrefix("The server is PostgreSQL") == true)
        #expect(troubles.first?.contains(why) == true, "\(troubles)")
    }

    @Test func `a trial of something of everything leaves an empty database as it was`() async throws {
        let server = try TestServer.current()
        try await makeRoles(server)
        try await server.create("wide")
        try await server.psql("postgres", Everything.database("wide"))
        try await server.psql("wide", try await Everything.content(on: server))
        let one = try await Case("wide")
        try await server.create("wide_given", "TEMPLATE template0")
        let before = try await server.fingerprint("wide_given")
        let restore = try restore(one, into: "wide_given", as: server.route("wide").user)
        #expect(try await restore.troublesWithGiven() == [])
        #expect(try await server.fingerprint("wide_given") == before)
        try await server.drop("wide")
        try await server.drop("wide_given")
    }

    @Test func `owners and those who get rights are read from the statements that name them`() {
        let roles = DatabaseRestore.roles(
            in: """
                CREATE TABLE public.t (x text DEFAULT 'OWNER TO nobody; GRANT a ON b TO c');
                ALTER TABLE public.t OWNER TO "App; Owner";
                GRANT SELECT,INSERT(x) ON TABLE public.t TO reader WITH GRANT OPTION;
                GRANT ALL ON SCHEMA public TO PUBLIC;
                ALTER DEFAULT PRIVILEGES FOR ROLE maker IN SCHEMA public GRANT SELECT ON TABLES TO later;
                """
        )
        #expect(roles.owners == ["App; Owner"])
        #expect(roles.grantees == ["reader", "later"])
    }
}
