import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// Accounts, roles and settings that all databases of a server share. One at a time, since whatever is changed is changed
/// for the others.
@Suite(.postgresServer, .serialized) struct ServerWideTests {
    private func connection(_ route: DatabaseRoute) async throws -> PostgresConnection {
        try await PostgresConnection.open(route)
    }

    @Test func `no backup is made where the server hides options of user mappings from the account`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await server.psql("postgres", "CREATE ROLE hider LOGIN; CREATE ROLE hidden")
        try await server.create("hiding", "OWNER hider")
        try await server.psql(
            "hiding",
            """
            CREATE EXTENSION postgres_fdw;
            CREATE SERVER theirs FOREIGN DATA WRAPPER postgres_fdw; GRANT USAGE ON FOREIGN SERVER theirs TO hider;
            CREATE USER MAPPING FOR hidden SERVER theirs OPTIONS (user 'a', password 'canary-mapping')
            """
        )
        var account = server.route("hiding")
        account.user = "hider"
        let route = account
        let request = try fixture.request(["hiding"], route: { _ in route })
        let trouble = await #expect(throws: Trouble.self) { try await fixture.maker.dump(request) }
        #expect(trouble?.code == "database-rights" && trouble?.blame == .operator)
        #expect(trouble?.message.contains("options of the user mapping of hidden on theirs") == true)
        #expect(trouble?.changed == false)
        try await fixture.maker.discard(request.id)

        // Whoever is shown them makes a set that has them.
        let set = try await fixture.make(try fixture.request(["hiding"]))
        #expect(set.manifest.databases.first?.fingerprint.objects.contains { $0.kind == .userMapping } == true)
    }

    @Test(arguments: [["weakly", "strongly"], ["strongly", "weakly"]])
    func `two accounts of one server, of which only one may read passwords, are proven in either order`(
        names: [String]
    ) async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        let connection = try await connection(server.route("postgres"))
        if try await connection.rows("SELECT FROM pg_roles WHERE rolname = 'weak'").isEmpty {
            try await server.psql("postgres", "CREATE ROLE weak LOGIN PASSWORD 'canary-weak'")
            try await server.create("weakly", "OWNER weak")
            try await server.create("strongly")
        }
        await connection.close()
        let request = try fixture.request(names) { name in
            var route = server.route(name)
            if name == "weakly" { route.user = "weak" }
            return route
        }
        let set = try await fixture.make(request)
        #expect(set.manifest.proof.state == .proven)
        let scopes = set.manifest.databases.map(\.fingerprint.scope.passwords)
        #expect(scopes == (names.first == "weakly" ? [false, false] : [true, false]))
        _ = try await fixture.maker.verify(set.id)
    }

    private static let settings = #"""
        ALTER ROLE ALL SET search_path = "$user", public, "Odd, ""one""";
        ALTER ROLE ALL SET work_mem = '5MB';
        ALTER ROLE ALL SET "app.secret" = 'canary it''s \ x';
        """#

    private func settings(_ server: TestServer) async throws -> Set<String> {
        let connection = try await connection(server.route("postgres"))
        let rows = try await connection.rows(
            "SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setdatabase = 0 AND setrole = 0"
        )
        await connection.close()
        return Set(rows.compactMap { $0.text(0) })
    }

    @Test(arguments: [false, true])
    func `what is set for all roles is stored with them and proven`(isEncrypting: Bool) async throws {
        let server = try TestServer.current()
        let keys = isEncrypting ? try await SetFixture.Keys.make(in: server.newFolder()) : nil
        let fixture = try BackupFixture(recipients: keys.map { [$0.recipient] } ?? [])
        let name = isEncrypting ? "allsealed" : "allplain"
        try await server.create(name)
        try await server.psql("postgres", Self.settings + (isEncrypting ? "" : "CREATE ROLE tenant"))
        let set = try await fixture.make(try fixture.request([name]))
        let objects = try #require(set.manifest.databases.first).fingerprint.objects.filter { $0.kind == .setting }
        #expect(
            Set(objects.map(\.name)) == ["all roles: search_path", "all roles: work_mem", "all roles: app.secret"]
        )
        _ = try await fixture.maker.verify(set.id, identity: keys?.keys.identity)
        let manifest = try String(contentsOfFile: "\(set.path)/manifest.json", encoding: .utf8)
        #expect(!manifest.contains("canary"))
        guard keys == nil else { return try await server.psql("postgres", "ALTER ROLE ALL RESET ALL") }

        // What the set lacks is missed.
        let copy = try await SetFixture(backup: fixture, original: set).copy()
        try await copy.editPlain("globals.sql.zst") { $0.replaceFirst("TO '5MB'", with: "TO '6MB'") }
        try await copy.reseal()
        #expect(try await copy.verify() == ["\(name): setting all roles: work_mem has another definition"])

        // An older set says nothing of them, and its copy is not asked.
        var older = try #require(set.manifest.databases.first).fingerprint.scope
        older.edition = nil
        let seen = try await server.fingerprint(name, scope: older)
        #expect(!seen.objects.contains { $0.kind == .setting })

        // On a server in use they are somebody's, as what roles are like that are there.
        let theirs = "ALTER ROLE ALL RESET ALL; ALTER ROLE ALL SET work_mem = '9MB'; DROP ROLE tenant"
        try await server.psql("postgres", theirs)
        let restore = DatabaseRestore(
            try #require(set.manifest.databases.first),
            of: set.path,
            over: server.route(name),
            identity: nil,
            work: try server.newFolder()
        )
        let names = RestoreNames(name, run: try #require(RunID("20261123-103045-7f3a")))
        try await restore.makeCopy(names)
        _ = try await restore.prove(names.finished, of: set.id)
        #expect(try await settings(server) == ["work_mem=9MB"])

        // By hand, on an empty server, they come back as they were.
        try await server.psql("postgres", "ALTER ROLE ALL RESET ALL")
        let opened = try await collect(FilterCommands.decompress, input: .path("\(set.path)/globals.sql.zst"))
        let lines = opened.text.split(separator: "\n").filter { $0.hasPrefix("ALTER ROLE ALL") }
        try await server.psql("postgres", lines.joined(separator: "\n"))
        #expect(
            try await settings(server) == [
                #"search_path="$user", public, "Odd, ""one""""#, "work_mem=5MB", #"app.secret=canary it's \ x"#,
            ]
        )
        try await server.psql("postgres", "ALTER ROLE ALL RESET ALL")
    }

    private func restoring(
        _ set: BackupSet,
        to server: TestServer
    ) throws -> (restore: DatabaseRestore, roles: RestoredRoles, names: RestoreNames) {
        let backup = try #require(set.manifest.databases.first)
        let (route, work) = (server.route(backup.database), try server.newFolder())
        return (
            DatabaseRestore(backup, of: set.path, over: route, identity: nil, work: work),
            RestoredRoles(of: set.id, backup.name, over: route, work: work),
            RestoreNames(backup.database, run: try #require(RunID("20261123-103045-7f3a")))
        )
    }

    @Test func `what is set for all roles comes back on a new server, once what is restored is in use`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await server.create("moving")
        try await server.psql("moving", "CREATE TABLE t (x integer)")
        try await server.psql("postgres", "CREATE ROLE mover; " + Self.settings)
        let set = try await fixture.make(try fixture.request(["moving"]))
        let before = try await settings(server)
        try await server.psql("postgres", "ALTER ROLE ALL RESET ALL; DROP ROLE mover")
        try await TestServer.with {
            let other = try TestServer.current()
            // An empty database is what a container of PostgreSQL begins with.
            try await other.create("moving")
            let one = try restoring(set, to: other)
            #expect(try await RestoreScout.look(one.restore.route, one.restore.backup, roles: []).settingsLeft == [])
            #expect(try await one.restore.makeCopy(one.names, noting: one.roles) == [])
            _ = try await one.restore.prove(one.names.finished, of: set.id)
            #expect(try await settings(other).isEmpty, "it can still be given up")
            #expect(try one.roles.settings().count == 3)
            #expect(try await !one.roles.areDiscarded())
            // Given up, it leaves nothing behind, and the server is as new as it was.
            let swap = DatabaseSwap(one.restore.route, names: one.names)
            try await swap.discard()
            #expect(try await one.roles.discard() == [])
            #expect(try await one.roles.areDiscarded() && one.roles.settings().isEmpty)
            #expect(try await settings(other).isEmpty)

            // Interrupted once the roles were there, it goes on, and another database of the server adds nothing.
            let again = try restoring(set, to: other)
            #expect(try await again.restore.makeRoles(noting: again.roles, besides: []) == [])
            #expect(try await again.restore.makeCopy(again.names, noting: again.roles) == [])
            let second = try restoring(set, to: other)
            #expect(try await second.restore.makeRoles(noting: second.roles, besides: [again.roles]) == [])
            #expect(try second.roles.settings().isEmpty)
            try await swap.close()
            _ = try await swap.setAside()
            try again.roles.keep()
            try await swap.bringIn()
            #expect(try await settings(other).isEmpty)
            // Once more, where it was interrupted before that was noted.
            for statement in try again.roles.settings() { try await other.psql("postgres", statement) }
            try await again.roles.applySettings()
            #expect(try await settings(other) == before)
            #expect(try again.roles.settings().isEmpty)
        }
    }

    @Test func `what is set for all roles of a server in use is left to its owner, who is told`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await server.create("settling")
        try await server.psql("postgres", Self.settings)
        let set = try await fixture.make(try fixture.request(["settling"]))
        try await server.psql("postgres", "ALTER ROLE ALL RESET ALL")
        try await TestServer.with {
            let other = try TestServer.current()
            try await other.create("settling")
            try await other.psql("settling", "CREATE TABLE theirs ()")
            let theirs = "ALTER ROLE ALL SET work_mem = '5MB'; ALTER ROLE ALL SET app.secret = 'else'"
            try await other.psql("postgres", theirs)
            let one = try restoring(set, to: other)
            let look = try await RestoreScout.look(one.restore.route, one.restore.backup, roles: [])
            #expect(look.settingsLeft == ["app.secret", "search_path"])
            let left = try await one.restore.makeCopy(one.names, noting: one.roles)
            #expect(left.count == 1 && left[0].hasSuffix("app.secret, search_path"), "\(left)")
            #expect(!left.joined().contains("canary"))
            _ = try await one.restore.prove(one.names.finished, of: set.id)
            #expect(try one.roles.settings().isEmpty)
            try await one.roles.applySettings()
            #expect(try await settings(other) == ["work_mem=5MB", "app.secret=else"])
        }
    }

    @Test func `a library that every session loads at its source keeps nobody out where it is not`() async throws {
        try await TestServer.with {
            let fixture = try BackupFixture()
            let server = fixture.server
            // As if it were on this server: whoever comes with these is let in.
            let present = ["options": "-c session_preload_libraries= -c local_preload_libraries="]
            var route = server.route("loading")
            route.parameters = present
            let source = route
            try await server.create("loading")
            // The check is written in other words once it is read back, so that the copy is dropped and made again.
            try await server.psql(
                "loading",
                "CREATE TABLE t (status varchar(9) CHECK (status IN ('a', 'b'))); INSERT INTO t VALUES ('a')"
            )
            try await server.psql(
                "loading",
                """
                ALTER ROLE ALL SET session_preload_libraries = 'plpgsql', 'pawl_nowhere';
                ALTER ROLE ALL SET local_preload_libraries = 'pawl_nowhere';
                ALTER DATABASE loading SET session_preload_libraries = 'pawl_nowhere';
                ALTER ROLE ALL SET work_mem = '5MB';
                ALTER ROLE ALL SET default_transaction_read_only = on
                """
            )
            await #expect(throws: Trouble.self, "nobody else") { try await connection(server.route("loading")) }
            let set = try await fixture.make(try fixture.request(["loading"], route: { _ in source }))
            #expect(set.manifest.proof.state == .proven)
            _ = try await fixture.maker.verify(set.id)

            try await TestServer.with {
                let other = try TestServer.current()
                let one = try restoring(set, to: other)
                let left = try await one.restore.makeRoles(noting: one.roles, besides: [])
                let names = left.map { $0.prefix { $0 != " " } }
                #expect(names == ["local_preload_libraries", "session_preload_libraries"])
                #expect(left.allSatisfy { $0.contains("could not access file") }, "\(left)")
                try await one.roles.applySettings()
                #expect(try await settings(other) == ["work_mem=5MB", "default_transaction_read_only=on"])
            }
        }
    }

    @Test func `a library that a new server has is set there as it was`() async throws {
        #expect(
            DatabaseRestore.trying(#"ALTER ROLE ALL SET "local_preload_libraries" TO 'a', '$libdir/b'"#)
                == #"""
                LOAD '$libdir/plugins/a';
                LOAD '$libdir/b';
                ALTER ROLE ALL SET "local_preload_libraries" TO 'a', '$libdir/b'
                """#
        )
        let fixture = try BackupFixture()
        let server = fixture.server
        try await server.create("loaded")
        try await server.psql("loaded", "ALTER ROLE ALL SET session_preload_libraries = 'plpgsql'")
        let set = try await fixture.make(try fixture.request(["loaded"]))
        try await server.psql("postgres", "ALTER ROLE ALL RESET ALL")
        try await TestServer.with {
            let other = try TestServer.current()
            let one = try restoring(set, to: other)
            #expect(try await one.restore.makeRoles(noting: one.roles, besides: []) == [])
            try await one.roles.applySettings()
            #expect(try await settings(other) == ["session_preload_libraries=plpgsql"])
        }
    }

    @Test func `a server that lets nobody write unless asked is proven`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await server.create("reluctant")
        // The check is written in other words once it is read back, so that the copy is dropped and made again.
        try await server.psql(
            "reluctant",
            "CREATE TABLE t (status varchar(9) CHECK (status IN ('a', 'b'))); INSERT INTO t VALUES ('a')"
        )
        try await server.psql("postgres", "ALTER ROLE ALL SET default_transaction_read_only = on")
        let made: Result<BackupSet, any Error>
        do {
            made = .success(try await fixture.make(try fixture.request(["reluctant"])))
        } catch {
            made = .failure(error)
        }
        try await server.psql("postgres", "SET default_transaction_read_only = off; ALTER ROLE ALL RESET ALL")
        #expect(try made.get().manifest.proof.state == .proven)
    }
}
