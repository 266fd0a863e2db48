import Foundation
@testable import Postgres
import Testing
import UpgradeModel

@Suite(.postgresServer) struct ConnectionTests {
    private func code(_ route: DatabaseRoute) async -> String {
        do throws(Trouble) {
            try await PostgresConnection.open(route, timeout: .seconds(3)).close()
            return "none"
        } catch {
            return "\(error.blame.rawValue) \(error.code)"
        }
    }

    @Test func `everything that an address says of the way reaches programs and sessions`() throws {
        let known = DatabaseURL.knownParameters.subtracting(["host"])
        #expect(Set(DatabaseRoute.variables.keys) == known)
        let query = known.sorted().map { "\($0)=\($0 == "connect_timeout" ? "7" : "x")" }.joined(separator: "&")
        let url = try DatabaseURL("postgres://al@db/demo?host=/run&\(query)")
        let route = DatabaseRoute(host: url.host, database: "demo", user: "al", parameters: url.parameters)
        let environment = try route.environment(settings: ["work_mem": "1MB"])
        let parameters = Dictionary(
            uniqueKeysWithValues: route.parameters(password: nil, settings: ["work_mem": "1MB"])
        )
        for name in known {
            let value = name == "connect_timeout" ? "7" : name == "options" ? "x -c work_mem=1MB" : "x"
            #expect(environment[try #require(DatabaseRoute.variables[name])] == value)
            #expect(parameters[name] == value)
        }
        #expect(parameters["host"] == "/run" && environment["PGHOST"] == "/run")
        #expect(route.patience == .seconds(7))
        let plain = DatabaseRoute(host: "db", database: "demo", user: "al")
        #expect(try plain.environment()["PGCONNECT_TIMEOUT"] == "15" && plain.patience == .seconds(15))
        #expect(try plain.environment()["PGOPTIONS"] == nil)
    }

    @Test func `what an address asks of the server is asked`() async throws {
        var route = try TestServer.current().route("postgres")
        route.parameters = ["options": "-c work_mem=12345"]
        let connection = try await PostgresConnection.open(route, settings: ["statement_timeout": "77"])
        let rows = try await connection.rows("SELECT current_setting('work_mem'), current_setting('statement_timeout')")
        await connection.close()
        #expect(rows.first?.text(0) == "12345kB" && rows.first?.text(1) == "77ms")
        // The server of the tests lets everybody in unasked, so that nothing can be bound to a channel.
        route.parameters = ["channel_binding": "require"]
        await #expect(throws: Trouble.self) { try await PostgresConnection.open(route) }
    }

    @Test func `trouble says whether the server, the account or the database is the matter`() async throws {
        let server = try TestServer.current()
        try await server.psql(
            "postgres",
            """
            CREATE ROLE locked LOGIN PASSWORD 'canary';
            DO $$BEGIN EXECUTE format('COPY (SELECT l FROM (VALUES (%L), (%L)) v(l)) TO %L',
              'local all locked scram-sha-256', 'local all all trust', current_setting('hba_file')); END$$;
            SELECT pg_reload_conf();
            """
        )
        var route = server.route("postgres")
        #expect(await code(route) == "none")
        #expect(await code(route.reaching(database: "nowhere")) == "operator database-unknown")
        route.user = "locked"
        route.password = .provided { "wrong" }
        #expect(await code(route) == "operator database-login-refused")
        // A restore asks why an account would be refused, before it is the only one that is left.
        let known = server.route("postgres")
        let refusal = await RestoreScout.refusal(of: route.reaching(database: "nowhere"), besides: known)
        #expect(refusal?.contains("password authentication failed") == true)
        var other = route
        other.user = "made_by_the_restore"
        #expect(await RestoreScout.refusal(of: other, besides: known) == nil)
        other = route
        other.password = .provided { "canary" }
        #expect(await RestoreScout.refusal(of: other, besides: known) == nil)
        #expect(await RestoreScout.refusal(of: other.reaching(database: "nowhere"), besides: known) == nil)
        route.password = .file("/no/such/file")
        #expect(await code(route) == "operator password-file-unreadable")
        let file = "\(try server.newFolder())/password"
        try "canary\n".write(toFile: file, atomically: false, encoding: .utf8)
        route.password = .file(file)
        #expect(await code(route) == "none")
        #expect(try route.environment()["PGPASSWORD"] == "canary")
        #expect(
            await code(DatabaseRoute(host: "127.0.0.1", port: 1, database: "d", user: "u"))
                == "environment database-unreachable"
        )
        #expect(
            await code(DatabaseRoute(host: "/nowhere", database: "d", user: "u")) == "environment database-unreachable"
        )
    }

    @Test func `a server that never answers is given up in time`() async throws {
        // A listening socket that nobody serves.
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = bind(descriptor, generic, length)
                _ = listen(descriptor, 1)
                _ = getsockname(descriptor, generic, &length)
            }
        }
        let route = DatabaseRoute(
            host: "127.0.0.1",
            port: Int(UInt16(bigEndian: address.sin_port)),
            database: "d",
            user: "u"
        )
        let started = ContinuousClock.now
        await #expect(throws: Trouble.self) { try await PostgresConnection.open(route, timeout: .milliseconds(500)) }
        #expect(ContinuousClock.now - started < .seconds(5))
    }

    @Test func `a million rows are taken in one at a time`() async throws {
        let connection = try await PostgresConnection.open(try TestServer.current().route("postgres"))
        let sum = try await connection.fold("SELECT generate_series(1, 1000000)", into: Int64(0)) {
            (sum: inout Int64, row: PostgresRow) throws(Trouble) in sum += row.integer(0) ?? 0
        }
        #expect(sum == 500_000_500_000)
        await #expect(throws: Trouble.self) { try await connection.rows("SELECT generate_series(1, 20)", limit: 10) }
        #expect(try await connection.rows("SELECT 1").count == 1)
        await connection.close()
    }

    @Test func `a failed statement leaves the session usable and tells what was said`() async throws {
        let connection = try await PostgresConnection.open(try TestServer.current().route("postgres"))
        await #expect {
            try await connection.execute("SELECT 1 FROM nowhere")
        } throws: { error in
            (error as? Trouble)?.message.contains("nowhere") == true
        }
        let rows = try await connection.rows("SELECT $1::text, NULL, $2", ["it's", nil])
        #expect(rows.first?.text(0) == "it's")
        #expect(rows.first?.bytes(1) == nil)
        await connection.close()
        await #expect(throws: Trouble.self) { try await connection.rows("SELECT 1") }
    }

    @Test func `cancelling ends a statement on the server`() async throws {
        let connection = try await PostgresConnection.open(try TestServer.current().route("postgres"))
        let backend = await connection.backend
        let task = Task { try await connection.execute("SELECT pg_sleep(600)") }
        let other = try await PostgresConnection.open(try TestServer.current().route("postgres"))
        let active =
            "SELECT 1 FROM pg_stat_activity WHERE pid = $1::int AND state = 'active' AND query LIKE '%sleep(600)%'"
        while try await other.rows(active, ["\(backend)"]).isEmpty { await Task.yield() }
        task.cancel()
        await #expect {
            try await task.value
        } throws: { error in
            (error as? Trouble)?.code == "database-cancelled"
        }
        #expect(try await other.rows(active, ["\(backend)"]).isEmpty)
        await other.close()
        await connection.close()
    }

    @Test func `a message in verbose form is read with its code`() {
        let message = ServerMessage(
            verbose: "connection to server failed: FATAL:  28P01: password wrong\nLOCATION:  auth.c"
        )
        #expect(message.state == "28P01")
        #expect(!message.text.contains("28P01"))
        #expect(ServerMessage(verbose: "could not connect").state == nil)
    }
}
