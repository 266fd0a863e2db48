import Testing
import UpgradeModel

struct BackupValuesTests {
    @Test func `the name of a set is safe as a folder's`() throws {
        for bad in ["", ".", "..", ".partial-x", "a/b", "a b", "a\0b", "ü", String(repeating: "a", count: 129)] {
            #expect(BackupSetID(bad) == nil, "\(bad)")
        }
        let moment = try #require(Moment("2026-11-23T10:30:00.123456Z"))
        let release = try ReleaseVersion("2026.3.10-patch1")
        let id = BackupSetID(at: moment, release: release)
        #expect(id.text == "20261123T103000Z-2026.3.10-patch1")
        #expect(BackupSetID(id.text) == id)
        #expect(id.time == Moment("2026-11-23T10:30:00Z"))
        #expect(BackupSetID("20261123X103000Z-1.0")?.time == nil)
        #expect(BackupSetID("20261323T103000Z-1.0")?.time == nil)
        #expect(BackupSetID("short")?.time == nil)
    }

    @Test func `a digest is read as it is written`() throws {
        let digest = DefinitionDigest(high: 1, low: .max)
        #expect(digest.description == "0000000000000001ffffffffffffffff")
        #expect(DefinitionDigest(digest.description) == digest)
        for bad in ["", "0", String(repeating: "g", count: 32), "+000000000000001ffffffffffffffff"] {
            #expect(DefinitionDigest(bad) == nil)
        }
        #expect(DefinitionDigest(prefixOf: [UInt8](0..<15)) == nil)
        #expect(DefinitionDigest(prefixOf: 0..<32)?.description == "000102030405060708090a0b0c0d0e0f")
    }

    @Test func `several databases are of one moment where writers were stopped, and a single one always is`() throws {
        func isOfOneMoment(_ databases: [String], _ notes: [String: String]) throws -> Bool? {
            let file = StoredFile(path: "a.dump.zst", bytes: 1, sha256: "")
            return BackupManifest(
                id: try #require(BackupSetID("set")),
                createdAt: Moment(microseconds: 0),
                release: "1.0.0",
                origin: BackupOrigin(product: "p", installation: "i", deployment: "single-vm", pawl: "0", notes: notes),
                databases: databases.map { name in
                    DatabaseBackup(
                        name: name,
                        database: name,
                        serverVersion: "15.1",
                        major: 15,
                        bootstrapRole: "postgres",
                        dump: file,
                        globals: "g",
                        snapshot: "s",
                        dumpSeconds: 1,
                        fingerprint: DatabaseFingerprint()
                    )
                },
                files: []
            ).summary.isOfOneMoment
        }
        func note(_ stopped: Bool) -> [String: String] {
            [BackupOrigin.writersNote: BackupOrigin.words(writersStopped: stopped)]
        }
        #expect(try isOfOneMoment(["a", "b"], note(true)) == true)
        #expect(try isOfOneMoment(["a", "b"], note(false)) == false)
        #expect(try isOfOneMoment(["a", "b"], [:]) == nil, "older sets do not say it")
        #expect(try isOfOneMoment(["a"], note(false)) == true)
        #expect(try isOfOneMoment(["a"], [:]) == true)
    }

    @Test func `a route shows no password`() {
        let route = DatabaseRoute(
            host: "db",
            database: "demo",
            user: "al",
            password: .provided { "canary" },
            parameters: ["sslmode": "require"]
        )
        var dumped = ""
        dump(route, to: &dumped)
        #expect(!dumped.contains("canary"))
        #expect("\(route)" == "demo on db:5432 as al")
        #expect(String(reflecting: route) == "demo on db:5432 as al")
    }
}
