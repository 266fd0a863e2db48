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

    @Test func `a route shows no password`() {
        let route = DatabaseRoute(
            host: "db",
            database: "demo",
            user: "al",
            password: .provided { "canary" },
            sslMode: "require"
        )
        var dumped = ""
        dump(route, to: &dumped)
        #expect(!dumped.contains("canary"))
        #expect("\(route)" == "demo on db:5432 as al")
        #expect(String(reflecting: route) == "demo on db:5432 as al")
    }
}
