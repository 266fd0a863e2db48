import Foundation
import Glibc
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

/// The journal on a disk that becomes full: a small file system in memory, mounted for the test.
@Suite(.serialized, .enabled(if: geteuid() == 0, "Only root may mount a file system."))
struct FullDiskTests {
    private static let moment = JournalDamageTests.moment

    private func withSmallDisk(_ kilobytes: Int, _ body: (DataFolder) throws -> Void) throws {
        let folder = "/tmp/pawl-disk-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try #require(mount("tmpfs", folder, "tmpfs", 0, "size=\(kilobytes)k") == 0, "\(errno)")
        defer {
            umount2(folder, Int32(MNT_DETACH))
            try? FileManager.default.removeItem(atPath: folder)
        }
        try body(try DataFolder(folder + "/data", create: true))
    }

    /// Fills what is left of the disk but for some bytes.
    private func fill(_ folder: DataFolder, leaving left: Int) throws {
        var facts = statvfs()
        try #require(statvfs(folder.path, &facts) == 0)
        let free = Int(facts.f_bavail) * Int(facts.f_frsize)
        try Data(count: max(0, free - left)).write(to: URL(filePath: folder.path + "/ballast"))
    }

    @Test(arguments: [0, 4096, 9000, 20_000, 50_000])
    func `a full disk ends a commit in words, what was committed stays, and it goes on when there is room`(
        left: Int
    ) throws {
        try withSmallDisk(1500) { folder in
            let run = RunID(startedAt: Self.moment, salt: 7)
            var written: [JournalEntry] = []
            do {
                let store = try StateStore(in: folder)
                let lease = try store.takeLease(owner: "one", at: Self.moment)
                let request = try JournalDamageTests.request(run)
                let append = { (payloads: [Payload]) throws(Trouble) in
                    try store.append(payloads, to: run, at: Self.moment, under: lease, highWaterMark: nil)
                }
                written += try append([.created(request)])
                try fill(folder, leaving: left)
                var trouble: Trouble?
                for number in 0..<200 where trouble == nil {
                    do throws(Trouble) {
                        written += try append([.taken(by: "runner \(number)", token: lease.token)])
                    } catch {
                        trouble = error
                    }
                }
                let full = try #require(trouble, "200 commits fitted into \(left) bytes")
                #expect(full.code == "state-unusable")
                #expect(full.blame == .environment)
                #expect(full.message.contains("full"), "\(full.message)")
                // Reading needs no room.
                #expect(try store.entries(of: run, after: 0) == written)
            }
            // Neither does opening, after a death.
            do {
                let store = try StateStore(in: folder)
                #expect(store.safeMode == nil)
                #expect(try store.entries(of: run, after: 0) == written)
            }
            try FileManager.default.removeItem(atPath: folder.path + "/ballast")
            let store = try StateStore(in: folder)
            let lease = try store.takeLease(owner: "two", at: Self.moment)
            written += try store.append(
                [.taken(by: "two", token: lease.token)],
                to: run,
                at: Self.moment,
                under: lease,
                highWaterMark: nil
            )
            #expect(try store.entries(of: run, after: 0) == written)
        }
    }
}
