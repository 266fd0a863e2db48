import Foundation
@testable import Postgres
import Processes
import Synchronization
import Testing
import UpgradeModel

/// Sets that were damaged or tampered with on disk.
@Suite(.postgresServer, .backupSet, .serialized) struct SetCorruptionTests {
    private func copy() async throws -> SetCopy {
        try await #require(SetFixture.shared).copy()
    }

    @Test func `the set as it was made is proven again`() async throws {
        let copy = try await copy()
        #expect(try await copy.verify() == [])
        #expect(try copy.maker.store.load(copy.id).manifest.proof.state == .proven)
    }

    // MARK: Without matching checksums

    @Test(arguments: UInt64(1)...8)
    func `a flipped bit is caught`(seed: UInt64) async throws {
        let copy = try await copy()
        var numbers = SeededNumbers(seed: seed)
        let names = ["demo.dump.zst", "aiproxy.dump.zst", "globals.sql.zst", "configuration.tar.zst"]
        let name = try #require(names.randomElement(using: &numbers))
        try copy.edit(name) { bytes in
            bytes[Int.random(in: bytes.indices, using: &numbers)] ^= 1 << Int.random(in: 0..<8, using: &numbers)
        }
        let found = try await copy.verify()
        #expect(found.contains { $0.contains("file \(name) has another value") }, "\(found)")
    }

    @Test(arguments: UInt64(1)...4)
    func `a truncated file is caught`(seed: UInt64) async throws {
        let copy = try await copy()
        var numbers = SeededNumbers(seed: seed &+ 100)
        try copy.edit("demo.dump.zst") { bytes in
            bytes.removeLast(Int.random(in: 1...bytes.count, using: &numbers))
        }
        let found = try await copy.verify()
        #expect(found.contains { $0.contains("demo: file demo.dump.zst has another value") }, "\(found)")
    }

    @Test(arguments: [
        "demo.dump.zst", "globals.sql.zst", "configuration.tar.zst", "release/docker-compose.yml", "RESTORE.md",
    ])
    func `a missing file is caught`(name: String) async throws {
        let copy = try await copy()
        try FileManager.default.removeItem(atPath: copy.path(name))
        let found = try await copy.verify()
        #expect(found.contains { $0.contains("file \(name) is missing") }, "\(found)")
    }

    @Test(arguments: ["demo.dump.zst", "release/docker-compose.yml", "RESTORE.md"])
    func `an appended byte is caught`(name: String) async throws {
        let copy = try await copy()
        try copy.edit(name) { $0.append(10) }
        let found = try await copy.verify()
        #expect(found.contains { $0.contains("file \(name) has another value") }, "\(found)")
    }

    @Test func `two swapped dumps are caught`() async throws {
        let copy = try await copy()
        try swap(copy)
        let found = try await copy.verify()
        #expect(found.contains { $0.contains("file demo.dump.zst") })
        #expect(found.contains { $0.contains("file aiproxy.dump.zst") })
    }

    @Test func `a link in the place of a dump is refused`() async throws {
        let copy = try await copy()
        try FileManager.default.moveItem(atPath: copy.path("demo.dump.zst"), toPath: "\(copy.root)/elsewhere")
        try FileManager.default.createSymbolicLink(
            atPath: copy.path("demo.dump.zst"),
            withDestinationPath: "\(copy.root)/elsewhere"
        )
        #expect(try await !copy.verify().isEmpty)
    }

    @Test func `a damaged manifest is refused`() async throws {
        for (offset, change) in [(10, UInt8(1)), (2000, 2), (9000, 4)] {
            let copy = try await copy()
            try copy.edit("manifest.json") { $0[offset % $0.count] ^= change }
            #expect(try await copy.verify().first?.hasPrefix("backup-damaged") == true)
        }
        let copy = try await copy()
        try copy.edit("manifest.json") { $0.removeLast($0.count / 2) }
        #expect(try await copy.verify().first?.hasPrefix("backup-damaged") == true)
        try copy.edit("manifest.sha256") { $0[0] = UInt8(ascii: "z") }
        #expect(try await copy.verify().first?.hasPrefix("backup-damaged") == true)
    }

    // MARK: With matching checksums

    /// A valid dump of a database that is not quite what it was, under checksums that are right for it.
    @Test(arguments: [
        Change(
            "a lost row",
            "DELETE FROM people WHERE id = 250",
            "demo: table public.people has another number of rows"
        ),
        Change(
            "a changed value",
            "UPDATE notes SET text = 'note 08' WHERE id = 8",
            "demo: table public.notes has other rows"
        ),
        Change(
            "two swapped tables",
            "ALTER TABLE notes RENAME TO t; ALTER TABLE other RENAME TO notes; ALTER TABLE t RENAME TO other",
            "table public.notes has other rows",
            "table public.other has other rows"
        ),
        Change("a lost table", "DROP TABLE other", "table public.other is missing"),
        Change("a sequence", "SELECT setval('people_id_seq', 1)", "sequence public.people_id_seq has another value"),
        Change("a grant", "REVOKE SELECT ON people FROM reader", "table public.people has other grants"),
        Change("an owner", "ALTER TABLE notes OWNER TO postgres", "table public.notes has another owner"),
        Change("a comment", "COMMENT ON TABLE people IS 'others'", "comment table public.people has another"),
        Change("an index", "DROP INDEX people_name", "index public.people_name is missing"),
        Change("a trigger", "ALTER TABLE people DISABLE TRIGGER touching", "trigger public.people.touching has"),
        Change("a setting", "ALTER DATABASE demo RESET work_mem", "setting work_mem is missing"),
        Change("a grant on the database", "REVOKE CONNECT ON DATABASE demo FROM app", "database demo has other grants"),
        Change("a check", "ALTER TABLE people DROP CONSTRAINT people_status_check", "people_status_check is missing"),
        Change("a large object", "SELECT lo_put(4711, 0, 'L')", "large object 4711 has another value"),
    ])
    func `a valid dump of something else is caught and what differs is named`(_ change: Change) async throws {
        let copy = try await copy()
        try await copy.fixture.server.psql("demo", change.sql)
        try await copy.dumpAgain("demo")
        try await SetFixture.renew("demo", on: copy.fixture.server)
        let found = try await copy.verify()
        for name in change.named { #expect(found.contains { $0.contains(name) }, "\(change.name): \(found)") }
        #expect(try copy.maker.store.load(copy.id).manifest.proof.state == .failed)
    }

    @Test func `swapped dumps under matching checksums are caught`() async throws {
        let copy = try await copy()
        try swap(copy)
        try await copy.reseal()
        let found = try await copy.verify()
        #expect(found.contains { $0.contains("demo: database demo cannot be restored") && $0.contains("aiproxy") })
        #expect(found.contains { $0.contains("aiproxy: database aiproxy cannot be restored") })
    }

    @Test func `changed bytes inside a dump that was packed again are caught`() async throws {
        let copy = try await copy()
        try await copy.editPlain("demo.dump.zst") { $0.replaceFirst("marker-77", with: "marker-78") }
        try await copy.reseal()
        #expect(try await copy.verify().contains { $0.contains("demo: table public.people has other rows") })
    }

    @Test func `a dump that was cut and packed again is caught`() async throws {
        let copy = try await copy()
        try await copy.editPlain("aiproxy.dump.zst") { $0.removeLast($0.count / 3) }
        try await copy.reseal()
        let found = try await copy.verify()
        #expect(found.contains { $0.hasPrefix("aiproxy: database aiproxy cannot be restored") }, "\(found)")
    }

    @Test func `bytes that are no dump are caught`() async throws {
        let copy = try await copy()
        try await copy.editPlain("demo.dump.zst") { $0 = Array("-- SQL".utf8) }
        try await copy.reseal()
        #expect(try await copy.verify().contains { $0.hasPrefix("demo: database demo cannot be restored") })
    }

    @Test func `roles that were changed are caught`() async throws {
        let changes: [(String, String, String)] = [
            ("CREATE ROLE reader;", "CREATE ROLE reedar;", "cannot be restored"),
            ("ALTER ROLE app WITH NOSUPERUSER", "ALTER ROLE app WITH   SUPERUSER", "role app has another definition"),
            ("'the application'", "'eht application'", "role app has another definition"),
        ]
        for (before, after, name) in changes {
            let copy = try await copy()
            try await copy.editPlain("globals.sql.zst") { $0.replaceFirst(before, with: after) }
            try await copy.reseal()
            let found = try await copy.verify()
            #expect(found.contains { $0.contains(name) }, "\(after): \(found)")
        }
    }

    @Test func `a configuration that was changed and packed again is caught`() async throws {
        let copy = try await copy()
        try await copy.editPlain("configuration.tar.zst") { $0.replaceFirst("canary-key", with: "canary-kez") }
        try await copy.reseal()
        let found = try await copy.verify()
        #expect(found.contains("configuration: file customer.env has another value"), "\(found)")
        #expect(!found.joined().contains("canary"))
    }

    @Test func `an old set under a new name is caught`() async throws {
        var renamed = try await copy()
        let before = renamed.folder
        let later = BackupFixture.createdAt.adding(.seconds(86_400))
        let other = BackupSetID(at: later, release: try ReleaseVersion("1.0.0"))
        renamed.id = other
        try FileManager.default.moveItem(atPath: before, toPath: renamed.folder)
        #expect(try await renamed.verify().first?.contains("its manifest is that of the set") == true)
        try await renamed.reseal { $0.id = other }
        #expect(try await renamed.verify().first?.contains("its manifest says that it was begun at") == true)
        try await renamed.reseal {
            $0.id = other
            $0.createdAt = other.time ?? later
        }
        let found = try await renamed.verify()
        let original = renamed.fixture.original.id
        #expect(found.contains { $0.contains("dump demo.dump.zst has another value") && $0.contains("\(original)") })
        // Sets of older versions do not say for which one they were dumped.
        try await renamed.reseal { for index in $0.databases.indices { $0.databases[index].dumpedFor = nil } }
        let older = try await renamed.verify()
        #expect(older.contains { $0.contains("dump demo.dump.zst has another value (made 2") }, "\(older)")
    }

    @Test func `a manifest that leads out of its folder is refused`() async throws {
        for path in ["../../etc/passwd", "/etc/passwd", "a//b", "", "a/./b"] {
            let copy = try await copy()
            try await copy.reseal { $0.files[0].path = path }
            #expect(try await copy.verify().first?.hasPrefix("backup-damaged") == true)
        }
        let copy = try await copy()
        try await copy.reseal { $0.databases = [] }
        #expect(try await copy.verify().first?.hasPrefix("backup-damaged") == true)
    }

    // MARK: On record

    @Test func `only a proof that holds puts a changed manifest on record`() async throws {
        let copy = try await copy()
        let written = try copy.maker.store.load(copy.id).manifestDigest
        let record = Mutex<Set<String>>([written])
        let maker = BackupMaker(
            store: copy.maker.store,
            prover: copy.maker.prover,
            now: { BackupFixture.createdAt },
            witness: { _, digest in _ = record.withLock { $0.insert(digest) } },
            isOnRecord: { _, digest in record.withLock { $0.contains(digest) } }
        )
        try await copy.reseal { $0.origin.notes["by"] = "somebody else" }
        try copy.edit("globals.sql.zst") { $0[20] ^= 1 }
        await #expect(throws: DisprovenSet.self) { try await maker.verify(copy.id) }
        #expect(record.withLock { $0 } == [written])
        try copy.edit("globals.sql.zst") { $0[20] ^= 1 }
        #expect(try !record.withLock { $0.contains(try maker.store.load(copy.id).manifestDigest) })
        _ = try await maker.verify(copy.id)
        #expect(try record.withLock { $0.contains(try maker.store.load(copy.id).manifestDigest) })
        // Of one that is on record, a failure is too.
        try copy.edit("globals.sql.zst") { $0[20] ^= 1 }
        await #expect(throws: DisprovenSet.self) { try await maker.verify(copy.id) }
        #expect(try record.withLock { $0.contains(try maker.store.load(copy.id).manifestDigest) })
    }

    @Test func `of somebody else's set the outcome is told and noted nowhere`() async throws {
        let copy = try await copy()
        let record = Mutex<[String]>([])
        let maker = BackupMaker(
            store: copy.maker.store,
            prover: copy.maker.prover,
            now: { BackupFixture.createdAt.adding(.seconds(60)) },
            witness: { _, digest in record.withLock { $0.append(digest) } }
        )
        let written = try maker.store.load(copy.id)
        #expect(try await maker.verify(copy.id, notesOutcome: false).rows > 0)
        #expect(try maker.store.load(copy.id) == written)
        try copy.edit("globals.sql.zst") { $0[20] ^= 1 }
        await #expect(throws: DisprovenSet.self) { try await maker.verify(copy.id, notesOutcome: false) }
        #expect(try maker.store.load(copy.id) == written)
        #expect(record.withLock { $0.isEmpty })
    }

    private func swap(_ copy: SetCopy) throws {
        let (one, other) = (copy.path("demo.dump.zst"), copy.path("aiproxy.dump.zst"))
        try FileManager.default.moveItem(atPath: one, toPath: "\(copy.root)/x")
        try FileManager.default.moveItem(atPath: other, toPath: one)
        try FileManager.default.moveItem(atPath: "\(copy.root)/x", toPath: other)
    }
}
