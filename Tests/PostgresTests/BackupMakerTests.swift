import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

@Suite(.postgresServer) struct BackupMakerTests {
    private func makeSmall(_ name: String, _ server: TestServer) async throws {
        try await server.create(name)
        try await server.psql(name, "CREATE TABLE t (id integer PRIMARY KEY, x text); INSERT INTO t VALUES (1, 'one')")
    }

    @Test func `a database with something of everything is dumped, proven, published and proven again`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await server.psql("postgres", Everything.roles)
        try await server.create("everything")
        try await server.psql("postgres", Everything.database("everything"))
        try await server.psql("everything", try await Everything.content(on: server))
        let request = try fixture.request(["everything"])
        let progress = Recorder<BackupProgress>()
        let manifest = try await fixture.maker.dump(request) { progress.note($0) }
        #expect(fixture.maker.state(of: request.id) == .dumped)
        let raw = try #require(manifest.databases.first?.fingerprint)
        #expect(raw.tables.count == 13)
        let kinds = Set(raw.objects.map(\.kind))
        for kind in ObjectKind.allCases where !Self.absent.contains(kind) { #expect(kinds.contains(kind), "\(kind)") }
        let changes = try await fixture.maker.refingerprint(request.id, databases: request.databases)
        #expect(changes.differences.isEmpty)
        let proof = try await fixture.maker.prove(request.id) { progress.note($0) }
        #expect(proof.tables == 13)
        #expect(proof.warnings.allSatisfy { $0.isRewritten == true }, "expressions in other words, and nothing else")
        #expect(fixture.maker.state(of: request.id) == .proven)
        let set = try await fixture.maker.publish(request.id, proof: proof)
        #expect(fixture.maker.state(of: request.id) == .published)
        #expect(set.manifest.proof.rows == raw.rows)
        // The server writes `IN` over a varchar differently once it has read it back.
        #expect(set.manifest.databases.first?.fingerprint != raw)
        let again = try await fixture.maker.publish(request.id, proof: proof)
        #expect(again == set)
        let verified = try await fixture.maker.verify(set.id)
        #expect(verified.rows == proof.rows)
        let phases = Set(progress.all.map(\.phase))
        #expect(phases == [.dump, .fingerprint, .checkFiles, .restore, .compare])
        try await checkFiles(set)
    }

    /// What the fixture cannot have without writing C.
    private static let absent: Set<ObjectKind> = [
        .accessMethod, .conversion, .language, .securityLabel, .subscription, .transform,
    ]

    private func checkFiles(_ set: BackupSet) async throws {
        let modes = try await collect(Command("find", [set.path, "-printf", "%y %m\\n"]))
        #expect(Set(modes.text.split(separator: "\n")) == ["d 700", "f 600"])
        let names = try await collect(Command("find", [set.path, "-type", "f", "-printf", "%P\\n"]))
        #expect(
            Set(names.text.split(separator: "\n").map(String.init)) == [
                "manifest.json", "manifest.sha256", "RESTORE.md", "everything.dump.zst", "globals.sql.zst",
                "configuration.tar.zst", "release/docker-compose.yml", "release/.env",
            ]
        )
        for name in ["manifest.json", "RESTORE.md"] {
            let text = try String(contentsOfFile: "\(set.path)/\(name)", encoding: .utf8)
            #expect(!text.contains("canary"))
        }
    }

    @Test func `a set restores without Pawl, by what RESTORE md says`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await makeSmall("plainly", server)
        let set = try await fixture.make(try fixture.request(["plainly"]))
        let text = try String(contentsOfFile: "\(set.path)/RESTORE.md", encoding: .utf8)
        let target = try fixture.server.newFolder()
        var isCode = false
        var script = ["set -e", "cd \(set.path)"]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isCode = line == "```sh"
            } else if isCode {
                script.append(String(line).replacing("/path/of/the/installation", with: target))
            }
        }
        let before = try await server.fingerprint("plainly")
        try await ScratchCluster.with(
            tools: server.tools,
            under: "\(server.folder)/scratch",
            bootstrapRole: "elsewhere",
            user: try ScratchCluster.unprivilegedUser()
        ) { cluster in
            let environment = ["PGHOST": cluster.route().host, "PGUSER": "elsewhere"]
            let path = "\(server.tools.folder):\(SearchPath.current.text)"
            let shell = Command(
                "sh",
                ["-c", script.joined(separator: "\n")],
                environment: environment.merging(["PATH": path]) { $1 }
            )
            let done = try await collect(shell)
            #expect(done.status.isSuccess, "\(done.text) \(done.errorText)")
            let connection = try await PostgresConnection.open(cluster.route(to: "plainly"))
            let copy = try await Fingerprinter.begin(on: connection).take(scope: before.scope)
            await connection.close()
            let found = Comparison.differences(database: "d", source: before, restored: copy)
            #expect(found.allSatisfy { $0.kind == "role" }, "\(found)")
        }
        #expect(try String(contentsOfFile: "\(target)/customer.env", encoding: .utf8).contains("ENCRYPTION_KEY"))
    }

    @Test func `a sequence that is used all the time is no reason to say that a backup does not restore`() async throws
    {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await makeSmall("busy", server)
        try await server.psql("busy", "CREATE SEQUENCE s; SELECT nextval('s')")
        let request = try fixture.request(["busy"])
        let (moves, moved) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let writer = Task {
            let connection = try await PostgresConnection.open(server.route("busy"))
            while !Task.isCancelled {
                _ = try await connection.rows("SELECT nextval('s')")
                moved.yield()
            }
            await connection.close()
        }
        // The sequence moves before the dump begins, and does not rest until it is proven.
        for await _ in moves { break }
        let manifest = try await fixture.maker.dump(request)
        let way = manifest.databases.first?.fingerprint.objects.first { $0.name == "public.s" }?.value
        #expect(way?.contains(" to ") == true, "\(way ?? "none")")
        let strict = try await fixture.maker.refingerprint(request.id, databases: request.databases)
        #expect(strict.differences.map(\.name) == ["public.s"], "where writers are stopped, it is a difference")
        let proof = try await fixture.maker.prove(request.id)
        writer.cancel()
        _ = try await writer.value
        let set = try await fixture.maker.publish(request.id, proof: proof)
        let kept = set.manifest.databases.first?.fingerprint.objects.first { $0.name == "public.s" }?.value
        #expect(kept?.hasSuffix(" used") == true && kept?.contains(" to ") == false, "\(kept ?? "none")")
        _ = try await fixture.maker.verify(set.id)
    }

    @Test(arguments: [false, true])
    func `a file of the release whose copy is not what it is makes no set`(isEncrypting: Bool) async throws {
        let server = try TestServer.current()
        let keys = isEncrypting ? try await SetFixture.Keys.make(in: server.newFolder()) : nil
        let fixture = try BackupFixture(recipients: keys.map { [$0.recipient] } ?? [])
        let name = isEncrypting ? "sealedrestless" : "restless"
        try await makeSmall(name, server)
        var request = try fixture.request([name])
        // Whoever reads it gets other bytes than who read it before.
        let restless = BackupRequest.ReleaseFile(path: "other", source: "/proc/sys/kernel/random/uuid")
        request.releaseFiles.append(restless)
        let restive = request
        let trouble = await #expect(throws: Trouble.self) { try await fixture.maker.dump(restive) }
        #expect(trouble?.code == "release-changed")
        #expect(trouble?.message.contains(restless.source) == true)
        // A link is copied as what it leads to.
        request.releaseFiles.removeLast()
        let link = "\(fixture.folder)/link"
        try FileManager.default.createSymbolicLink(
            atPath: link,
            withDestinationPath: try #require(request.releaseFiles.first).source
        )
        request.releaseFiles[0].source = link
        let set = try await fixture.make(request)
        #expect(set.manifest.proof.state == .proven)
    }

    @Test func `writes after the dump are seen and named`() async throws {
        let fixture = try BackupFixture()
        try await makeSmall("written", fixture.server)
        let request = try fixture.request(["written"])
        _ = try await fixture.maker.dump(request)
        try await fixture.server.psql("written", "INSERT INTO t VALUES (2, 'two')")
        let found = try await fixture.maker.refingerprint(request.id, databases: request.databases)
        #expect(
            found.differences.map(\.description)
                == ["written: table public.t has another number of rows (1 in the source, 2 in the copy)"]
        )
        // The dump itself is of one moment all the same.
        let proof = try await fixture.maker.prove(request.id)
        #expect(proof.rows == 1)
    }

    @Test func `writers do not disturb a dump, which is of one moment with its fingerprint`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await makeSmall("racing", server)
        try await server.psql("racing", "INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(10, 20000) i")
        let writer = Task {
            let connection = try await PostgresConnection.open(server.route("racing"))
            var number = 100_000
            while !Task.isCancelled {
                try await connection.execute("INSERT INTO t VALUES (\(number), 'more')")
                number += 1
            }
            await connection.close()
        }
        let set = try await fixture.make(try fixture.request(["racing"]))
        writer.cancel()
        _ = try? await writer.value
        #expect(set.manifest.proof.state == .proven)
    }

    @Test func `an account without a superuser's rights backs up what it owns`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await server.psql("postgres", "CREATE ROLE owner_only LOGIN CREATEDB")
        try await server.create("owned", "OWNER owner_only")
        var route = server.route("owned")
        route.user = "owner_only"
        let connection = try await PostgresConnection.open(route)
        try await connection.execute("CREATE TABLE mine (id serial, status varchar(5) CHECK (status IN ('a', 'b')))")
        try await connection.execute("INSERT INTO mine (status) VALUES ('a')")
        try await connection.execute("SELECT lo_from_bytea(0, 'mine')")
        await connection.close()
        let account = route
        let set = try await fixture.make(try fixture.request(["owned"], route: { _ in account }))
        let scope = try #require(set.manifest.databases.first?.fingerprint.scope)
        #expect(!scope.passwords)
    }

    @Test func `a database whose public schema and language were removed is proven`() async throws {
        let fixture = try BackupFixture()
        try await fixture.server.create("bare")
        try await fixture.server.psql(
            "bare",
            "DROP SCHEMA public; DROP EXTENSION plpgsql; CREATE SCHEMA s; CREATE TABLE s.t (); ALTER DATABASE bare SET default_transaction_read_only = on"
        )
        let set = try await fixture.make(try fixture.request(["bare"]))
        #expect(set.manifest.proof.state == .proven)
    }

    @Test func `databases of other encodings and the one named postgres are proven`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await server.create("latin", "TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        try await server.psql("latin", #"CREATE TABLE t (x text); INSERT INTO t VALUES (E'caf\u00e9')"#)
        try await server.create("raw", "TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
        try await server.psql("raw", #"CREATE TABLE t (x text); INSERT INTO t VALUES (E'\xff\xfe')"#)
        try await server.psql("postgres", "CREATE TABLE in_postgres (x integer)")
        let set = try await fixture.make(try fixture.request(["latin", "raw", "postgres"]))
        #expect(set.manifest.databases.map(\.name) == ["latin", "raw", "postgres"])
    }

    @Test func `an encrypted set holds nothing readable and is proven with its identity`() async throws {
        let server = try TestServer.current()
        let identity = "\(try server.newFolder())/identity"
        let made = try await collect(Command("age-keygen", ["-o", identity]))
        let recipient = try #require(made.errorText.split(separator: " ").last?.split(separator: "\n").first)
        let fixture = try BackupFixture(recipients: [String(recipient)])
        try await makeSmall("sealed", server)
        try await server.psql("sealed", "INSERT INTO t VALUES (2, 'canary-row')")
        let set = try await fixture.make(try fixture.request(["sealed"]))
        let all = try await collect(Command("find", [set.path, "-type", "f"]))
        let files = all.text.split(separator: "\n").map(String.init)
        #expect(files.count == 8)
        for file in files {
            let bytes = try Data(contentsOf: URL(filePath: file))
            #expect(bytes.firstRange(of: Data("canary".utf8)) == nil, "\(file) can be read")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: set.path)
        #expect(names.filter { $0.hasSuffix(".zst") }.isEmpty)
        #expect(names.filter { $0.hasSuffix(".zst.age") }.count == 3)
        await #expect {
            try await fixture.maker.verify(set.id)
        } throws: { error in
            (error as? Trouble)?.code == "identity-needed"
        }
        let proof = try await fixture.maker.verify(set.id, identity: identity)
        #expect(proof.tables == 1)
    }

    @Test func `what a killed run left is begun anew`() async throws {
        let fixture = try BackupFixture()
        try await makeSmall("again", fixture.server)
        let request = try fixture.request(["again"])
        let partial = SetLayout(root: fixture.store.root, id: request.id).partial
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        try "half".write(toFile: "\(partial)/again.dump.zst", atomically: false, encoding: .utf8)
        #expect(fixture.maker.state(of: request.id) == .partial)
        #expect(try fixture.store.debris().map(\.name) == [".partial-\(request.id)"])
        await #expect(throws: Trouble.self) { try await fixture.maker.prove(request.id) }
        _ = try await fixture.maker.dump(request)
        #expect(fixture.maker.state(of: request.id) == .dumped)
        try await fixture.maker.discard(request.id)
        try await fixture.maker.discard(request.id)
        #expect(fixture.maker.state(of: request.id) == .absent)
    }

    @Test func `a set is published with its own proof only`() async throws {
        let fixture = try BackupFixture()
        try await makeSmall("proofs", fixture.server)
        let first = try fixture.request(["proofs"])
        _ = try await fixture.maker.dump(first)
        let proof = try await fixture.maker.prove(first.id)
        let second = try fixture.request(["proofs"], at: BackupFixture.createdAt.adding(.seconds(60)))
        _ = try await fixture.maker.dump(second)
        await #expect(throws: Trouble.self) { try await fixture.maker.publish(second.id, proof: proof) }
        #expect(fixture.maker.state(of: second.id) == .dumped)
    }

    @Test func `a cancelled dump ends its programs`() async throws {
        let fixture = try BackupFixture()
        let server = fixture.server
        try await makeSmall("stopped", server)
        let holder = try await PostgresConnection.open(server.route("stopped"))
        try await holder.execute("BEGIN")
        try await holder.execute("LOCK TABLE t")
        let request = try fixture.request(["stopped"])
        let task = Task { try await fixture.maker.dump(request) }
        while try await DatabaseSessions.blocked(in: server.route("stopped")).isEmpty { await Task.yield() }
        task.cancel()
        await #expect(throws: Trouble.self) { try await task.value }
        let work = SetLayout(root: fixture.store.root, id: request.id).work
        let logs = try FileManager.default.contentsOfDirectory(atPath: work).filter { $0.hasSuffix(".log") }
        for log in logs { #expect(try !ToolLog(path: "\(work)/\(log)").isHeld) }
        await holder.close()
    }
}
