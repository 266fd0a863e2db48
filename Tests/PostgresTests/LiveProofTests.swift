import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// Copies that are restored while their sources are dumped: how they end, and what the proof says of them.
@Suite(.postgresServer) struct LiveProofTests {
    private struct Place {
        let backup: BackupFixture
        let scratch: String

        init(recipients: [String] = []) throws {
            backup = try BackupFixture(recipients: recipients)
            scratch = "\(backup.folder)/scratch"
        }

        /// A maker as another process would have it.
        func maker() -> BackupMaker {
            BackupMaker(
                store: backup.store,
                prover: Prover(scratch: scratch),
                recipients: backup.maker.recipients,
                now: { BackupFixture.createdAt }
            )
        }

        var left: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: scratch)) ?? []).sorted()
        }
    }

    private func fill(_ name: String, _ sql: String) async throws {
        let server = try TestServer.current()
        try await server.create(name)
        try await server.psql(name, sql)
    }

    private static let small = "CREATE TABLE t (id integer PRIMARY KEY, x text); INSERT INTO t VALUES (1, 'one')"

    @Test func `the copy lives from the dump to the proof, and no longer`() async throws {
        try await fill("overlapped", Self.small)
        let place = try Place()
        let maker = place.maker()
        let request = try place.backup.request(["overlapped"])
        _ = try await maker.dump(request)
        #expect(place.left.map { $0.prefix(6) } == ["proof-", "scratc"])
        let proof = try await maker.prove(request.id)
        #expect(proof.rows == 1)
        #expect(place.left.isEmpty)
        _ = try await maker.dump(request)
        #expect(place.left.count == 2)
        try await maker.discard(request.id)
        #expect(place.left.isEmpty)
    }

    @Test func `what another process dumped is proven from its files`() async throws {
        try await fill("inherited", Self.small)
        let place = try Place()
        let (dead, heir) = (place.maker(), place.maker())
        let request = try place.backup.request(["inherited"])
        _ = try await dead.dump(request)
        #expect(try await heir.canProve(request.id))
        #expect(try await heir.prove(request.id).rows == 1)
        try await dead.discard(request.id)
        #expect(place.left.isEmpty)
    }

    @Test func `a set whose second dump died with its runner is dumped once more`() async throws {
        try await fill("again", Self.small)
        let place = try Place()
        let (dead, heir) = (place.maker(), place.maker())
        let request = try place.backup.request(["again"])
        _ = try await dead.dump(request)
        // As a dump leaves it that never came to its end: the manifest is written last.
        let partial = SetLayout(root: place.backup.store.root, id: request.id).partial
        for name in [SetLayout.manifestName, SetLayout.manifestDigestName] {
            try FileManager.default.removeItem(atPath: "\(partial)/\(name)")
        }
        #expect(try await !heir.canProve(request.id))
        _ = try await heir.dump(request)
        #expect(try await heir.canProve(request.id))
        #expect(try await heir.prove(request.id).rows == 1)
        try await dead.discard(request.id)
        #expect(place.left.isEmpty)
    }

    @Test func `an encrypted set never lies readable, and is for its own process to prove`() async throws {
        let server = try TestServer.current()
        let identity = "\(try server.newFolder())/identity"
        let made = try await collect(Command("age-keygen", ["-o", identity]))
        let recipient = try #require(made.errorText.split(separator: " ").last?.split(separator: "\n").first)
        try await fill("secret", Self.small)
        let place = try Place(recipients: [String(recipient)])
        let (dead, heir) = (place.maker(), place.maker())
        let request = try place.backup.request(["secret"])
        _ = try await dead.dump(request)
        let partial = SetLayout(root: place.backup.store.root, id: request.id).partial
        let names = try await collect(Command("find", [partial, "-type", "f", "-printf", "%f\\n"]))
        let files = Set(names.text.split(separator: "\n").map(String.init))
        #expect(files.isSuperset(of: ["secret.dump.zst.age", "globals.sql.zst.age", "configuration.tar.zst.age"]))
        #expect(files.filter { $0.hasSuffix(".zst") || $0.hasSuffix(".dump") || $0.hasSuffix(".sql") }.isEmpty)
        #expect(try await !heir.canProve(request.id))
        await #expect {
            try await heir.prove(request.id)
        } throws: { error in
            (error as? Trouble)?.code == "identity-needed"
        }
        #expect(try await dead.canProve(request.id))
        let proof = try await dead.prove(request.id)
        let set = try await dead.publish(request.id, proof: proof)
        #expect(set.manifest.proof.state == .proven)
        #expect(try await dead.verify(set.id, identity: identity).rows == 1)
        #expect(place.left.isEmpty)
    }

    @Test func `a dump that does not restore is whole all the same, and the proof says why not`() async throws {
        // A constraint that looks for a table by its bare name finds it at the source only.
        try await fill(
            "stubborn",
            """
            CREATE TABLE b (x integer); INSERT INTO b VALUES (1);
            CREATE FUNCTION known(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 IN (SELECT x FROM b)';
            CREATE TABLE a (x integer CHECK (known(x))); INSERT INTO a VALUES (1);
            CREATE TABLE z (t text); INSERT INTO z SELECT repeat(md5(i::text), 100) FROM generate_series(1, 8000) i;
            """
        )
        let place = try Place()
        let maker = place.maker()
        let request = try place.backup.request(["stubborn"])
        let manifest = try await maker.dump(request)
        let dump = try #require(manifest.databases.first?.dump)
        let path = "\(SetLayout(root: place.backup.store.root, id: request.id).partial)/\(dump.path)"
        #expect(try await DurableFiles.measure(path, as: dump.path) == dump)
        #expect(try await collect(Command("zstd", ["-t", "-q", path])).status.isSuccess)
        await #expect {
            try await maker.prove(request.id)
        } throws: { error in
            let said = (error as? DisprovenSet)?.failures.map(\.description).joined() ?? ""
            return said.contains("relation \"b\" does not exist")
        }
        #expect(place.left.isEmpty)
    }

    @Test func `indexes that take long are built first and everything is there in the end`() async throws {
        try await fill(
            "indexed",
            """
            CREATE TABLE docs (id integer PRIMARY KEY, tags text[], note text UNIQUE);
            INSERT INTO docs SELECT i, ARRAY['a' || i % 7, 'b' || i % 11], repeat(md5(i::text), 10)
                FROM generate_series(1, 30000) i;
            CREATE INDEX docs_tags ON docs USING gin (tags);
            CREATE INDEX docs_lower ON docs USING gin ((array_append(tags, 'c')));
            CREATE TABLE notes (id integer PRIMARY KEY, doc integer REFERENCES docs);
            INSERT INTO notes SELECT i, i FROM generate_series(1, 1000) i;
            """
        )
        let place = try Place()
        let server = place.backup.server
        let connection = try await PostgresConnection.open(server.route("indexed"))
        let plan = try await IndexPlan.read(connection)
        await connection.close()
        #expect(plan.long.count == 1)
        #expect(plan.constraints.count == 2)
        let maker = place.maker()
        let request = try place.backup.request(["indexed"])
        _ = try await maker.dump(request)
        #expect(try await maker.prove(request.id).rows == 31_000)
    }

    /// What is made of an index is restored after it, on one processor as on many: `INDEX ATTACH` and comments too.
    @Test func `what hangs on an index that takes long is there in the end`() async throws {
        try await fill(
            "hanging",
            """
            CREATE TABLE docs (id integer, tags text[], area box);
            INSERT INTO docs SELECT i, ARRAY(SELECT md5((i * 20 + t)::text) FROM generate_series(1, 20) t),
                box(point(i % 251, i % 241), point(i % 239, i % 229)) FROM generate_series(1, 20000) i;
            CREATE INDEX docs_tags ON docs USING gin (tags);
            COMMENT ON INDEX docs_tags IS 'tags';
            CREATE INDEX docs_area ON docs USING gist (area);
            ALTER TABLE docs CLUSTER ON docs_area;
            COMMENT ON INDEX docs_area IS 'areas';
            CREATE TABLE parted (kind integer, tags text[]) PARTITION BY LIST (kind);
            CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
            CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
            INSERT INTO parted SELECT 1 + i % 2, ARRAY(SELECT md5((i * 20 + t)::text) FROM generate_series(1, 20) t)
                FROM generate_series(1, 30000) i;
            CREATE INDEX parted_tags ON parted USING gin (tags);
            COMMENT ON INDEX parted_tags IS 'all tags';
            COMMENT ON INDEX parted_1_tags_idx IS 'tags of one';
            VACUUM ANALYZE;
            """
        )
        let place = try Place()
        let connection = try await PostgresConnection.open(place.backup.server.route("hanging"))
        let plan = try await IndexPlan.read(connection)
        await connection.close()
        #expect(plan.long.count == 4)
        let (maker, heir) = (place.maker(), place.maker())
        let request = try place.backup.request(["hanging"])
        _ = try await maker.dump(request)
        #expect(try await heir.prove(request.id).rows == 50_000)
        #expect(try await maker.prove(request.id).rows == 50_000)
        #expect(place.left.isEmpty)
    }

    @Test(arguments: [-366, 366])
    func `a clock that is put right by a year between the name of a set and its dump disproves nothing`(days: Int)
        async throws
    {
        let name = days < 0 ? "late" : "early"
        try await fill(name, Self.small)
        let place = try Place()
        let (maker, heir) = (place.maker(), place.maker())
        let moment = BackupFixture.createdAt.adding(.seconds(days * 86_400))
        let request = try place.backup.request([name], at: moment)
        _ = try await maker.dump(request)
        #expect(try await heir.prove(request.id).rows == 1)
        let proof = try await maker.prove(request.id)
        let set = try await maker.publish(request.id, proof: proof)
        #expect(set.manifest.createdAt == request.id.time)
        #expect(try await maker.verify(set.id).rows == 1)
        #expect(place.left.isEmpty)
    }

    @Test func `a cancelled dump leaves no scratch server`() async throws {
        try await fill("halted", Self.small)
        let place = try Place()
        let server = place.backup.server
        let holder = try await PostgresConnection.open(server.route("halted"))
        try await holder.execute("BEGIN")
        try await holder.execute("LOCK TABLE t")
        let request = try place.backup.request(["halted"])
        let maker = place.maker()
        let task = Task { try await maker.dump(request) }
        while try await DatabaseSessions.blocked(in: server.route("halted")).isEmpty { await Task.yield() }
        task.cancel()
        await #expect(throws: Trouble.self) { try await task.value }
        await holder.close()
        #expect(place.left.isEmpty)
    }

    @Test func `a stored file that the disk has changed is not what was restored`() async throws {
        let folder = try TestServer.current().newFolder()
        let (path, log) = ("\(folder)/x.zst", ToolLog(path: "\(folder)/log"))
        let text = Command("seq", ["200000"])
        let written = try await StoredStream.write(
            [text] + Sealing(recipients: []).filters,
            to: path,
            as: "x",
            log: log,
            code: "c"
        )
        try DurableFiles.sync(path)
        let whole = try await StoredStream.readBack(path, as: "x", log: log)
        #expect(whole.stored == written)
        #expect(whole.stream?.bytes == 1_288_895)
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: path))
        let changed = try await StoredStream.readBack(path, as: "x", log: log)
        #expect(changed.stored != written)
        #expect(changed.stream != whole.stream)
        await #expect {
            try await StoredStream.write([text], to: "/dev/full", as: "x", log: log, code: "c")
        } throws: { error in
            (error as? Trouble)?.code == "disk-full"
        }
    }
}
