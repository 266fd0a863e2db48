import Foundation
import Postgres
import Processes
import Testing
import UpgradeModel

/// Scratch copies for rehearsals, on real servers.
@Suite(.serialized, .postgresServer) struct RehearsalCopiesTests {
    private static let network = "127.0.0.1/32"

    private func source(_ server: TestServer, _ database: String) -> RehearsalCopies.Source {
        RehearsalCopies.Source(name: database, route: server.route(database), password: "RehearsalPassword1")
    }

    private func with<Value: Sendable>(
        _ databases: [String],
        _ work: ([RehearsalCopy]) async throws -> Value
    ) async throws -> Value {
        let server = try TestServer.current()
        return try await RehearsalCopies(scratch: "\(server.folder)/rehearsal").with(
            databases.map { source(server, $0) },
            at: "127.0.0.1",
            network: Self.network,
            work
        )
    }

    /// The way that a migration's container comes.
    private func byNetwork(_ copy: RehearsalCopy, password: String?, user: String = "postgres") -> DatabaseRoute {
        DatabaseRoute(
            host: "127.0.0.1",
            port: copy.port,
            database: copy.route.database,
            user: user,
            password: password.map { password in .provided { password } } ?? .none
        )
    }

    private func execute(_ route: DatabaseRoute, _ sql: String) async throws {
        let connection = try await PostgresConnection.open(route)
        do {
            try await connection.execute(sql)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    @Test func `copies are changed, their sources are not, and nothing is left`() async throws {
        let server = try TestServer.current()
        try await server.create("shop")
        try await server.create("second")
        try await server.psql("shop", "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)")
        try await server.psql("postgres", "ALTER ROLE ALL SET \"app.mode\" = 'everywhere'")
        let before = try await server.fingerprint("shop")
        let change = try await with(["shop", "second"]) { copies in
            #expect(copies.map(\.name) == ["shop", "second"])
            let copy = try #require(copies.first)
            #expect(!copy.wasReached)
            let (schema, bytes) = (try await copy.schema(), try await copy.bytes())
            try await execute(
                byNetwork(copy, password: "RehearsalPassword1"),
                "CREATE TABLE notes AS SELECT g AS id, repeat('x', 500) AS text FROM generate_series(1, 5000) g"
            )
            #expect(copy.wasReached)
            #expect(try await copy.bytes() > bytes)
            #expect(schema.contains { $0.kind == .setting && $0.name == "all roles: app.mode" })
            return SchemaChange(from: schema, to: try await copy.schema(), digest: nil)
        }
        #expect(change.added.contains("table public.notes"))
        #expect(change.removed.isEmpty)
        #expect(try await server.fingerprint("shop") == before)
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(server.folder)/rehearsal")
        #expect(left.isEmpty)
        try await server.psql("postgres", "ALTER ROLE ALL RESET ALL")
        try await server.drop("shop")
        try await server.drop("second")
    }

    @Test func `only the rehearsal's account gets in, with its new password, and only from its network`() async throws {
        let server = try TestServer.current()
        try await server.create("shop")
        try await server.psql("postgres", "CREATE ROLE app LOGIN PASSWORD 'real'")
        try await with(["shop"]) { copies in
            let copy = try #require(copies.first)
            try await execute(byNetwork(copy, password: "RehearsalPassword1"), "SELECT 1")
            for (user, password) in [("postgres", "wrong"), ("postgres", nil), ("app", "real"), ("app", nil)] {
                await #expect(throws: Trouble.self, "\(user) \(password ?? "-")") {
                    try await execute(byNetwork(copy, password: password, user: user), "SELECT 1")
                }
            }
            let connection = try await PostgresConnection.open(copy.route)
            let rows = try await connection.rows(
                "SELECT address, auth_method FROM pg_hba_file_rules WHERE type <> 'local' ORDER BY 1"
            )
            await connection.close()
            #expect(rows.map { $0.text(1) } == ["scram-sha-256"])
            #expect(rows.first?.text(0) == "127.0.0.1")
        }
        try await server.drop("shop")
        try await server.psql("postgres", "DROP ROLE app")
    }

    @Test func `locks on tables that were there before are seen with mode and time`() async throws {
        let server = try TestServer.current()
        try await server.create("shop")
        try await server.psql("shop", "CREATE TABLE orders (id int); CREATE TABLE other (id int)")
        let seen = try await with(["shop"]) { copies in
            let copy = try #require(copies.first)
            let route = byNetwork(copy, password: "RehearsalPassword1")
            let watched = try await LockWatch.during(copies) {
                let connection = try await PostgresConnection.open(route)
                for sql in [
                    "BEGIN", "ALTER TABLE orders ADD COLUMN note text", "CREATE TABLE made (id int)",
                    "LOCK TABLE other IN SHARE MODE", "SELECT pg_sleep(1)", "COMMIT",
                ] {
                    try await connection.execute(sql)
                }
                await connection.close()
                return "done"
            }
            #expect(watched.value == "done")
            return watched.locks
        }
        let locks = try #require(seen["shop"])
        #expect(locks.map(\.relation) == ["public.orders", "public.other"])
        #expect(locks.map(\.mode) == ["AccessExclusiveLock", "ShareLock"])
        #expect(locks.allSatisfy { $0.seconds > 0.3 && $0.seconds < 20 })
        try await server.drop("shop")
    }

    @Test func `a port that is taken is not chosen, and an address of another machine is refused`() async throws {
        let server = try TestServer.current()
        try await server.create("shop")
        try await with(["shop"]) { copies in
            let copy = try #require(copies.first)
            let next = try ScratchListener.choose(
                on: "127.0.0.1",
                network: Self.network,
                ports: [copy.port, copy.port + 1, copy.port + 2, copy.port + 3]
            )
            #expect(next.port > copy.port)
        }
        let trouble = #expect(throws: Trouble.self) {
            try ScratchListener.choose(on: "198.51.100.7", network: Self.network, ports: [5432])
        }
        #expect(trouble?.code == "rehearsal-port")
        try await server.drop("shop")
    }
    @Test func `no migration is tried in a copy that lacks a library which every session is to load`() async throws {
        let server = try TestServer.current()
        try await server.create("loading")
        try await server.psql("loading", "ALTER DATABASE loading SET session_preload_libraries = 'pawl_nowhere'")
        var here = source(server, "loading")
        // As if it were on this server.
        here.route.parameters = ["options": "-c session_preload_libraries="]
        let source = here
        let trouble = await #expect(throws: Trouble.self) {
            try await RehearsalCopies(scratch: "\(server.folder)/rehearsal").with(
                [source],
                at: "127.0.0.1",
                network: Self.network
            ) { _ in Issue.record("nobody gets in") }
        }
        #expect(trouble?.code == "rehearsal-sessions" && trouble?.blame == .environment)
        #expect(trouble?.message.contains("pawl_nowhere") == true, "\(trouble?.message ?? "")")
        try await server.drop("loading")
    }
}
