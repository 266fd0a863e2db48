import Foundation
@testable import Postgres
import Testing
import UpgradeModel

/// Whether databases are what they were, cheaply and for certain.
@Suite(.postgresServer, .serialized) struct UnchangedTests {
    private func fresh(_ name: String) async throws -> TestServer {
        let server = try TestServer.current()
        try await server.create(name)
        try await server.psql(
            name,
            """
            CREATE TABLE t (id serial PRIMARY KEY, status varchar(9) CHECK (status IN ('a', 'b')));
            INSERT INTO t (status) VALUES ('a'); CREATE UNLOGGED TABLE u (id integer)
            """
        )
        return server
    }

    @Test(arguments: [
        "INSERT INTO t (status) VALUES ('b')", "UPDATE t SET status = 'b'", "DELETE FROM t", "TRUNCATE t",
        "INSERT INTO u VALUES (1)", "CREATE TABLE other (id integer)", "SELECT lo_create(4711)",
        "SELECT setval('t_id_seq', 500)", "GRANT SELECT ON t TO PUBLIC",
        "ALTER TABLE t ADD COLUMN more integer",
    ])
    func `whatever writes moves the horizon`(sql: String) async throws {
        let name = "moved\(UUID().uuidString.prefix(8).lowercased())"
        let server = try await fresh(name)
        let before = try await WriteHorizon.read(server.route(name))
        #expect(try await WriteHorizon.read(server.route(name)) == before, "looking does not")
        try await server.psql(name, "SELECT count(*) FROM t; BEGIN; SELECT 1; ROLLBACK")
        #expect(try await WriteHorizon.read(server.route(name)) == before, "reading does not")
        try await server.psql(name, sql)
        #expect(try await WriteHorizon.read(server.route(name)) != before)
        try await server.drop(name)
    }

    @Test func `a sequence's next value moves the horizon, also where it is handed out without a transaction's number`()
        async throws
    {
        let server = try await fresh("ahead")
        // The server writes down 32 values at once, and needs no number for those that follow.
        try await server.psql("ahead", "SELECT nextval('t_id_seq')")
        let before = try await WriteHorizon.read(server.route("ahead"))
        #expect(try await WriteHorizon.read(server.route("ahead")) == before)
        try await server.psql("ahead", "SELECT nextval('t_id_seq')")
        let after = try await WriteHorizon.read(server.route("ahead"))
        #expect(after.snapshot == before.snapshot, "no transaction got a number")
        #expect(after != before)
        // What an older Pawl has noted leads to a proper look.
        var older = after
        older.sequences = nil
        #expect(older != after)
    }

    @Test func `a transaction that was begun before and is committed after moves the horizon`() async throws {
        let server = try await fresh("late")
        let writer = try await PostgresConnection.open(server.route("late"))
        try await writer.execute("BEGIN")
        try await writer.execute("INSERT INTO t (status) VALUES ('b')")
        try await server.psql("late", "INSERT INTO t (status) VALUES ('a')")
        let writing = try await DatabaseSessions.writing(in: server.route("late"))
        #expect(writing.map(\.backend) == [await writer.backend])
        let before = try await WriteHorizon.read(server.route("late"))
        try await writer.execute("COMMIT")
        #expect(try await WriteHorizon.read(server.route("late")) != before)
        #expect(try await DatabaseSessions.writing(in: server.route("late")).isEmpty)
        await writer.close()
    }

    @Test func `every database of a set is looked at again, before and after it is published`() async throws {
        let server = try await fresh("first")
        _ = try await fresh("second")
        let fixture = try BackupFixture()
        let request = try fixture.request(["first", "second"])
        _ = try await fixture.maker.dump(request)
        let trouble = await #expect(throws: Trouble.self) {
            try await fixture.maker.refingerprint(request.id, databases: Array(request.databases.prefix(1)))
        }
        #expect(trouble?.code == "database-not-compared")
        let seen = try await fixture.maker.refingerprint(request.id, databases: request.databases)
        #expect(seen.differences.isEmpty)
        #expect(Set(seen.fingerprints.keys) == ["first", "second"])
        let proof = try await fixture.maker.prove(request.id)
        _ = try await fixture.maker.publish(request.id, proof: proof)

        // The server writes the check on `status` differently once it has read it back, and so does the manifest now.
        let again = try await fixture.maker.refingerprint(
            request.id,
            databases: request.databases,
            since: seen.fingerprints
        )
        #expect(again.differences.isEmpty)
        try await server.psql("second", "SELECT nextval('t_id_seq')")
        let written = try await fixture.maker.refingerprint(
            request.id,
            databases: request.databases,
            since: seen.fingerprints
        )
        #expect(written.differences.map(\.description).contains { $0.contains("second") && $0.contains("t_id_seq") })
    }
}
