import Foundation
@testable import Postgres
import Testing
import UpgradeModel

struct BackupSetStoreTests {
    private func withStore(_ body: (BackupSetStore) throws -> Void) throws {
        let root = "/tmp/pawl-store-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try body(BackupSetStore(root: root))
    }

    @discardableResult
    private func add(_ day: Int, to store: BackupSetStore, proven: Bool = true) throws -> BackupSetID {
        let id = try #require(BackupSetID("202611\(day)T000000Z-1.0"))
        let file = StoredFile(path: "d.dump.zst", bytes: 1, sha256: "0")
        let globals = StoredFile(path: "globals.sql.zst", bytes: 1, sha256: "0")
        let manifest = BackupManifest(
            id: id,
            createdAt: try #require(id.time),
            release: "1.0",
            origin: BackupOrigin(product: "p", installation: "i", deployment: "single-vm", pawl: "0"),
            databases: [
                DatabaseBackup(
                    name: "d",
                    database: "d",
                    serverVersion: "15.1",
                    major: 15,
                    bootstrapRole: "postgres",
                    dump: file,
                    globals: globals.path,
                    snapshot: "",
                    dumpedAt: "",
                    dumpSeconds: 0,
                    fingerprint: DatabaseFingerprint()
                )
            ],
            files: [file, globals],
            proof: ProofRecord(state: proven ? .proven : .failed)
        )
        let folder = "\(store.root)/\(id)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try ManifestFile.write(manifest, in: folder)
        return id
    }

    @Test func `sets are listed newest first, unreadable ones with the reason`() throws {
        try withStore { store in
            #expect(try store.list().isEmpty)
            for day in 10...12 { try add(day, to: store) }
            let bad = try #require(BackupSetID("20261111T000000Z-1.0"))
            try "{".write(toFile: "\(store.root)/\(bad)/manifest.json", atomically: false, encoding: .utf8)
            let list = try store.list()
            #expect(list.map(\.id.text) == ["20261112T000000Z-1.0", "20261111T000000Z-1.0", "20261110T000000Z-1.0"])
            #expect(throws: Trouble.self) { try list[1].set.get() }
            #expect(throws: Trouble.self) { try store.load(try #require(BackupSetID("none"))) }
        }
    }

    @Test func `a folder that cannot be reached is not taken for one without sets`() throws {
        #expect(throws: Trouble.self) { try BackupSetStore(root: "/dev/null/sets").list() }
        #expect(try BackupSetStore(root: "/nowhere/sets").list().isEmpty)
    }

    @Test func `a list knows of a set what its whole manifest says, whatever there is of fingerprints`() throws {
        try withStore { store in
            let set = try add(10, to: store)
            #expect(try store.list().map { try $0.set.get() } == [ListedSet(try store.load(set))])
        }
    }

    @Test func `what is removed is gone, and everything else is whole`() throws {
        try withStore { store in
            let days = try (10...14).map { try add($0, to: store) }
            try store.remove([days[3], days[1]])
            #expect(try store.list().map(\.id) == [days[4], days[2], days[0]])
            #expect(try store.debris().isEmpty)
            #expect(throws: Trouble.self) { try store.remove([days[1]]) }
        }
    }

    @Test func `debris is named by what it is, and removed only where it is of our own making`() throws {
        try withStore { store in
            let set = try add(10, to: store)
            for name in [".partial-20261111T000000Z-1.0", ".remove-x", ".partial-"] {
                try FileManager.default.createDirectory(
                    atPath: "\(store.root)/\(name)",
                    withIntermediateDirectories: true
                )
            }
            try "mine".write(toFile: "\(store.root)/notes.txt", atomically: false, encoding: .utf8)
            let debris = try store.debris()
            let kinds = Dictionary(uniqueKeysWithValues: debris.map { ($0.name, $0.kind) })
            #expect(kinds[".partial-20261111T000000Z-1.0"] == .unfinished)
            #expect(kinds[".remove-x"] == .halfRemoved)
            #expect(kinds["notes.txt"] == .foreign)
            #expect(kinds[".partial-"] == .foreign, "it names no set")
            for name in debris.map(\.name) + [set.text] { try store.removeDebris(name) }
            let left = try store.debris().filter { $0.kind != .foreign }
            #expect(left.isEmpty)
            #expect(try store.debris().contains { $0.name == "notes.txt" })
            #expect(try store.list().map(\.id) == [set])
        }
    }

    @Test func `a manifest that is replaced is the old one or the new one, wherever that is interrupted`() throws {
        try withStore { store in
            let id = try add(10, to: store, proven: false)
            let folder = "\(store.root)/\(id)"
            var manifest = try store.load(id).manifest
            let before = try Data(contentsOf: URL(filePath: "\(folder)/manifest.json"))
            manifest.proof = ProofRecord(state: .proven)

            // Before anything is in its place.
            #expect(throws: Trouble.self) {
                try ManifestFile.write(manifest, in: folder) { _ throws(Trouble) in
                    throw Trouble(.environment, "killed", "Killed.", remedy: "None.")
                }
            }
            #expect(try store.load(id).manifest.proof.state == .failed)

            // Between the checksum and the manifest.
            try ManifestFile.write(manifest, in: folder)
            let path = "\(folder)/manifest.json"
            try FileManager.default.moveItem(atPath: path, toPath: "\(path).new")
            try before.write(to: URL(filePath: path))
            let read = try store.load(id)
            #expect(read.manifest.proof.state == .proven)
            #expect(FileManager.default.fileExists(atPath: "\(path).new"), "a reader changes nothing")
            #expect(try store.load(id) == read)

            // Who writes next finishes first what was begun, so that nothing is lost where that is interrupted too.
            #expect(throws: Trouble.self) {
                try ManifestFile.write(read.manifest, in: folder) { _ throws(Trouble) in
                    throw Trouble(.environment, "killed", "Killed.", remedy: "None.")
                }
            }
            try FileManager.default.removeItem(atPath: "\(path).new")
            #expect(try store.load(id) == read)

            // A write that was lost or torn is none.
            try before.prefix(before.count / 2).write(to: URL(filePath: path))
            #expect(throws: Trouble.self) { try store.load(id) }
            try Data().write(to: URL(filePath: path))
            #expect(throws: Trouble.self) { try store.load(id) }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `readers and a writer at work do not disturb each other`() async throws {
        let root = "/tmp/pawl-store-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let store = BackupSetStore(root: root)
        let id = try add(10, to: store)
        let manifest = try store.load(id).manifest
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    while !Task.isCancelled { _ = try store.load(id) }
                }
            }
            for seconds in 1...300 {
                var next = manifest
                next.proof.seconds = Double(seconds)
                try ManifestFile.write(next, in: "\(root)/\(id)")
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(try store.load(id).manifest.proof.seconds == 300)
    }

    @Test func `the witness is told the very checksum, before it is in its place`() throws {
        try withStore { store in
            let id = try add(10, to: store)
            var told: [String] = []
            let manifest = try store.load(id).manifest
            try ManifestFile.write(manifest, in: "\(store.root)/\(id)") { digest throws(Trouble) in told.append(digest)
            }
            #expect(told == [try store.load(id).manifestDigest])
        }
    }

    @Test func `a set of a newer format is refused in words`() throws {
        try withStore { store in
            let id = try add(10, to: store)
            let path = "\(store.root)/\(id)/manifest.json"
            let text = try String(contentsOfFile: path, encoding: .utf8).replacing("\"format\":1", with: "\"format\":2")
            try DurableFiles.write(Data(text.utf8), to: path)
            let line = "\(DurableFiles.sha256(Data(text.utf8)))  manifest.json\n"
            try DurableFiles.write(Data(line.utf8), to: "\(store.root)/\(id)/manifest.sha256")
            #expect {
                try store.load(id)
            } throws: { error in
                (error as? Trouble)?.code == "backup-format"
            }
        }
    }
}
