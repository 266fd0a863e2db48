import Foundation
@testable import Postgres
import Testing
import UpgradeModel

@Suite(.postgresServer, .serialized) struct DatabaseActivityTests {
    /// What a database says goes on in it.
    private func activity(_ route: DatabaseRoute) async throws -> DatabaseActivity {
        guard case .open(let facts) = try await DatabaseInspector.inspect(route) else { throw Unexpected("refused") }
        return facts.activity
    }

    /// A session that calls itself by a name of its own.
    private func session(_ route: DatabaseRoute, as application: String) async throws -> PostgresConnection {
        let connection = try await PostgresConnection.open(route)
        try await connection.execute("SET application_name = \(SQL.text(application))")
        return connection
    }

    private func fresh(_ name: String) async throws -> TestServer {
        let server = try TestServer.current()
        try await server.create(name)
        try await server.psql(name, "CREATE TABLE orders (id integer PRIMARY KEY)")
        return server
    }

    @Test func `a direct connection shares snapshots and agrees about the time`() async throws {
        let server = try await fresh("direct")
        let found = try await activity(server.route("direct"))
        let signs = try #require(found.connection.value)
        #expect(signs.announced == signs.answering)
        #expect(signs.announced != 0)
        #expect(signs.snapshotTrouble == nil)
        #expect(abs(try #require(found.clockAhead.value)) < 5)
        #expect(found.sessions.value?.visible == [])
        #expect(found.sessions.value?.ownAddress == nil)
    }

    @Test func `whatever announces a process of its own is seen`() async throws {
        let server = try await fresh("pooled")
        let relay = try AnnouncingRelay(to: server.route("pooled").host, folder: try server.newFolder())
        defer { relay.stop() }
        var route = server.route("pooled")
        route.host = relay.folder
        let signs = try #require(try await activity(route).connection.value)
        #expect(signs.announced == Int(AnnouncingRelay.announced))
        #expect(signs.answering != signs.announced)
    }

    @Test func `sessions are told with what they hold, and whether they write or may`() async throws {
        let server = try await fresh("watched")
        try await server.psql("watched", "CREATE ROLE looker LOGIN; GRANT SELECT ON orders TO looker")
        let writer = try await session(server.route("watched"), as: "editor")
        try await writer.execute("BEGIN")
        try await writer.execute("INSERT INTO orders VALUES (1)")
        var route = server.route("watched")
        route.user = "looker"
        let looker = try await session(route, as: "dashboard")
        let idle = try await session(server.route("watched"), as: "psql")

        let sessions = try #require(try await activity(server.route("watched")).sessions.value)
        #expect(sessions.hidden.isEmpty)
        #expect(sessions.visible.map(\.application) == ["editor", "dashboard", "psql"])
        let editor = try #require(sessions.visible.first)
        #expect(editor.isWriting && editor.mayWrite)
        #expect(editor.tables == ["orders"])
        #expect((editor.transactionSeconds ?? -1) >= 0)
        #expect(editor.backend == Int(await writer.backend))
        #expect(!sessions.visible[1].isWriting && !sessions.visible[1].mayWrite)
        #expect(sessions.visible[2].transactionSeconds == nil && sessions.visible[2].mayWrite)

        let hidden = try #require(try await activity(route).sessions.value)
        #expect(hidden.hidden.map(\.application).sorted() == ["editor", "psql"], "without pg_monitor")
        let writing = hidden.hidden.filter { $0.isWriting }.map { $0.backend }
        let backend = Int(await writer.backend)
        #expect(writing == [backend])
        let able = hidden.hidden.filter { $0.mayWrite }.count
        #expect(able == 2)
        #expect(hidden.visible.map(\.application) == ["dashboard"])
        await writer.close()
        await looker.close()
        await idle.close()
    }

    @Test func `a prepared transaction is told as one that writes and belongs to nobody`() async throws {
        let server = try await fresh("prepared")
        try await server.psql("prepared", "BEGIN; INSERT INTO orders VALUES (1); PREPARE TRANSACTION 'forgotten'")
        let sessions = try #require(try await activity(server.route("prepared")).sessions.value)
        let found = try #require(sessions.visible.first)
        #expect(found.backend == nil)
        #expect(found.application == "forgotten")
        #expect(found.isWriting)
        #expect(found.tables == ["orders"])
        #expect((found.transactionSeconds ?? -1) >= 0)
        try await server.psql("prepared", "ROLLBACK PREPARED 'forgotten'")
    }

    @Test func `maintenance is told by what tools call themselves and by what the server is doing`() async throws {
        let server = try await fresh("maintained")
        let dumper = try await session(server.route("maintained"), as: "pg_dump")
        let blocker = try await session(server.route("maintained"), as: "blocker")
        try await blocker.execute("BEGIN")
        try await blocker.execute("INSERT INTO orders VALUES (1)")
        let builder = try await session(server.route("maintained"), as: "admin")
        async let build: Void = builder.execute("CREATE INDEX CONCURRENTLY late ON orders (id)")
        // It waits for the blocker, so it is seen sooner or later.
        var work: [String: MaintenanceWork?] = [:]
        let deadline = ContinuousClock.now + .seconds(20)
        repeat {
            let sessions = try #require(try await activity(server.route("maintained")).sessions.value)
            work = Dictionary(uniqueKeysWithValues: sessions.visible.map { ($0.application, $0.work) })
        } while work["admin"] != .some(.index) && ContinuousClock.now < deadline
        #expect(work["pg_dump"] == .some(.dump))
        #expect(work["admin"] == .some(.index))
        #expect(work["blocker"] == .some(nil))
        try await blocker.execute("ROLLBACK")
        try await build
        await dumper.close()
        await blocker.close()
        await builder.close()
    }

    @Test func `limits of the server, the account and the database are told with their use`() async throws {
        let server = try await fresh("limited")
        try await server.psql(
            "postgres",
            "CREATE ROLE few LOGIN CONNECTION LIMIT 7; ALTER DATABASE limited CONNECTION LIMIT 9"
        )
        var route = server.route("limited")
        route.user = "few"
        let room = try #require(try await activity(route).room.value)
        #expect(room.account == .init(most: 7, used: 1))
        #expect(room.database == .init(most: 9, used: 1))
        #expect(room.server.most == 57, "three places are the superusers'")
        #expect(room.server.used >= 1)
        let unlimited = try #require(try await activity(server.route("limited")).room.value)
        #expect(unlimited.server.most == 60)
        #expect(unlimited.account.most == nil && unlimited.database.most == nil)
    }

    @Test func `a slot that nobody reads from is told with what it holds back`() async throws {
        let server = try await fresh("replicated")
        #expect(try await activity(server.route("replicated")).replicas == .known([]))
        try await server.psql("postgres", "SELECT pg_create_physical_replication_slot('forgotten', true)")
        try await server.psql("replicated", "INSERT INTO orders SELECT generate_series(1, 1000)")
        let replicas = try #require(try await activity(server.route("replicated")).replicas.value)
        #expect(replicas.first?.kind == .idleSlot)
        #expect(replicas.first?.name == "forgotten")
        #expect((replicas.first?.bytesBehind ?? 0) > 10_000)
        try await server.psql("postgres", "SELECT pg_drop_replication_slot('forgotten')")
    }
}
