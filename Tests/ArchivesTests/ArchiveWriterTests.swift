import Foundation
import Glibc
import Testing

@testable import Archives

@Suite struct ArchiveWriterTests {
    @Test(arguments: [ArchivePacking.none, .gzip, .zstd])
    func `the same input gives the same bytes`(_ packing: ArchivePacking) throws {
        let folder = try Folder()
        for name in ["b/two", "b/c/three", "a"] { _ = try folder.file("in/\(name)", Array(name.utf8)) }
        chmod("\(folder.path)/in/a", 0o640)
        let contents = [
            ArchiveContent("config", .path("\(folder.path)/in")),
            ArchiveContent("meta/info.json", .bytes([0x7B, 0x7D])),
        ]
        let entries = try ArchiveWriter.write(contents, toFile: "\(folder.path)/1", packing: packing)
        for name in ["a", "b/two", "b/c/three", "b"] {
            var times = [timespec(tv_sec: 5, tv_nsec: 0), timespec(tv_sec: 6, tv_nsec: 0)]
            #expect(utimensat(AT_FDCWD, "\(folder.path)/in/\(name)", &times, 0) == 0)
        }
        try ArchiveWriter.write(contents, toFile: "\(folder.path)/2", packing: packing)
        let first = try Data(contentsOf: URL(filePath: "\(folder.path)/1"))
        #expect(first == (try Data(contentsOf: URL(filePath: "\(folder.path)/2"))))
        #expect(folder.mode("1") == 0o600)
        let names = [
            "config", "config/a", "config/b", "config/b/c", "config/b/c/three", "config/b/two", "meta/info.json",
        ]
        #expect(entries.map(\.path) == names)
        #expect(try folder.names(of: "\(folder.path)/1") == names)
        #expect(try folder.content(of: "config/b/two", in: "\(folder.path)/1") == Array("b/two".utf8))
        let unpacked = try run("tar", "-tvf", "\(folder.path)/1")
        if packing != .zstd { #expect(String(decoding: unpacked, as: UTF8.self).contains("-rw-r-----")) }
    }

    @Test func `names of any length and any language survive`() throws {
        let folder = try Folder()
        let names = ["ü", String(repeating: "é", count: 120), "x/" + String(repeating: "y", count: 250)]
        let contents = names.map { ArchiveContent($0, .bytes(Array($0.utf8))) }
        try ArchiveWriter.write(contents, toFile: "\(folder.path)/a", packing: .zstd)
        try folder.opened("\(folder.path)/a") { descriptor in
            _ = try ArchiveReader.extract(descriptor: descriptor, into: "\(folder.path)/out")
        }
        for name in names {
            #expect(try Data(contentsOf: URL(filePath: "\(folder.path)/out/\(name)")) == Data(name.utf8))
        }
    }

    @Test func `links are followed and other things refused by name`() throws {
        let folder = try Folder()
        _ = try folder.file("real/key", [7])
        _ = try folder.file("in/plain", [1])
        #expect(symlink("../real", "\(folder.path)/in/certs") == 0)
        try ArchiveWriter.write(
            [ArchiveContent("c", .path("\(folder.path)/in"))],
            toFile: "\(folder.path)/a",
            packing: .none
        )
        #expect(try folder.content(of: "c/certs/key", in: "\(folder.path)/a") == [7])
        #expect(mkfifo("\(folder.path)/in/pipe", 0o600) == 0)
        let error = #expect(throws: ArchiveError.self) {
            try ArchiveWriter.write(
                [ArchiveContent("c", .path("\(folder.path)/in"))],
                toFile: "\(folder.path)/b",
                packing: .none
            )
        }
        #expect(error?.entry == "c/pipe")
        #expect(!folder.exists("b"))
        unlink("\(folder.path)/in/pipe")
        #expect(symlink("..", "\(folder.path)/in/loop") == 0)
        let loop = #expect(throws: ArchiveError.self) {
            try ArchiveWriter.write(
                [ArchiveContent("c", .path("\(folder.path)/in"))],
                toFile: "\(folder.path)/b",
                packing: .none
            )
        }
        #expect(loop?.code == .limit || loop?.code == .unreadable)
        let missing = #expect(throws: ArchiveError.self) {
            try ArchiveWriter.write(
                [ArchiveContent("c", .path("/nowhere"))],
                toFile: "\(folder.path)/b",
                packing: .none
            )
        }
        #expect(missing?.description == "“c”: it cannot be read: No such file or directory")
    }

    @Test func `bad names, doubles and full disks are refused`() throws {
        let folder = try Folder()
        for name in ["../x", "/x", "", "a\u{0}b"] {
            #expect(throws: ArchiveError.self, "\(name)") {
                try ArchiveWriter.write([ArchiveContent(name, .bytes([1]))], toFile: "\(folder.path)/a", packing: .none)
            }
        }
        let double = #expect(throws: ArchiveError.self) {
            let contents = [ArchiveContent("a", .bytes([1])), ArchiveContent("./a", .bytes([2]))]
            try ArchiveWriter.write(contents, toFile: "\(folder.path)/a", packing: .none)
        }
        #expect(double?.code == .duplicate)
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        let error = #expect(throws: ArchiveError.self) {
            try ArchiveWriter.write(
                [ArchiveContent("a", .bytes(.init(repeating: 1, count: 100_000)))],
                to: full,
                packing: .none
            )
        }
        #expect(error?.code == .unwritable)
    }
}
