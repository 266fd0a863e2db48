import Foundation
import Glibc
import Testing
import UpgradeModel

@testable import Orchestrated

/// The volume with Pawl's own files, when it is full: a small file system in memory, mounted for the test.
@Suite(.serialized, .enabled(if: geteuid() == 0, "Only root may mount a file system."))
struct FullDiskTests {
    private func withFullDisk(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/pawl-disk-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try #require(mount("tmpfs", folder, "tmpfs", 0, "size=64k") == 0, "\(errno)")
        defer {
            umount2(folder, Int32(MNT_DETACH))
            try? FileManager.default.removeItem(atPath: folder)
        }
        try body(folder)
    }

    @Test func `a file that does not fit is told as that, and the one before stays`() throws {
        try withFullDisk { folder in
            let path = folder + "/values.yaml"
            let before = Array("replicas: 2\n".utf8)
            try DurableFile.write(before, to: path)
            let trouble = try #require(throws: Trouble.self) {
                try DurableFile.write([UInt8](repeating: 0, count: 1 << 20), to: path)
            }
            #expect(trouble.code == "disk-full")
            #expect(trouble.blame == .environment)
            #expect(try DurableFile.read(path) == before)
            #expect(try DurableFile.names(in: folder) == ["values.yaml"])
            // Once there is room, it goes on.
            try DurableFile.write(Array("replicas: 3\n".utf8), to: path)
            #expect(try DurableFile.read(path) == Array("replicas: 3\n".utf8))
        }
    }

    @Test func `a migration's words that do not fit are lost, and nothing else`() throws {
        try withFullDisk { folder in
            let file = try #require(MigrationLogFile(path: folder + "/0-api-migrations-1.log"))
            file.begin("demo-api-1")
            for number in 0..<2000 { file.append("line \(number) " + String(repeating: "x", count: 80)) }
            let text = try String(contentsOfFile: folder + "/0-api-migrations-1.log", encoding: .utf8)
            #expect(text.contains("line 0 "))
        }
    }
}
