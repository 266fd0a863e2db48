import Foundation
import Testing

@testable import SingleVM

@Suite struct FileTreeTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/pawl-tree-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    /// A folder with a file, a secret file below it, and a link.
    private func make(_ path: String, _ text: String) throws {
        let files = FileManager.default
        try files.createDirectory(atPath: path + "/certs", withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path + "/customer.env"))
        let isMade = files.createFile(
            atPath: path + "/certs/key",
            contents: Data("key".utf8),
            attributes: [.posixPermissions: 0o600]
        )
        #expect(isMade)
        try files.createSymbolicLink(atPath: path + "/link", withDestinationPath: "certs/key")
    }

    @Test func `a tree is put in place of another, which is kept beside`() throws {
        try withFolder { folder in
            try make(folder + "/old", "old")
            try make(folder + "/new", "new")
            #expect(try !FileTree.isSame(folder + "/old", folder + "/new"))
            try FileTree.replace(folder + "/old", with: folder + "/new", keepingAs: ".before-1")
            #expect(try FileTree.isSame(folder + "/old", folder + "/new"))
            #expect(try String(contentsOfFile: folder + "/old.before-1/customer.env", encoding: .utf8) == "old")
            #expect(DurableFiles.access(of: folder + "/old/certs/key")?.mode == 0o600)
            #expect(DurableFiles.kind(folder + "/old/link") == .link(to: "certs/key"))
        }
    }

    @Test func `what is the same already is left alone, and nothing that was kept is written over`() throws {
        try withFolder { folder in
            try make(folder + "/live", "one")
            try make(folder + "/same", "one")
            try make(folder + "/other", "two")
            try FileTree.replace(folder + "/live", with: folder + "/same", keepingAs: ".before")
            #expect(DurableFiles.names(in: folder) == ["live", "other", "same"])
            try FileTree.replace(folder + "/live", with: folder + "/other", keepingAs: ".before")
            try FileTree.replace(folder + "/live", with: folder + "/same", keepingAs: ".before")
            #expect(DurableFiles.names(in: folder) == ["live", "live.before", "live.before-2", "other", "same"])
        }
    }

    @Test func `what an interrupted attempt left is replaced, and what is not there is made`() throws {
        try withFolder { folder in
            try make(folder + "/source", "new")
            try make(folder + "/live.restoring", "half")
            try FileTree.replace(folder + "/live", with: folder + "/source", keepingAs: ".before")
            #expect(DurableFiles.names(in: folder) == ["live", "source"])
            #expect(try FileTree.isSame(folder + "/live", folder + "/source"))
            #expect(try FileTree.isSame(folder + "/nothing", folder + "/nowhere"))
            #expect(try !FileTree.isSame(folder + "/live", folder + "/nowhere"))
        }
    }

    @Test func `a file of any size is compared and put in place`() throws {
        try withFolder { folder in
            // Larger than any file that is read into memory as a whole.
            var bytes = Data(count: 40 << 20)
            try make(folder + "/source", "new")
            try bytes.write(to: URL(filePath: folder + "/source/geodata.bin"))
            try make(folder + "/live", "new")
            bytes[bytes.count - 1] = 1
            try bytes.write(to: URL(filePath: folder + "/live/geodata.bin"))
            #expect(try !FileTree.isSame(folder + "/source", folder + "/live"))
            try FileTree.replace(folder + "/live", with: folder + "/source", keepingAs: ".before")
            #expect(try FileTree.isSame(folder + "/source", folder + "/live"))
            #expect(try Data(contentsOf: URL(filePath: folder + "/live.before/geodata.bin")) == bytes)
            try (bytes + [0]).write(to: URL(filePath: folder + "/live.before/longer"))
            try bytes.write(to: URL(filePath: folder + "/live.before/shorter"))
            #expect(try !FileTree.isSame(folder + "/live.before/longer", folder + "/live.before/shorter"))
        }
    }
}
