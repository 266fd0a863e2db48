import Foundation
import Glibc
import Testing
import UpgradeModel

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
            #expect(try DurableFiles.names(in: folder) == ["live", "other", "same"])
            try FileTree.replace(folder + "/live", with: folder + "/other", keepingAs: ".before")
            try FileTree.replace(folder + "/live", with: folder + "/same", keepingAs: ".before")
            #expect(try DurableFiles.names(in: folder) == ["live", "live.before", "live.before-2", "other", "same"])
        }
    }

    @Test func `what an interrupted attempt left is replaced, and what is not there is made`() throws {
        try withFolder { folder in
            try make(folder + "/source", "new")
            try make(folder + "/live.restoring", "half")
            try FileTree.replace(folder + "/live", with: folder + "/source", keepingAs: ".before")
            #expect(try DurableFiles.names(in: folder) == ["live", "source"])
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

    @Test func `folders come back with their owners and rights, also those that forbid writing`() throws {
        try withFolder { folder in
            try make(folder + "/source", "new")
            let owner = DurableFiles.givesOwners ? 999 : nil
            let closed = DurableFiles.Access(mode: 0o500, user: owner.map { uid_t($0) }, group: owner.map { gid_t($0) })
            let shared = DurableFiles.Access(mode: 0o2770, user: closed.user, group: closed.group)
            try DurableFiles.give(shared, toFolder: folder + "/source")
            try DurableFiles.give(closed, toFolder: folder + "/source/certs")
            try FileTree.replace(folder + "/live", with: folder + "/source", keepingAs: ".before")
            for (name, wanted) in [("", shared), ("/certs", closed)] {
                let access = DurableFiles.access(of: folder + "/live" + name)
                #expect(access == DurableFiles.access(of: folder + "/source" + name))
                #expect(access?.mode == wanted.mode)
                if let owner { #expect(access?.user == uid_t(owner) && access?.group == gid_t(owner)) }
            }
            #expect(try FileTree.isSame(folder + "/source", folder + "/live"))
        }
    }

    @Test(arguments: ["", "/certs", "/certs/key"])
    func `what has the right bytes and other rights is put right`(name: String) throws {
        try withFolder { folder in
            try make(folder + "/source", "new")
            try make(folder + "/live", "new")
            #expect(try FileTree.isSame(folder + "/source", folder + "/live"))
            #expect(chmod(folder + "/live" + name, 0o711) == 0)
            #expect(try !FileTree.isSame(folder + "/source", folder + "/live"))
            #expect(try FileTree.isSame(folder + "/source", folder + "/live", comparing: .bytes))
            try FileTree.replace(folder + "/live", with: folder + "/source", keepingAs: ".before")
            #expect(try FileTree.isSame(folder + "/source", folder + "/live"))
        }
    }

    @Test func `another owner of the same bytes is another file, for who may give owners`() throws {
        try withFolder { folder in
            try make(folder + "/source", "new")
            try make(folder + "/live", "new")
            guard chown(folder + "/live/certs", 999, 999) == 0 else { return }
            #expect(try !FileTree.isSame(folder + "/source", folder + "/live"))
        }
    }

    @Test func `the folders above a path are made like the source's, and those that are there stay`() throws {
        try withFolder { folder in
            try make(folder + "/source/secrets/deep", "new")
            #expect(chmod(folder + "/source/secrets/deep", 0o710) == 0 && chmod(folder + "/source/secrets", 0o750) == 0)
            try make(folder + "/live", "old")
            func place() throws {
                let name = "secrets/deep/customer.env"
                try FileTree.makeFolders(above: name, in: folder + "/live", like: folder + "/source", keepingAs: ".old")
                try FileTree.replace("\(folder)/live/\(name)", with: "\(folder)/source/\(name)", keepingAs: ".old")
            }
            try place()
            #expect(try DurableFiles.names(in: folder + "/live/secrets/deep") == ["customer.env"])
            #expect(DurableFiles.access(of: folder + "/live/secrets")?.mode == 0o750)
            #expect(DurableFiles.access(of: folder + "/live/secrets/deep")?.mode == 0o710)
            #expect(chmod(folder + "/live/secrets", 0o755) == 0)
            try place()
            #expect(DurableFiles.access(of: folder + "/live/secrets")?.mode == 0o755)
            #expect(try DurableFiles.names(in: folder + "/live/secrets/deep") == ["customer.env"])
            // A file where a folder must be is kept; a link to a folder is used.
            try DurableFiles.rename(folder + "/live/secrets", to: folder + "/live/elsewhere")
            try Data().write(to: URL(filePath: folder + "/live/secrets"))
            try place()
            #expect(DurableFiles.kind(folder + "/live/secrets.old") == .file)
            try DurableFiles.remove(folder + "/live/secrets")
            try DurableFiles.link(folder + "/live/secrets", to: "elsewhere")
            try place()
            #expect(DurableFiles.kind(folder + "/live/secrets") == .link(to: "elsewhere"))
        }
    }

    /// Does something as a user who is not root and owns nothing, on this thread alone: root lists whatever there is.
    private func asNobody(_ body: () throws -> Void) throws {
        guard geteuid() == 0 else { return try body() }
        typealias Change = @convention(c) (uid_t) -> Int32
        let change = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: Change.self)
        _ = change(65_534)
        defer { _ = change(0) }
        try body()
    }

    @Test func `a folder that cannot be listed is no empty one: it is neither like one nor put in place as one`() throws
    {
        try withFolder { folder in
            try make(folder + "/closed", "one")
            try FileManager.default.createDirectory(atPath: folder + "/empty", withIntermediateDirectories: true)
            #expect(chmod(folder, 0o777) == 0 && chmod(folder + "/closed", 0o311) == 0)
            defer { chmod(folder + "/closed", 0o755) }
            func refuses(_ work: () throws -> Void) {
                let trouble = #expect(throws: Trouble.self) { try work() }
                #expect(trouble?.code == "file-unreadable" && trouble?.message.contains("/closed") == true)
            }
            try asNobody {
                refuses { _ = try DurableFiles.names(in: folder + "/closed") }
                refuses { _ = try FileTree.isSame(folder + "/closed", folder + "/empty", comparing: .bytes) }
                refuses { _ = try FileTree.isSame(folder + "/empty", folder + "/closed", comparing: .bytes) }
                refuses { try FileTree.replace(folder + "/live", with: folder + "/closed", keepingAs: ".before") }
                refuses { try DurableFiles.remove(folder + "/closed") }
            }
            #expect(DurableFiles.kind(folder + "/live") == .nothing)
            #expect(try DurableFiles.names(in: folder + "/closed").count == 3)
        }
    }

    @Test func `a listing that fails on its way is not taken for its end, and what is no folder has no names`() throws {
        errno = EINVAL
        #expect(try DurableFiles.names(in: "/somewhere") { nil } == [])
        var entry = dirent()
        entry.d_name.0 = CChar(UInt8(ascii: "a"))
        withUnsafeMutablePointer(to: &entry) { first in
            var isFirst = true
            let trouble = #expect(throws: Trouble.self) {
                try DurableFiles.names(in: "/somewhere") {
                    defer { isFirst = false }
                    if !isFirst { errno = EIO }
                    return isFirst ? first : nil
                }
            }
            #expect(trouble?.code == "file-unreadable" && trouble?.message.contains("/somewhere") == true)
        }
        try withFolder { folder in
            try Data().write(to: URL(filePath: folder + "/file"))
            #expect(try DurableFiles.names(in: folder + "/file").isEmpty)
            #expect(try DurableFiles.names(in: folder + "/nowhere").isEmpty)
        }
    }
}
