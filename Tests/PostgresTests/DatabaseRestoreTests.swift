import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// Restores on a real server, beside what is there. One at a time, since roles are the server's.
@Suite(.postgresServer, .serialized) struct DatabaseRestoreTests {
    /// A set of one database, and the restore of it.
    struct Case {
        let fixture: BackupFixture
        let set: BackupSet
        let restore: DatabaseRestore
        let names: RestoreNames

        var server: TestServer { fixture.server }
        var swap: DatabaseSwap { DatabaseSwap(restore.route, names: names) }

        init(_ database: String, recipients: [String] = [], identity: String? = nil) async throws {
            fixture = try BackupFixture(recipients: recipients)
            set = try await fixture.make(try fixture.request([database]))
            let backup = try #require(set.manifest.databases.first)
            restore = DatabaseRestore(
                backup,
                of: set.path,
                over: fixture.server.route(database),
                identity: identity,
                work: try fixture.server.newFolder()
            )
            names = RestoreNames(database, run: try #require(RunID("20261123-103045-7f3a")))
        }

        func replace() async throws {
            try await restore.makeCopy(names)
            _ = try await restore.prove(names.finished, of: set.id)
            try await swap.close()
            _ = try await swap.setAside()
            try await swap.bringIn()
        }
    }

    func makeRoles(_ server: TestServer) async throws {
        let connection = try await PostgresConnection.open(server.route("postgres"))
        let found = try await connection.rows("SELECT FROM pg_roles WHERE rolname = 'app'")
        await connection.close()
        if found.isEmpty { try await server.psql("postgres", Everything.roles) }
    }

    func make(_ name: String, _ sql: String) async throws {
        let server = try TestServer.current()
        try await makeRoles(server)
        try await server.create(name, "OWNER app")
        try await server.psql(name, sql)
    }

    @Test func `a database with something of everything comes back as it was, beside what it had become`() async throws
    {
        let server = try TestServer.current()
        try await makeRoles(server)
        try await server.create("everything")
        try await server.psql("postgres", Everything.database("everything"))
        try await server.psql("everything", try await Everything.content(on: server))
        let before = try await server.fingerprint("everything")
        let one = try await Case("everything")
        try await server.psql("everything", "DROP TABLE orders CASCADE; CREATE TABLE newer (x integer)")
        let damaged = try await server.fingerprint("everything")
        #expect(try await one.restore.probe(one.names) == .notStarted)
        let progress = Recorder<BackupProgress>()
        try await one.restore.makeCopy(one.names) { progress.note($0) }
        #expect(progress.all.contains { $0.phase == .restore })
        #expect(try await one.restore.probe(one.names) == .done(.done))
        let proof = try await one.restore.prove(one.names.finished, of: one.set.id)
        #expect(proof.tables == before.tables.count && proof.databases == ["everything"])
        // Whoever is in the old database is shown the door.
        let guest = try await PostgresConnection.open(server.route("everything"))
        #expect(try await !one.swap.isClosed())
        try await one.swap.close()
        #expect(try await one.swap.isClosed())
        await #expect(throws: Trouble.self) { try await guest.execute("SELECT 1") }
        await #expect(throws: Trouble.self) { try await PostgresConnection.open(server.route("everything")) }
        #expect(try await one.swap.probeAside() == .notStarted)
        #expect(try await one.swap.setAside() == one.names.aside)
        #expect(try await one.swap.probeAside() == .done(.setAside(as: one.names.aside)))
        #expect(try await one.swap.probeIn() == .notStarted)
        try await one.swap.bringIn()
        #expect(try await one.swap.probeIn() == .done(.done))
        // Both can be done again and change nothing.
        try await one.swap.bringIn()
        let after = try await server.fingerprint("everything")
        let differences = Comparison.differences(
            database: "everything",
            source: try #require(one.set.manifest.databases.first).fingerprint,
            restored: after
        )
        #expect(differences.isEmpty, "\(differences)")
        #expect(after.tables == before.tables)
        let kept = try await server.fingerprint(one.names.aside)
        #expect(kept.tables == damaged.tables)
        try await server.drop(one.names.aside)
    }

    @Test func `a database that is gone is made anew, and nothing is set aside`() async throws {
        try await make("gone", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let one = try await Case("gone")
        try await one.server.drop("gone")
        try await one.restore.makeCopy(one.names)
        _ = try await one.restore.prove(one.names.finished, of: one.set.id)
        try await one.swap.close()
        #expect(try await one.swap.probeAside() == .done(.done))
        #expect(try await one.swap.setAside() == nil)
        try await one.swap.bringIn()
        #expect(try await one.server.fingerprint("gone").rows == 1)
    }

    @Test func `a copy that is half made is made again, and a restore that is given up leaves nothing`() async throws {
        try await make("halfway", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let one = try await Case("halfway")
        try await one.server.create(one.names.making)
        try await one.server.psql(one.names.making, "CREATE TABLE t (y text)")
        guard case .underway = try await one.restore.probe(one.names) else {
            Issue.record("a half-made copy is seen")
            return
        }
        try await one.restore.makeCopy(one.names)
        _ = try await one.restore.prove(one.names.finished, of: one.set.id)
        try await one.swap.close()
        #expect(try await !one.swap.isDiscarded())
        try await one.swap.discard()
        #expect(try await one.swap.isDiscarded())
        let databases = ServerDatabases(one.restore.route)
        for name in [one.names.making, one.names.finished, one.names.aside] {
            #expect(try await !databases.exists(name))
        }
        #expect(try await one.server.fingerprint("halfway").rows == 1)
    }

    @Test func `a copy that is not as the set says is not proven`() async throws {
        try await make("changed", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let one = try await Case("changed")
        try await one.restore.makeCopy(one.names)
        try await one.server.psql(one.names.finished, "UPDATE t SET x = 2")
        await #expect {
            try await one.restore.prove(one.names.finished, of: one.set.id)
        } throws: { error in
            (error as? DisprovenSet)?.failures.map(\.description) == [
                "changed: table public.t has other rows (1 rows on both sides)"
            ]
        }
        try await one.server.psql("postgres", "ALTER DATABASE \(one.names.finished) CONNECTION LIMIT 5")
        await #expect {
            try await one.restore.prove(one.names.finished, of: one.set.id)
        } throws: { error in
            (error as? DisprovenSet)?.failures.contains { $0.kind == "database" } ?? false
        }
        try await one.swap.discard()
    }

    @Test func `a database that appears under the old name between the renames is neither kept nor replaced unasked`()
        async throws
    {
        let server = try TestServer.current()
        try await make("reappears", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let one = try await Case("reappears")
        try await one.restore.makeCopy(one.names)
        try await one.swap.close()
        func expectReappeared(_ body: () async throws -> Void) async {
            await #expect {
                try await body()
            } throws: { error in
                let trouble = error as? Trouble
                return trouble?.code == "database-reappeared" && trouble?.remedy.contains(one.names.finished) == true
            }
        }
        #expect(try await one.swap.setAside() == one.names.aside)
        try await server.create("reappears")
        await expectReappeared { _ = try await one.swap.setAside() }
        await expectReappeared { try await one.swap.bringIn() }
        guard case .failed(let trouble) = try await one.swap.probeAside() else {
            Issue.record("there are two of them")
            return
        }
        #expect(trouble.code == "database-reappeared")
        // As the remedy says.
        try await server.psql("postgres", "ALTER DATABASE reappears RENAME TO reappears_by_somebody")
        #expect(try await one.swap.setAside() == one.names.aside)
        try await one.swap.bringIn()
        #expect(try await one.swap.probeIn() == .done(.done))
        #expect(try await server.fingerprint("reappears").rows == 1)
    }

    @Test func `roles that are missing are made, and those that are there keep their passwords`() async throws {
        let server = try TestServer.current()
        try await server.psql(
            "postgres",
            "CREATE ROLE stays LOGIN PASSWORD 'old'; CREATE ROLE goes LOGIN PASSWORD 'lost'"
        )
        try await make("roles", "CREATE TABLE t (x integer); GRANT SELECT ON t TO goes; ALTER TABLE t OWNER TO stays")
        let one = try await Case("roles")
        try await server.psql("roles", "DROP OWNED BY goes")
        try await server.psql(
            "postgres",
            "DROP ROLE goes; ALTER ROLE stays PASSWORD 'new' CONNECTION LIMIT 7; CREATE ROLE another"
        )
        func password(_ role: String) async throws -> String? {
            let connection = try await PostgresConnection.open(server.route("postgres"))
            let rows = try await connection.rows("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [role])
            await connection.close()
            return rows.first?.text(0)
        }
        let kept = try await password("stays")
        try await one.replace()
        #expect(try await password("stays") == kept)
        #expect(try await password("goes")?.hasPrefix("SCRAM-SHA-256") == true)
    }

    @Test func `a restore that is given up takes back the roles that it made, and no others`() async throws {
        let server = try TestServer.current()
        try await server.psql(
            "postgres",
            "CREATE ROLE was_there; CREATE ROLE first; CREATE ROLE second; CREATE ROLE third; GRANT first TO second"
        )
        try await make("given_up", "CREATE TABLE t (x integer); GRANT SELECT ON t TO first, second, third")
        let one = try await Case("given_up")
        let drop = "DROP OWNED BY first, second, third; DROP ROLE first, second, third"
        try await server.psql("given_up", drop)
        func roles() async throws -> [String] {
            let connection = try await PostgresConnection.open(server.route("postgres"))
            let names = "'was_there', 'first', 'second', 'third'"
            let rows = try await connection.rows("SELECT rolname FROM pg_roles WHERE rolname IN (\(names)) ORDER BY 1")
            await connection.close()
            return rows.compactMap { $0.text(0) }
        }
        let made = RestoredRoles(of: one.set.id, "given_up", over: one.restore.route, work: one.restore.work)
        #expect(try await made.areDiscarded())
        try await one.restore.makeCopy(one.names, noting: made)
        #expect(try await roles() == ["first", "second", "third", "was_there"])
        #expect(try await !made.areDiscarded())
        // Another one that bears the name of one that was made, and one that owns something by now.
        try await server.psql(one.names.finished, "DROP OWNED BY third; DROP ROLE third; CREATE ROLE third")
        try await server.psql("given_up", "GRANT SELECT ON t TO second")
        try await one.swap.discard()
        #expect(try await made.discard() == ["second"])
        #expect(try await roles() == ["second", "third", "was_there"])
        #expect(try await made.areDiscarded(), "what stays is not tried again")
        #expect(try await made.discard() == [])
        try await server.psql("given_up", "DROP OWNED BY second; DROP ROLE second, third")
        // Once the databases are renamed, their roles are no longer what a restore would take back.
        try await one.restore.makeCopy(one.names, noting: made)
        try made.keep()
        #expect(try await made.areDiscarded())
        #expect(try await made.discard() == [])
        #expect(try await roles() == ["first", "second", "third", "was_there"])
        try await one.swap.discard()
        try await server.psql("postgres", "DROP ROLE first, second, third, was_there")
    }

    @Test func `an owner who may create databases restores what they own without a superuser's help`() async throws {
        let server = try TestServer.current()
        try await server.psql("postgres", "CREATE ROLE landlord LOGIN CREATEDB")
        try await server.create("landed", "OWNER landlord")
        var route = server.route("landed")
        route.user = "landlord"
        let account = route
        let connection = try await PostgresConnection.open(account)
        try await connection.execute("CREATE TABLE mine (id serial, x text)")
        try await connection.execute("INSERT INTO mine (x) VALUES ('a'), ('b')")
        await connection.close()
        let fixture = try BackupFixture()
        let set = try await fixture.make(try fixture.request(["landed"], route: { _ in account }))
        let backup = try #require(set.manifest.databases.first)
        let names = RestoreNames("landed", run: try #require(RunID("20261123-103045-7f3b")))
        let look = try await RestoreScout.look(account, backup, roles: [])
        #expect(look.missingRights.isEmpty && look.exists)
        let restore = DatabaseRestore(backup, of: set.path, over: account, identity: nil, work: try server.newFolder())
        try await restore.makeCopy(names)
        _ = try await restore.prove(names.finished, of: set.id)
        let swap = DatabaseSwap(account, names: names)
        try await swap.close()
        #expect(try await swap.setAside() == names.aside)
        try await swap.bringIn()
        #expect(try await server.fingerprint("landed").rows == 2)
    }

    @Test func `an account that may not is told beforehand what it lacks`() async throws {
        let server = try TestServer.current()
        try await make("alien", "CREATE TABLE t (x integer)")
        try await server.psql("postgres", "CREATE ROLE guest LOGIN")
        var route = server.route("alien")
        route.user = "guest"
        let look = try await RestoreScout.look(route, nil, roles: ["nobody", "app"])
        #expect(
            look.missingRights == [
                "it may not create databases", "it does not own alien, so it may not rename it",
                "it may not create the roles nobody",
            ]
        )
        #expect(look.missingRoles == ["nobody"])
    }

    @Test func `an account is told beforehand of owners in the set for whom it may not act`() async throws {
        let server = try TestServer.current()
        try await server.psql("postgres", "CREATE ROLE lodger LOGIN CREATEDB; CREATE ROLE squatter")
        try await server.create("let", "OWNER lodger")
        try await server.psql("let", "CREATE TABLE theirs (x integer); ALTER TABLE theirs OWNER TO squatter")
        try await server.psql("let", "GRANT SELECT ON theirs TO lodger")
        let fixture = try BackupFixture()
        let backup = try #require(try await fixture.make(try fixture.request(["let"])).manifest.databases.first)
        var route = server.route("let")
        route.user = "lodger"
        let look = try await RestoreScout.look(route, backup, roles: ["squatter"])
        #expect(look.missingRights == ["it may not make the roles squatter owners"])
        try await server.psql("let", "GRANT squatter TO lodger")
        #expect(try await RestoreScout.look(route, backup, roles: ["squatter"]).missingRights.isEmpty)
    }

    @Test func `what would be lost is counted, the most first`() async throws {
        try await make(
            "losing",
            "CREATE TABLE small (x integer); CREATE TABLE big (x integer); CREATE TABLE same AS SELECT 1 AS x"
        )
        let one = try await Case("losing")
        try await one.server.psql(
            "losing",
            """
            INSERT INTO small SELECT 1; INSERT INTO big SELECT generate_series(1, 100); DELETE FROM same;
            CREATE TABLE fresh AS SELECT generate_series(1, 10) AS x
            """
        )
        let look = try await RestoreScout.look(one.restore.route, one.set.manifest.databases.first, roles: ["app"])
        #expect(look.losses.map(\.table) == ["public.big", "public.fresh", "public.small"])
        #expect(look.losses.map(\.lost) == [100, 10, 1])
        #expect(look.bytes > 0 && look.uncounted == nil)
    }

    @Test func `a table that is too slow to be counted hides no losses of others`() async throws {
        try await make("slow", "CREATE TABLE held (x integer); CREATE TABLE open (x integer)")
        let one = try await Case("slow")
        try await one.server.psql("slow", "INSERT INTO open SELECT generate_series(1, 10)")
        let holder = try await PostgresConnection.open(one.restore.route)
        try await holder.execute("BEGIN")
        try await holder.execute("LOCK TABLE held")
        let look = try await RestoreScout.look(
            one.restore.route,
            one.set.manifest.databases.first,
            roles: [],
            patience: .milliseconds(200)
        )
        await holder.close()
        #expect(look.losses.map(\.table) == ["public.open"])
        #expect(look.uncounted == "the server did not count public.held in time")
    }

    @Test func `a database that bears the name of the server's own is closed, put back and replaced`() async throws {
        let server = try TestServer.current()
        try await makeRoles(server)
        try await server.psql("postgres", "CREATE TABLE mine (x integer); INSERT INTO mine VALUES (1)")
        let one = try await Case("postgres")
        try await server.psql("postgres", "DELETE FROM mine")
        try await one.restore.makeCopy(one.names)
        try await one.swap.close()
        #expect(try await one.swap.isClosed())
        // A restore of another database of the same server is not locked out.
        #expect(try await ServerDatabases(server.route("another")).exists(one.names.finished))
        try await one.swap.discard()
        #expect(try await one.swap.isDiscarded())
        #expect(try await server.fingerprint("postgres").rows == 0)
        try await one.replace()
        #expect(try await server.fingerprint("postgres").rows == 1)
        try await server.drop(one.names.aside)
        try await server.psql("postgres", "DROP TABLE mine")
    }

    @Test func `a prepared transaction stands against a restore before anything is closed`() async throws {
        try await make("halves", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let one = try await Case("halves")
        try await one.restore.makeCopy(one.names)
        try await one.server.psql("halves", "BEGIN; INSERT INTO t VALUES (2); PREPARE TRANSACTION 'it''s half'")
        let found = try await PreparedTransactions.list(in: one.restore.route)
        #expect(found.map(\.text) == ["`it's half` in halves, prepared by postgres"])
        #expect(try await PreparedTransactions.list(in: one.server.route("postgres")).isEmpty)
        #expect(try await DatabaseSessions.writing(in: one.restore.route).isEmpty, "it has no session")
        let look = try await RestoreScout.look(one.restore.route, one.set.manifest.databases.first, roles: [])
        #expect(look.prepared == found)
        await #expect {
            try await one.swap.close()
        } throws: { error in
            let trouble = error as? Trouble
            return trouble?.code == "transaction-prepared"
                && trouble?.remedy.contains("ROLLBACK PREPARED 'it''s half'") == true
        }
        try await one.server.psql("postgres", "ALTER DATABASE halves ALLOW_CONNECTIONS false")
        #expect(try await !one.swap.isClosed(), "where it was prepared while the database was being closed")
        try await one.server.psql("postgres", "ALTER DATABASE halves ALLOW_CONNECTIONS true")
        // Nobody was locked out.
        try await one.server.psql("halves", "ROLLBACK PREPARED 'it''s half'")
        try await one.swap.close()
        #expect(try await one.swap.setAside() == one.names.aside)
        try await one.swap.bringIn()
    }

    @Test func `an encrypted set comes back with its identity, and says so without`() async throws {
        let server = try TestServer.current()
        let identity = "\(try server.newFolder())/identity"
        let key = try await collect(Command("age-keygen", ["-o", identity]))
        let recipient = try #require(key.errorText.split(separator: " ").last?.split(separator: "\n").first)
        try await make("secret", "CREATE TABLE t (x integer); INSERT INTO t VALUES (1)")
        let one = try await Case("secret", recipients: [String(recipient)], identity: identity)
        let work = try server.newFolder()
        #expect(try await SetOpening(one.set, identity: nil, work: work).lock()?.contains("no identity") == true)
        let opening = SetOpening(one.set, identity: identity, work: work)
        #expect(try await opening.lock() == nil)
        #expect(try await opening.damages().isEmpty)
        try await opening.unpackConfiguration(into: "\(work)/configuration")
        let unpacked = try String(contentsOfFile: "\(work)/configuration/customer.env", encoding: .utf8)
        #expect(unpacked.contains("ENCRYPTION_KEY"))
        try await opening.unsealRelease(into: "\(work)/release")
        let release = try FileManager.default.contentsOfDirectory(atPath: "\(work)/release").sorted()
        #expect(release == [".env", "docker-compose.yml"])
        let environment = try String(contentsOfFile: "\(work)/release/.env", encoding: .utf8)
        #expect(environment == "DB_PASSWORD=canary-password\n")
        #expect(try await opening.roles()["secret"]?.all.contains("app") == true)
        try await one.replace()
        #expect(try await server.fingerprint("secret").rows == 1)
    }

    @Test func `a file that was damaged is named`() async throws {
        try await make("rotten", "CREATE TABLE t (x integer)")
        let one = try await Case("rotten")
        try Data("rotten".utf8).write(to: URL(filePath: "\(one.set.path)/rotten.dump.zst"))
        let opening = SetOpening(one.set, identity: nil, work: try one.server.newFolder())
        #expect(try await opening.damages() == ["rotten.dump.zst is not what the manifest says"])
        try Data("services: {}".utf8).write(to: URL(filePath: "\(one.set.path)/release/docker-compose.override.yml"))
        #expect(
            try await opening.damages() == [
                "rotten.dump.zst is not what the manifest says",
                "release/docker-compose.override.yml is not in the manifest",
            ]
        )
        await #expect(throws: Trouble.self) { try await one.restore.makeCopy(one.names) }
        try await one.swap.discard()
    }
}
