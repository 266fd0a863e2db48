import Foundation
import Glibc
import Testing

@testable import Archives

/// What is just still taken, and what is not any more.
@Suite struct ArchiveEdgeTests {
    private func bytes(of contents: [ArchiveContent], limits: ArchiveLimits = .standard) throws -> ArchiveError? {
        let folder = try Folder()
        do throws(ArchiveError) {
            try ArchiveWriter.write(contents, toFile: "\(folder.path)/a", packing: .none, limits: limits)
            return nil
        } catch {
            #expect(!folder.exists("a"))
            return error
        }
    }

    @Test func `the name of an entry is shown so that it can do no harm`() {
        func shown(_ name: String) -> String? { ArchiveError(.malformed, entry: name, "x").entry }
        #expect(shown("ü b“") == "ü b“")
        #expect(shown("a\u{1B}[31m\n\u{202E}\u{E000}") == "a\\u{1b}[31m\\u{a}\\u{202e}\\u{e000}")
        #expect(shown(String(repeating: "é", count: 100)) == String(repeating: "é", count: 100))
        #expect(shown(String(repeating: "é", count: 101)) == String(repeating: "é", count: 100) + "…")
        #expect(ArchiveError(.malformed, "x").description == "x")
        for code in [ArchiveError.Code.malformed, .truncated, .limit, .unsafeName, .unsafeKind, .duplicate, .rejected] {
            #expect(!ArchiveError(code, "x").isEnvironment)
        }
    }

    @Test func `a file must have a name, a folder needs none`() throws {
        let folder = try Folder()
        let file = try folder.file("in/x", [7])
        for content in [ArchiveContent(".", .bytes([1])), ArchiveContent("./", .path(file))] {
            let error = try bytes(of: [content])
            #expect(error?.code == .unsafeName)
            #expect(error?.message == "a file without a name")
        }
        let contents = [ArchiveContent(".", .path("\(folder.path)/in"))]
        let entries = try ArchiveWriter.write(contents, toFile: "\(folder.path)/a", packing: .none)
        #expect(entries == [ArchiveEntry(path: "x", kind: .file(bytes: 1))])
        #expect(try folder.content(of: "x", in: "\(folder.path)/a") == [7])
        let missing = try bytes(of: [ArchiveContent(".", .path("/nowhere"))])
        #expect(missing?.description == "“/nowhere”: it cannot be read: No such file or directory")
    }

    @Test func `what is written has limits too`() throws {
        let folder = try Folder()
        _ = try folder.file("in/a", [1, 2])
        _ = try folder.file("in/b", [3])
        let contents = [ArchiveContent("in", .path("\(folder.path)/in")), ArchiveContent("c", .bytes([4, 5]))]
        #expect(try bytes(of: contents, limits: ArchiveLimits(unpackedBytes: 5, entries: 4)) == nil)
        let large = try bytes(of: contents, limits: ArchiveLimits(unpackedBytes: 4))
        #expect(large?.description == "“c”: the files are larger than 4 bytes together")
        #expect(try bytes(of: contents, limits: ArchiveLimits(unpackedBytes: 2))?.entry == "in/b")
        let many = try bytes(of: contents, limits: ArchiveLimits(entries: 3))
        #expect(many?.description == "more than 3 files and folders")
        #expect(try bytes(of: contents, limits: ArchiveLimits(entries: 2))?.code == .limit)
        #expect(try bytes(of: contents, limits: ArchiveLimits(nameBytes: 4)) == nil)
        #expect(try bytes(of: contents, limits: ArchiveLimits(nameBytes: 3))?.entry == "in/a")
        #expect(try bytes(of: contents, limits: ArchiveLimits(depth: 1))?.entry == "in/a")
    }

    @Test func `a folder is copied within its limits, and no further`() throws {
        let folder = try Folder()
        _ = try folder.file("in/a/b", [1, 2])
        _ = try folder.file("in/c", [3])
        _ = try folder.file("in/d", [])
        #expect(mkdir("\(folder.path)/in/e", 0o700) == 0)
        func copy(_ limits: ArchiveLimits) throws -> ArchiveError? {
            try folder.opened("\(folder.path)/in") { descriptor in
                do throws(ArchiveError) {
                    let entries = try FolderCopy.copy(from: descriptor, into: "\(folder.path)/out", limits: limits)
                    #expect(entries.map(\.path) == ["a", "a/b", "c", "d", "e"])
                    let kinds: [ArchiveEntry.Kind] = [
                        .folder, .file(bytes: 2), .file(bytes: 1), .file(bytes: 0), .folder,
                    ]
                    #expect(entries.map(\.kind) == kinds)
                    #expect(folder.mode("out/a") == 0o700 && folder.mode("out/c") == 0o600)
                    return nil
                } catch {
                    #expect(!folder.exists("out"))
                    return error
                }
            }
        }
        #expect(
            try copy(ArchiveLimits(unpackedBytes: 2))?.description == "“c”: the files are larger than 2 bytes together"
        )
        #expect(try copy(ArchiveLimits(entries: 3))?.description == "more than 3 files and folders")
        #expect(try copy(ArchiveLimits(depth: 1))?.entry == "a/b")
        #expect(try copy(ArchiveLimits(nameBytes: 2))?.entry == "a/b")
        #expect(try copy(ArchiveLimits(unpackedBytes: 3, entries: 5, nameBytes: 3, depth: 2)) == nil)
        #expect(try Data(contentsOf: URL(filePath: "\(folder.path)/out/a/b")) == Data([1, 2]))
        #expect(folder.tree("out") == ["a", "a/b", "c", "d", "e"])
    }

    @Test func `pipes, links and names that are not UTF-8 are not copied`() throws {
        let folder = try Folder()
        _ = try folder.file("in/a/b", [1])
        func refusal() throws -> (copy: ArchiveError?, archive: ArchiveError?) {
            let copy = try folder.opened("\(folder.path)/in") { descriptor in
                #expect(throws: ArchiveError.self) {
                    try FolderCopy.copy(from: descriptor, into: "\(folder.path)/out")
                }
            }
            #expect(!folder.exists("out"))
            return (copy, try bytes(of: [ArchiveContent("in", .path("\(folder.path)/in"))]))
        }
        #expect(symlink("b", "\(folder.path)/in/a/link") == 0)
        #expect(try refusal().copy?.description == "“a/link”: a symbolic link")
        unlink("\(folder.path)/in/a/link")
        #expect(mkfifo("\(folder.path)/in/a/pipe", 0o600) == 0)
        #expect(try refusal().copy?.description == "“a/pipe”: neither a file nor a folder")
        #expect(try refusal().archive?.description == "“in/a/pipe”: neither a file nor a folder")
        unlink("\(folder.path)/in/a/pipe")
        #expect(mknod("\(folder.path)/in/a/socket", S_IFSOCK | 0o600, 0) == 0)
        #expect(try refusal().copy?.description == "“a/socket”: it cannot be read: No such device or address")
        unlink("\(folder.path)/in/a/socket")
        let strange = Array("\(folder.path)/in/a/".utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
        #expect(mkdir(strange, 0o700) == 0)
        #expect(try refusal().copy?.description == "“a/\u{FFFD}”: its name is not UTF-8")
        #expect(try refusal().archive?.description == "“in/a/\u{FFFD}”: its name is not UTF-8")
        rmdir(strange)
        let file = try folder.file("file", [1])
        let none = try folder.opened(file) { descriptor in
            #expect(throws: ArchiveError.self) { try FolderCopy.copy(from: descriptor, into: "\(folder.path)/out") }
        }
        #expect(none?.description == "the folder cannot be read: Not a directory")
        let error = try folder.opened("\(folder.path)/in") { descriptor in
            #expect(throws: ArchiveError.self) { try FolderCopy.copy(from: descriptor, into: folder.path) }
        }
        #expect(error?.message == "the folder \(folder.path) cannot be made: File exists")
    }

    @Test func `a folder with nothing in it is unpacked too`() throws {
        var tar = TarBytes()
        tar.add("a/b/", type: "5")
        tar.add("c/", type: "5")
        let folder = try Folder()
        let path = try folder.file("a.tar", tar.finished)
        try folder.opened(path) { descriptor in
            _ = try ArchiveReader.extract(descriptor: descriptor, into: "\(folder.path)/out", modes: .shared)
        }
        #expect(folder.tree("out") == ["a", "a/b", "c"])
        #expect(folder.mode("out/a/b") == 0o755 && folder.mode("out/c") == 0o755)
    }

    @Test func `a folder that the machine refuses takes the others away`() throws {
        // No system knows a path as long as this.
        let parts = Array(repeating: String(repeating: "d", count: 200), count: 22)
        var tar = TarBytes()
        tar.add("a", content: "x")
        tar.addPax("path", Array(parts.joined(separator: "/").utf8))
        tar.add("cut", content: "y")
        let error = try refusal(tar.finished, limits: ArchiveLimits(nameBytes: 5000), isListed: true)
        #expect(error?.code == .unwritable)
        #expect(error?.message == "the folder cannot be made: File name too long")
    }

    @Test func `a file of exactly the size that is allowed is read`() throws {
        let folder = try Folder()
        var tar = TarBytes()
        tar.add("b/", type: "5")
        tar.add("a", content: "12345")
        tar.add("b/c", content: "second")
        let path = try folder.file("a.tar", tar.finished)
        try folder.opened(path) { descriptor throws in
            #expect(try ArchiveReader.read("a", descriptor: descriptor, maximum: 5) == Array("12345".utf8))
            let error = #expect(throws: ArchiveError.self) {
                try ArchiveReader.read("a", descriptor: descriptor, maximum: 4)
            }
            #expect(error?.description == "“a”: larger than 4 bytes")
            #expect(try ArchiveReader.read("b", descriptor: descriptor) == nil)
            #expect(try ArchiveReader.read("b/c", descriptor: descriptor) == Array("second".utf8))
            #expect(try ArchiveReader.read("d", descriptor: descriptor) == nil)
        }
    }
}
