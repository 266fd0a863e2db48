import Foundation
import Glibc
import Testing

@testable import Archives

@Suite struct WatchedArchiveTests {
    @Test(arguments: ["cat", "gzip -c", "zstd -c"]) func `who watches sees every byte of the file`(_ tool: String)
        throws
    {
        var tar = TarBytes()
        tar.add("a", content: String(repeating: "x", count: 3_000))
        let folder = try Folder()
        let plain = try folder.file("a.tar", tar.finished)
        var bytes = try run("sh", "-c", "\(tool) '\(plain)'")
        // Behind a gzip stream may stand zeros that unpacking never gets to see.
        if tool != "zstd -c" { bytes += [UInt8](repeating: 0, count: 700_000) }
        let packed = try folder.file("a.packed", bytes)
        var seen: [UInt8] = []
        try folder.opened(packed) { descriptor in
            _ = try ArchiveReader.extract(descriptor: descriptor, into: "\(folder.path)/out", watch: { seen += $0 })
        }
        #expect(seen == bytes)
    }

    @Test func `what is refused at the end is taken away again`() throws {
        var tar = TarBytes()
        tar.add("a/b", content: "x")
        let folder = try Folder()
        let path = try folder.file("a.tar", tar.finished)
        func reject() throws(ArchiveError) {
            #expect(folder.exists("out/a/b"))
            throw ArchiveError(.rejected, "not mine")
        }
        try folder.opened(path) { descriptor in
            let error = #expect(throws: ArchiveError.self) {
                try ArchiveReader.extract(descriptor: descriptor, into: "\(folder.path)/out", accept: reject)
            }
            #expect(error?.code == .rejected)
        }
        #expect(!folder.exists("out"))
    }

    @Test func `a folder with as many entries as the limit is copied, and one with more is not`() throws {
        let folder = try Folder()
        _ = try folder.file("in/a/b", [1])
        _ = try folder.file("in/c", [])
        try folder.opened("\(folder.path)/in") { descriptor in
            let entries = try FolderCopy.copy(
                from: descriptor,
                into: "\(folder.path)/out",
                limits: ArchiveLimits(entries: 3)
            )
            #expect(entries.count == 3)
            let error = #expect(throws: ArchiveError.self) {
                try FolderCopy.copy(from: descriptor, into: "\(folder.path)/other", limits: ArchiveLimits(entries: 2))
            }
            #expect(error?.code == .limit && error?.message == "more than 2 files and folders")
        }
    }

    @Test func `a folder is copied and its links are not`() throws {
        let folder = try Folder()
        _ = try folder.file("in/a/b", [1, 2])
        _ = try folder.file("in/c", [])
        let entries = try folder.opened("\(folder.path)/in") { descriptor in
            try FolderCopy.copy(from: descriptor, into: "\(folder.path)/out", modes: .shared)
        }
        #expect(entries.map(\.path) == ["a", "a/b", "c"])
        #expect(folder.tree("out") == ["a", "a/b", "c"])
        #expect(folder.mode("out/a/b") == 0o644)
        #expect(symlink("/etc", "\(folder.path)/in/a/link") == 0)
        for limits in [ArchiveLimits.standard, ArchiveLimits(unpackedBytes: 1), ArchiveLimits(entries: 1)] {
            let error = try folder.opened("\(folder.path)/in") { descriptor in
                #expect(throws: ArchiveError.self) {
                    try FolderCopy.copy(from: descriptor, into: "\(folder.path)/second", limits: limits)
                }
            }
            #expect(error != nil)
            #expect(!folder.exists("second"))
        }
    }
}

@Suite struct ArchiveLimitTests {
    @Test func `a million entries are refused early`() throws {
        var tar = TarBytes()
        for index in 0..<10_001 { tar.add("f\(index)") }
        let began = ContinuousClock.now
        #expect(try refusal(tar.finished)?.message == "the archive has more than 10000 entries")
        #expect(ContinuousClock.now - began < .seconds(60))
        var roots = TarBytes()
        for _ in 0..<101 { roots.add("./", type: "5") }
        #expect(try refusal(roots.finished, limits: ArchiveLimits(entries: 100))?.code == .limit)
        var headers = TarBytes()
        for _ in 0..<400 { headers.addPax("comment", [0x61]) }
        #expect(try refusal(headers.finished, limits: ArchiveLimits(entries: 100))?.code == .limit)
    }

    @Test func `sizes are checked before anything is written`() throws {
        var tar = TarBytes()
        tar.add("a", content: String(repeating: "x", count: 600))
        tar.add("b", content: String(repeating: "x", count: 600))
        #expect(try refusal(tar.finished, limits: ArchiveLimits(unpackedBytes: 1199))?.entry == "b")
        #expect(try refusal(tar.finished, limits: ArchiveLimits(unpackedBytes: 1200)) == nil)
        #expect(try refusal(tar.finished, limits: ArchiveLimits(packedBytes: 4095))?.code == .limit)
        #expect(try refusal(tar.finished, limits: ArchiveLimits(packedBytes: 4096)) == nil)
        var huge = TarBytes()
        huge.add(Array("huge".utf8)) { block in
            for (index, byte) in ([0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7)).enumerated() {
                block[124 + index] = byte
            }
        }
        #expect(try refusal(huge.finished) != nil)
    }

    @Test func `names have a length and a depth`() throws {
        var deep = TarBytes()
        deep.add(Array(repeating: "d", count: 33).joined(separator: "/"))
        #expect(try refusal(deep.finished)?.code == .limit)
        var long = TarBytes()
        long.addPax("path", Array(repeating: 0x61, count: 1025))
        long.add("a")
        #expect(try refusal(long.finished)?.code == .limit)
        var part = TarBytes()
        part.addPax("path", Array(repeating: 0x61, count: 256))
        part.add("a")
        #expect(try refusal(part.finished)?.code == .limit)
        var header = TarBytes()
        header.add(Array("x".utf8), type: "x", content: Array(repeating: 0x61, count: 70_000))
        #expect(try refusal(header.finished)?.code == .limit)
    }

    @Test(arguments: ["gzip", "zstd"]) func `a bomb is refused long before it is unpacked`(_ tool: String) throws {
        let size = 400 << 20
        var tar = TarBytes()
        tar.add(Array("zeros".utf8), size: size)
        let folder = try Folder()
        let head = try folder.file("head", tar.bytes)
        let bomb = try run("sh", "-c", "(cat '\(head)'; head -c \(size + 1024) /dev/zero) | \(tool) -c")
        let began = ContinuousClock.now
        let error = try refusal(bomb)
        #expect(error?.code == .limit)
        #expect(error?.message.contains("packed byte") == true)
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    @Test func `as many bytes come of a packed one as the ratio says, after the first 64 MiB, and no more`() throws {
        let size = (64 << 20) + 100 * 100_000
        var tar = TarBytes()
        tar.add(Array("zeros".utf8), size: size - 1536)
        let folder = try Folder()
        let head = try folder.file("head", tar.bytes)
        let packed = try run("sh", "-c", "(cat '\(head)'; head -c \(size - 512) /dev/zero) | gzip -c")
        for (bytes, isRefused) in [(100_000, false), (99_999, true)] {
            // Zeros behind a gzip stream count as packed.
            let path = try folder.file("\(bytes)", packed + [UInt8](repeating: 0, count: bytes - packed.count))
            try folder.opened(path) { descriptor in
                do throws(ArchiveError) {
                    _ = try ArchiveReader.list(descriptor: descriptor, limits: ArchiveLimits(ratio: 100))
                    #expect(!isRefused)
                } catch {
                    #expect(isRefused && error.message == "more than 100 bytes come of every packed byte")
                }
            }
        }
    }
}
