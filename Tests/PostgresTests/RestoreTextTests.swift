import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// Follows `RESTORE.md`, and nothing else, in a shell that knows PostgreSQL's own programs, zstd and age.
@Suite(.postgresServer, .serialized) struct RestoreTextTests {
    /// What two databases hold, asked by plain psql.
    private static let hashes = """
        SELECT 'people', md5(string_agg(p::text, ',' ORDER BY p::text)) FROM people p
        UNION ALL SELECT 'orders', md5(string_agg(o::text, ',' ORDER BY o::text)) FROM orders o
        UNION ALL SELECT 'large object', md5(lo_get(4711))
        UNION ALL SELECT 'owner ' || relname, pg_get_userbyid(relowner) FROM pg_class WHERE relname IN ('people', 'orders')
        UNION ALL SELECT 'setting', array_to_string(setconfig, ' ') FROM pg_db_role_setting
          WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY 1
        """

    /// What a shop's server has set for everybody, of which one value looks like another statement. So does what a role
    /// has set for itself, and what is said about it.
    private static let settings = #"""
        ALTER ROLE shopkeeper SET "app.note" = E'\nALTER ROLE ALL SET lock_timeout TO ''7ms'';\n';
        COMMENT ON ROLE shopkeeper IS E'\nALTER ROLE ALL SET lock_timeout TO ''8ms'';\n';
        ALTER ROLE ALL SET "app.note" = E'it''s \\ one\r\nALTER ROLE ALL SET lock_timeout TO ''9ms'';\n';
        ALTER ROLE ALL SET default_transaction_read_only = on;
        """#

    private func settings(_ route: DatabaseRoute) async throws -> Set<String> {
        let connection = try await PostgresConnection.open(route)
        let rows = try await connection.rows(
            "SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setdatabase = 0 AND setrole = 0"
        )
        await connection.close()
        return Set(rows.compactMap { $0.text(0) })
    }

    private static let content = """
        CREATE TABLE people (id integer PRIMARY KEY, name text);
        INSERT INTO people SELECT i, 'person ' || i FROM generate_series(1, 1000) i;
        CREATE TABLE orders (id serial PRIMARY KEY, person integer REFERENCES people, amount numeric);
        INSERT INTO orders (person, amount) SELECT 1 + i % 1000, i / 7.0 FROM generate_series(1, 3000) i;
        SELECT lo_from_bytea(4711, 'large');
        ALTER TABLE people OWNER TO shopkeeper;
        """

    private func hashes(of database: String, on route: DatabaseRoute, _ tools: PostgresTools) async throws -> String {
        let command = Command(
            tools.path("psql"),
            ["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", route.host, "-U", route.user, "-d", database, "-c", Self.hashes]
        )
        let done = try await collect(command)
        guard done.status.isSuccess else { throw Unexpected(done.errorText) }
        return done.text
    }

    /// The commands in the text, as a reader would paste them.
    private func commands(of text: String, installation: String) -> String {
        var isCode = false
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isCode = line == "```sh"
            } else if isCode {
                lines.append(String(line).replacing("/path/of/the/installation", with: installation))
            }
        }
        return lines.joined(separator: "\n")
    }

    private func recipient(_ identity: String) async throws -> String {
        let made = try await collect(Command("age-keygen", ["-o", identity]))
        return String(try #require(made.errorText.split(separator: " ").last?.split(separator: "\n").first))
    }

    @Test(arguments: [false, true])
    func `who has only the set and everybody's tools gets all databases back`(isEncrypted: Bool) async throws {
        let server = try TestServer.current()
        let identity = "\(try server.newFolder())/identity.txt"
        let fixture = try BackupFixture(recipients: isEncrypted ? [try await recipient(identity)] : [])
        let names = isEncrypted ? ["sealed_one", "sealed_two"] : ["plain_one", "plain_two"]
        if !isEncrypted { try await server.psql("postgres", "CREATE ROLE shopkeeper LOGIN PASSWORD 'canary'") }
        for name in names {
            try await server.create(name, "OWNER shopkeeper")
            try await server.psql(name, Self.content)
            try await server.psql("postgres", "ALTER DATABASE \(name) SET work_mem = '7MB'")
        }
        try await server.psql(names[1], "DELETE FROM orders WHERE id > 100")
        var before: [String] = []
        for name in names { before.append(try await hashes(of: name, on: server.route(name), server.tools)) }
        try await server.psql("postgres", Self.settings)
        let everybodys = try await settings(server.route("postgres"))
        #expect(everybodys.count == 2)
        let made: Result<BackupSet, any Error>
        do {
            made = .success(try await fixture.make(try fixture.request(names)))
        } catch {
            made = .failure(error)
        }
        try await server.psql("postgres", "SET default_transaction_read_only = off; ALTER ROLE ALL RESET ALL")
        let set = try made.get()
        for name in names { try await server.drop(name) }
        // Only the folder of the set goes along.
        let elsewhere = try server.newFolder()
        let copied = try await collect(Command("cp", ["-a", set.path, "\(elsewhere)/set"]))
        #expect(copied.status.isSuccess)
        if isEncrypted { try FileManager.default.copyItem(atPath: identity, toPath: "\(elsewhere)/set/identity.txt") }
        let installation = try server.newFolder()
        // As Pawl leaves it: the release's two files are links into the folder of the release that has failed.
        let failed = "\(installation)/releases/2.0.0"
        try FileManager.default.createDirectory(atPath: failed, withIntermediateDirectories: true)
        for name in ["docker-compose.yml", ".env"] {
            try Data("failed".utf8).write(to: URL(filePath: "\(failed)/\(name)"))
            try FileManager.default.createSymbolicLink(
                atPath: "\(installation)/\(name)",
                withDestinationPath: "releases/2.0.0/\(name)"
            )
        }
        let text = try String(contentsOfFile: "\(elsewhere)/set/RESTORE.md", encoding: .utf8)
        let script = commands(of: text, installation: installation)
        #expect(text.contains("`pawl restore --backup \(set.id) --in-place`"))
        #expect(text.contains("every role in every database of this server") && text.contains("## 7. Start"))
        #expect(script.contains("pipefail") && text.contains("docker compose") && !text.contains("--no-deps"))
        try await ScratchCluster.with(
            tools: server.tools,
            under: "\(server.folder)/scratch",
            bootstrapRole: "fresh",
            user: try ScratchCluster.unprivilegedUser()
        ) { cluster in
            let done = try await collect(
                Command(
                    "bash",
                    ["-c", script],
                    environment: [
                        "PGHOST": cluster.route().host, "PGUSER": "fresh",
                        "PATH": "\(server.tools.folder):/usr/bin:/bin", "HOME": elsewhere,
                    ],
                    workingDirectory: "\(elsewhere)/set"
                )
            )
            #expect(done.status.isSuccess, "\(done.text) \(done.errorText)")
            #expect(try await settings(cluster.route()) == everybodys)
            for (name, wanted) in zip(names, before) {
                #expect(try await hashes(of: name, on: cluster.route(to: name), server.tools) == wanted)
                // Pawl sees that it was restored, too.
                let recorded = try #require(set.manifest.databases.first { $0.name == name }).fingerprint
                let present = try await SchemaReader.read(cluster.route(to: name), covering: recorded.scope)
                #expect(RecordedSchema.differences(database: name, recorded: recorded, present: present) == [])
            }
        }
        #expect(try String(contentsOfFile: "\(installation)/customer.env", encoding: .utf8).contains("ENCRYPTION_KEY"))
        for name in ["docker-compose.yml", ".env"] where set.manifest.files.contains(where: { $0.path.contains(name) })
        {
            #expect(try String(contentsOfFile: "\(failed)/\(name)", encoding: .utf8) == "failed")
            #expect(try String(contentsOfFile: "\(installation)/\(name)", encoding: .utf8) != "failed")
        }
        guard isEncrypted else { return }
        #expect(try String(contentsOfFile: "\(installation)/.env", encoding: .utf8).contains("DB_PASSWORD"))
    }

    @Test func `a damaged file ends it before anything is restored`() async throws {
        let server = try TestServer.current()
        let fixture = try BackupFixture()
        try await server.create("spoilt")
        try await server.psql("spoilt", "CREATE TABLE t AS SELECT 1 AS x")
        let set = try await fixture.make(try fixture.request(["spoilt"]))
        let text = try String(contentsOfFile: "\(set.path)/RESTORE.md", encoding: .utf8)
        #expect(!text.contains("ALTER ROLE ALL") && text.contains("## 6. Start"), "nothing is set for all roles")
        try Data("x".utf8).write(to: URL(filePath: "\(set.path)/globals.sql.zst"))
        let done = try await collect(
            Command(
                "bash",
                ["-c", commands(of: text, installation: try server.newFolder())],
                environment: ["PATH": "\(server.tools.folder):/usr/bin:/bin", "PGHOST": "/nonexistent"],
                workingDirectory: set.path
            )
        )
        #expect(!done.status.isSuccess)
        #expect(done.text.contains("globals.sql.zst: FAILED"), "\(done.text)")
        #expect(!done.errorText.contains("/nonexistent"), "no server was asked: \(done.errorText)")
    }
}
