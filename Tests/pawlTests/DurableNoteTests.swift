import Foundation
import Glibc
import Testing
import UpgradeModel

@testable import pawl

@Suite struct DurableNoteTests {
    /// A folder that goes afterwards.
    private func with(_ body: (_ root: String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.path + "/pawl-note-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try body(root)
    }

    @Test func `a note is there whole, for nobody else, and in the place of the last one`() throws {
        try with { root in
            let path = root + "/note"
            // What somebody who was killed has left.
            try Data("half".utf8).write(to: URL(filePath: path + ".new"))
            let all = [Data("a longer one".utf8), Data("short".utf8), Data(), Data(repeating: 7, count: 1 << 20)]
            for contents in all {
                try DurableNote.write(contents, to: path)
                #expect(FileManager.default.contents(atPath: path) == contents)
            }
            let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(rights == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["note"])
        }
    }

    @Test func `only a disk that is full is called that`() {
        for code in [ENOSPC, EDQUOT] {
            let trouble = DurableNote.unwritable("/data/note", code)
            #expect(trouble.code == "disk-full" && trouble.remedy.contains("Free disk space"))
        }
        for code in [EACCES, EROFS, EIO] {
            let trouble = DurableNote.unwritable("/data/note", code)
            #expect(trouble.code == "file-unwritable" && !trouble.remedy.contains("Free"))
            #expect(trouble.message.contains(String(cString: strerror(code))))
        }
    }

    @Test func `what keeps a note from being written is said`() throws {
        try with { root in
            try Data().write(to: URL(filePath: root + "/file"))
            try FileManager.default.createDirectory(atPath: root + "/folder", withIntermediateDirectories: false)
            for (name, code) in [("file/note", ENOTDIR), ("nowhere/note", ENOENT), ("folder", EISDIR)] {
                let trouble = try #require(throws: Trouble.self) {
                    try DurableNote.write(Data("x".utf8), to: "\(root)/\(name)")
                }
                #expect(trouble == DurableNote.unwritable("\(root)/\(name)", code))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: root).sorted() == ["file", "folder"])
        }
    }
}
