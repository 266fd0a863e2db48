@testable import Postgres
import Testing
import UpgradeModel

/// Looks at databases that somebody else has restored, as a restore in place does.
extension DatabaseRestoreTests {
    /// What of a database, seen by an account, is otherwise than a set has it.
    private func differences(_ one: Case, in database: String, as account: String? = nil) async throws -> [String] {
        let backup = try #require(one.set.manifest.databases.first)
        var route = one.server.route(database)
        if let account { route.user = account }
        let present = try await SchemaReader.read(route, covering: backup.fingerprint.scope)
        return RecordedSchema.differences(
            database: backup.name,
            recorded: backup.fingerprint,
            present: present
        ).map(RecordedSchema.text)
    }

    @Test func `a restored database with something of everything is seen as such, whatever its rows have become`()
        async throws
    {
        let server = try TestServer.current()
        try await makeRoles(server)
        try await server.psql("postgres", "CREATE ROLE looker LOGIN")
        try await server.create("seen")
        try await server.psql("postgres", Everything.database("seen"))
        try await server.psql("seen", try await Everything.content(on: server))
        try await server.psql("postgres", "GRANT CONNECT ON DATABASE seen TO looker")
        let one = try await Case("seen")
        try await one.replace()
        #expect(try await differences(one, in: "seen") == [])
        try await server.psql(
            "seen",
            "DELETE FROM orders; SELECT lo_from_bytea(815, 'new'); CREATE SEQUENCE passing; SELECT nextval('passing')"
        )
        #expect(try await differences(one, in: "seen") == ["sequence public.passing is there and not in the set"])
        try await server.psql("seen", "DROP SEQUENCE passing")
        #expect(try await differences(one, in: "seen") == [])
        // Who may read neither passwords nor what user mappings say sees the same.
        #expect(try await differences(one, in: "seen", as: "looker") == [])
        // On another server roles may have other passwords and settings.
        try await server.psql("postgres", "ALTER ROLE app PASSWORD 'another'; ALTER ROLE app SET work_mem = '6MB'")
        #expect(try await differences(one, in: "seen") == [])
        try await server.psql("postgres", "ALTER ROLE app PASSWORD 'canary-app'; ALTER ROLE app RESET work_mem")
        try await server.drop("seen")
        try await server.drop(one.names.aside)
    }

    @Test func `what a migration has done to a database is seen`() async throws {
        try await make(
            "migrated",
            """
            CREATE TABLE orders (id serial PRIMARY KEY, note varchar(9) CHECK (note IN ('a', 'b')));
            CREATE VIEW notes AS SELECT note FROM orders WHERE note IN ('a', 'b');
            ALTER TABLE orders OWNER TO app;
            """
        )
        let one = try await Case("migrated")
        // A dump writes some expressions otherwise, and the set has them as they come back.
        try await one.replace()
        #expect(try await differences(one, in: "migrated") == [])
        let server = one.server
        func see(_ sql: String, _ undo: String, _ named: String) async throws {
            try await server.psql("migrated", sql)
            let found = try await differences(one, in: "migrated")
            #expect(found.contains(named), "\(sql): \(found)")
            try await server.psql("migrated", undo)
        }
        try await see(
            "ALTER TABLE orders ADD COLUMN extra text",
            "ALTER TABLE orders DROP COLUMN extra",
            "table public.orders is otherwise than in the set"
        )
        try await see(
            "CREATE INDEX by_note ON orders (note)",
            "DROP INDEX by_note",
            "index public.by_note is there and not in the set"
        )
        try await see(
            "GRANT SELECT ON orders TO PUBLIC",
            "REVOKE SELECT ON orders FROM PUBLIC",
            "table public.orders has other grants than in the set"
        )
        try await see(
            "DROP VIEW notes",
            "CREATE VIEW notes AS SELECT note FROM orders WHERE note IN ('a', 'b')",
            "view public.notes is not there"
        )
        try await server.psql("migrated", "ALTER TABLE orders OWNER TO reader")
        let owned = try await differences(one, in: "migrated")
        #expect(owned.contains("table public.orders has another owner than in the set"), "\(owned)")
    }
}
