@testable import Postgres
import Testing
import UpgradeModel

/// Databases that somebody holds on to: an open GRANT or ALTER DATABASE holds the database's row, and no lock on the
/// database as a whole.
extension DatabaseRestoreTests {
    private func swap(_ database: String, _ run: String, patience: Duration) throws -> (RestoreNames, DatabaseSwap) {
        let names = RestoreNames(database, run: try #require(RunID("20261123-103045-\(run)")))
        return (names, DatabaseSwap(try TestServer.current().route(database), names: names, patience: patience))
    }

    /// A session in some database that has granted something on another one, and does not commit.
    private func grant(on database: String, from other: String) async throws -> PostgresConnection {
        let session = try await PostgresConnection.open(try TestServer.current().route(other))
        try await session.execute("SET application_name = 'granter'")
        try await session.execute("BEGIN")
        try await session.execute("GRANT CONNECT ON DATABASE \(SQL.name(database)) TO app")
        return session
    }

    @Test func `whoever has granted something on a database in itself, and does not commit, is shown the door`()
        async throws
    {
        try await make("granted_within", "CREATE TABLE t (x integer)")
        let server = try TestServer.current()
        let (names, swap) = try swap("granted_within", "7f40", patience: .seconds(20))
        try await server.create(names.finished, "OWNER app")
        let first = try await grant(on: "granted_within", from: "granted_within")
        try await swap.close()
        #expect(try await swap.isClosed())
        await #expect(throws: Trouble.self) { try await first.execute("COMMIT") }
        try await server.psql("postgres", "ALTER DATABASE granted_within ALLOW_CONNECTIONS true")
        let second = try await grant(on: "granted_within", from: "granted_within")
        #expect(try await swap.setAside() == names.aside)
        await #expect(throws: Trouble.self) { try await second.execute("COMMIT") }
        // The copy lets anybody in, such as a monitor that looks into every database.
        let third = try await grant(on: names.finished, from: names.finished)
        let idle = try await PostgresConnection.open(server.route(names.finished))
        try await swap.bringIn()
        #expect(try await swap.probeIn() == .done(.done))
        for ended in [third, idle] { await #expect(throws: Trouble.self) { try await ended.execute("SELECT 1") } }
    }

    @Test func `whoever has granted something from elsewhere, and does not commit, is named after a while`()
        async throws
    {
        try await make("coveted", "CREATE TABLE t (x integer)")
        let server = try TestServer.current()
        let (names, swap) = try swap("coveted", "7f41", patience: .seconds(1))
        try await server.create(names.finished, "OWNER app")
        func expectHeld(
            _ name: String,
            _ verb: String,
            changed: Bool,
            _ body: () async throws -> Void
        ) async throws {
            let holder = try await grant(on: name, from: "postgres")
            let held = await #expect(throws: Trouble.self) { try await body() }
            #expect(held?.code == "database-held" && held?.changed == changed, "\(String(describing: held))")
            #expect(held?.message.contains("\(name) could not be \(verb)") == true, "\(String(describing: held))")
            #expect(held?.message.contains("granter of postgres") == true, "\(String(describing: held))")
            #expect(held?.message.contains("process \(await holder.backend)") == true)
            try await holder.execute("ROLLBACK")
            await holder.close()
        }
        // Before the point of no return: the restore is undone, and the database still lets everybody in.
        try await expectHeld("coveted", "closed", changed: false) { try await swap.close() }
        await (try PostgresConnection.open(server.route("coveted"))).close()
        try await swap.close()
        try await expectHeld("coveted", "opened again", changed: true) { try await swap.discard() }
        try await swap.close()
        try await expectHeld("coveted", "renamed", changed: true) { _ = try await swap.setAside() }
        #expect(try await swap.probeAside() == .notStarted)
        // A runner that has died between the two halves of setting aside.
        try await server.psql("postgres", "ALTER DATABASE coveted RENAME TO \(names.aside)")
        try await expectHeld(names.aside, "opened again", changed: true) { _ = try await swap.setAside() }
        #expect(try await swap.setAside() == names.aside)
        #expect(try await swap.probeAside() == .done(.setAside(as: names.aside)))
        try await expectHeld(names.finished, "renamed", changed: true) { try await swap.bringIn() }
        try await swap.bringIn()
        #expect(try await swap.probeIn() == .done(.done))
    }

    @Test func `a grant that is committed while a database is being closed is no reason to give up`() async throws {
        try await make("settled", "CREATE TABLE t (x integer)")
        let (_, swap) = try swap("settled", "7f42", patience: .seconds(60))
        let holder = try await grant(on: "settled", from: "postgres")
        let watcher = try await PostgresConnection.open(try TestServer.current().route("postgres"))
        async let closed: Void = swap.close()
        let deadline = ContinuousClock.now + .seconds(60)
        let waits = """
            SELECT FROM pg_stat_activity WHERE query LIKE 'ALTER DATABASE%settled%' AND wait_event_type = 'Lock'
            """
        while try await watcher.rows(waits).isEmpty {
            try #require(ContinuousClock.now < deadline, "it waits for the grant")
            try await Task.sleep(for: .milliseconds(20))
        }
        try await holder.execute("COMMIT")
        try await closed
        #expect(try await swap.isClosed())
        await holder.close()
        await watcher.close()
    }

    @Test func `a prepared transaction of another database that holds on to one is named`() async throws {
        try await make("promised", "CREATE TABLE t (x integer)")
        let server = try TestServer.current()
        let (_, swap) = try swap("promised", "7f43", patience: .seconds(1))
        try await server.psql(
            "postgres",
            "BEGIN; GRANT CONNECT ON DATABASE promised TO app; PREPARE TRANSACTION 'open_grant'"
        )
        let held = await #expect(throws: Trouble.self) { try await swap.close() }
        try await server.psql("postgres", "ROLLBACK PREPARED 'open_grant'")
        #expect(held?.code == "database-held", "\(String(describing: held))")
        #expect(
            held?.message.contains("prepared transaction 'open_grant' of postgres in postgres") == true,
            "\(String(describing: held))"
        )
        try await swap.close()
    }

    @Test func `the copy of another set that was left is not taken for this one's`() async throws {
        try await make("mixed", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let one = try await Case("mixed")
        try await one.restore.makeCopy(one.names)
        try await one.server.psql("mixed", "INSERT INTO t VALUES (2)")
        // Another restore out of the same upgrade has the same names.
        let other = try await Case("mixed")
        #expect(try await other.restore.probe(other.names) == .notStarted)
        // What holds on to the copy keeps anything from being restored, and is told as such.
        try await one.server.psql(one.names.finished, "BEGIN; INSERT INTO t VALUES (3); PREPARE TRANSACTION 'keeps'")
        let left = await #expect(throws: Trouble.self) { try await other.restore.makeCopy(other.names) }
        #expect(left?.code == "copy-remains" && left?.changed == false, "\(String(describing: left))")
        #expect(left?.message.contains(one.names.finished) == true)
        try await one.server.psql(one.names.finished, "ROLLBACK PREPARED 'keeps'")
        try await other.restore.makeCopy(other.names)
        #expect(try await other.restore.probe(other.names) == .done(.done))
        #expect(try await other.restore.prove(other.names.finished, of: other.set.id).rows == 2)
        // Whoever takes the restore over finds it done, by its note in the same folder.
        let heir = DatabaseRestore(
            other.restore.backup,
            of: other.set.path,
            over: other.restore.route,
            identity: nil,
            work: other.restore.work
        )
        #expect(try await heir.probe(other.names) == .done(.done))
        #expect(try await one.restore.probe(one.names) == .notStarted)
        try await other.swap.discard()
    }

    @Test func `tables that have fewer rows than in the set are told once it is restored`() async throws {
        try await make(
            "shrunk",
            """
            CREATE TABLE few AS SELECT generate_series(1, 5) AS x; CREATE TABLE fewer AS SELECT generate_series(1, 9) AS x;
            CREATE TABLE more AS SELECT 1 AS x; CREATE TABLE same AS SELECT 1 AS x;
            """
        )
        let one = try await Case("shrunk")
        let backup = one.restore.backup
        #expect(try await RestoreScout.shortfall(one.restore.route, backup) == RowShortfall())
        try await one.server.psql(
            "shrunk",
            "DELETE FROM few WHERE x > 3; DELETE FROM fewer WHERE x > 1; INSERT INTO more VALUES (2); UPDATE same SET x = 2"
        )
        let found = try await RestoreScout.shortfall(one.restore.route, backup)
        #expect(
            found.tables == [
                .init(name: "public.fewer", present: 1, inSet: 9), .init(name: "public.few", present: 3, inSet: 5),
            ]
        )
        #expect(found.uncounted == nil)
        let holder = try await PostgresConnection.open(one.restore.route)
        try await holder.execute("BEGIN")
        try await holder.execute("LOCK TABLE fewer")
        let late = try await RestoreScout.shortfall(one.restore.route, backup, patience: .milliseconds(200))
        await holder.close()
        #expect(late.tables.map(\.name) == ["public.few"])
        #expect(late.uncounted == "the server did not count public.fewer in time")
        let none = try await RestoreScout.shortfall(one.restore.route, backup, whole: .zero)
        #expect(none.tables == [])
        #expect(none.uncounted?.contains("public.few, public.fewer, public.more, public.same") == true)
    }
}
