import Postgres
import Testing
import UpgradeModel

/// Copies that were changed after they had been restored: no checksum knows of these changes.
@Suite(.postgresServer, .serialized) struct RestoredCopyTests {
    /// A new copy of the database with something of everything, under its name.
    private func makeCopy(_ server: TestServer) async throws {
        if try await server.isEmpty {
            try await server.psql("postgres", Everything.roles)
            try await server.create("pristine")
            try await server.psql("pristine", try await Everything.content(on: server))
        }
        try await server.drop("everything")
        try await server.psql("postgres", "CREATE DATABASE everything TEMPLATE pristine")
        try await server.psql("postgres", Everything.database("everything"))
    }

    private func differences(after sql: String) async throws -> [String] {
        let server = try TestServer.current()
        try await makeCopy(server)
        let source = try await server.fingerprint("everything")
        try await server.psql("everything", sql)
        let changed = try await server.fingerprint("everything", scope: source.scope)
        return Comparison.differences(database: "demo", source: source, restored: changed).map(\.description)
    }

    @Test(arguments: Change.ofContent + Change.ofAccess + Change.ofSchema)
    func `a changed copy is caught and what was changed is named`(_ change: Change) async throws {
        let found = try await differences(after: change.sql)
        for name in change.named {
            #expect(found.contains { $0.contains(name) }, "\(change.name): \(found)")
        }
        #expect(found.count <= 12)
        #expect(!found.joined().contains("canary"))
    }

    @Test(arguments: Change.harmless)
    func `a change that says nothing about the data passes`(_ change: Change) async throws {
        let found = try await differences(after: change.sql)
        #expect(found.isEmpty)
    }

    /// A fingerprint of the same database in place sees nothing of what dump and restore do to it.
    @Test func `a database that has gone through all of these changes is dumped, restored and proven`() async throws {
        let server = try TestServer.current()
        // What other tests have set the server to, a time zone for one, would make some changes none.
        let settings = "ALTER SYSTEM RESET ALL; SELECT pg_reload_conf()"
        try await server.psql("postgres", settings)
        try await makeCopy(server)
        for change in Change.harmless { try await server.psql("everything", change.sql) }
        let fixture = try BackupFixture()
        let set = try await fixture.make(try fixture.request(["everything"]))
        #expect(set.manifest.proof.state == .proven)
        #expect(set.manifest.proof.differences.allSatisfy { $0.isRewritten == true }, "expressions in other words only")
        _ = try await fixture.maker.verify(set.id)
        try await server.psql("postgres", settings)
    }

    @Test func `another server's roles are caught and named`() async throws {
        let server = try TestServer.current()
        try await makeCopy(server)
        let source = try await server.fingerprint("everything")
        let changes = [
            ("REVOKE ADMIN OPTION FOR reader FROM app", "GRANT reader TO app WITH ADMIN OPTION", "role app has"),
            ("ALTER ROLE app PASSWORD 'other'", "ALTER ROLE app PASSWORD 'canary-app'", "role app has"),
            ("ALTER ROLE reader LOGIN", "ALTER ROLE reader NOLOGIN", "role reader has another definition"),
        ]
        for (change, back, name) in changes {
            try await server.psql("postgres", change)
            let changed = try await server.fingerprint("everything", scope: source.scope)
            let found = Comparison.differences(database: "demo", source: source, restored: changed)
            #expect(found.contains { $0.description.contains(name) }, "\(change): \(found)")
            try await server.psql("postgres", back)
        }
    }
}

extension TestServer {
    var isEmpty: Bool {
        get async throws {
            let connection = try await PostgresConnection.open(route("postgres"))
            let rows = try await connection.rows("SELECT 1 FROM pg_database WHERE datname = 'pristine'")
            await connection.close()
            return rows.isEmpty
        }
    }
}
