import Foundation
@testable import Postgres
import Testing
import UpgradeModel

/// What writes to a database without any session: a subscription to another database.
struct SubscriptionTests {
    private func workers(_ route: DatabaseRoute) async throws -> [ObservedWorker] {
        guard case .open(let facts) = try await DatabaseInspector.inspect(route) else { throw Unexpected("refused") }
        return try #require(facts.activity.sessions.value).workers
    }

    /// Waits until something is so, within bounds.
    private func wait(until isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !isSo() {
            guard ContinuousClock.now < deadline else { throw Unexpected("it took too long") }
            await Task.yield()
        }
    }

    @Test func `an enabled subscription is named as a writer, also while it has nothing to write`() async throws {
        let settings = [
            "wal_level": "logical", "max_wal_senders": "4", "max_replication_slots": "4",
            "max_logical_replication_workers": "4", "max_worker_processes": "8",
        ]
        try await TestServer.with(settings: settings) {
            let server = try TestServer.current()
            for name in ["source", "copy"] {
                try await server.create(name)
                try await server.psql(name, "CREATE TABLE orders (id integer PRIMARY KEY)")
            }
            let (source, copy) = (server.route("source"), server.route("copy"))
            try await server.psql(
                "source",
                "CREATE PUBLICATION news FOR TABLE orders; "
                    + "SELECT pg_create_logical_replication_slot('reader', 'pgoutput')"
            )
            try await server.psql(
                "copy",
                "CREATE SUBSCRIPTION reader CONNECTION 'host=\(source.host) user=\(source.user) dbname=source' "
                    + "PUBLICATION news WITH (create_slot = false, copy_data = false)"
            )
            try await server.psql("source", "INSERT INTO orders VALUES (1)")
            let reader = try await PostgresConnection.open(copy)
            try await wait { try await reader.rows("SELECT FROM orders").count == 1 }
            await reader.close()

            #expect(try await workers(copy) == [ObservedWorker(.subscription, name: "reader", user: "postgres")])
            #expect(try await workers(source) == [], "it is written to, but not by the subscription")
            #expect(try await DatabaseSessions.others(in: copy).isEmpty)
            let writers = try await DatabaseSessions.mayWrite(in: copy)
            #expect(writers.map(\.application) == ["subscription reader"], "\(writers)")

            try await server.psql("copy", "ALTER SUBSCRIPTION reader DISABLE")
            #expect(try await workers(copy) == [])
            try await wait { try await DatabaseSessions.mayWrite(in: copy).isEmpty }
        }
    }
}
