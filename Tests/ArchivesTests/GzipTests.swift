import Foundation
import Testing

@testable import Archives

@Suite struct GzipTests {
    private func numbers(_ count: Int) -> [UInt8] {
        var state: UInt32 = 1
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    @Test(arguments: [0, 1, 1000, 70_000, 3_000_000]) func `what was packed is unpacked`(_ count: Int) throws {
        for bytes in [[UInt8](repeating: 7, count: count), numbers(count)] {
            let packed = try Gzip.packed(bytes)
            #expect(Gzip.isPacked(packed))
            #expect(try Gzip.unpacked(packed, limit: count) == bytes)
            #expect(try Gzip.packed(bytes) == packed, "the same on any day")
        }
    }

    @Test func `the tool and this understand one another`() throws {
        let folder = try Folder()
        let text = Array(String(repeating: "a line of text\n", count: 10_000).utf8)
        let plain = try folder.file("text", text)
        #expect(try Gzip.unpacked(run("gzip", "-9", "-c", plain), limit: text.count) == text)
        let packed = try folder.file("text.gz", Gzip.packed(text))
        #expect(try run("gzip", "-dc", packed) == text)
    }

    @Test func `more than is wanted is refused before it is held`() throws {
        let bomb = try Gzip.packed([UInt8](repeating: 0, count: 50 << 20))
        #expect(bomb.count < 100_000)
        let error = #expect(throws: ArchiveError.self) { try Gzip.unpacked(bomb, limit: 1 << 20) }
        #expect(error?.code == .limit)
        #expect(throws: ArchiveError.self) { try Gzip.unpacked(Gzip.packed([1, 2, 3]), limit: 2) }
    }

    @Test func `what ends too early is refused wherever it ends`() throws {
        let packed = try Gzip.packed(numbers(5000))
        for length in [0, 1, 3, 10, 17, 18, 100, packed.count - 9, packed.count - 8, packed.count - 1] {
            #expect(throws: ArchiveError.self, "\(length)") {
                try Gzip.unpacked(Array(packed.prefix(length)), limit: 1 << 20)
            }
        }
    }

    @Test func `garbage and changed bytes are refused`() throws {
        let packed = try Gzip.packed(Array("some text, some text".utf8))
        for index in [0, 1, 2, 12, packed.count - 8, packed.count - 1] {
            var wrong = packed
            wrong[index] ^= 0x55
            #expect(throws: ArchiveError.self, "\(index)") { try Gzip.unpacked(wrong, limit: 1 << 20) }
        }
        #expect(throws: ArchiveError.self) { try Gzip.unpacked([0x1F, 0x8B, 0x08] + numbers(500), limit: 1 << 20) }
        #expect(throws: ArchiveError.self) { try Gzip.unpacked(packed + [1], limit: 1 << 20) }
        #expect(throws: ArchiveError.self) { try Gzip.unpacked(Array("{}".utf8), limit: 1 << 20) }
    }

    @Test func `an archive in memory gives its files`() throws {
        var tar = TarBytes()
        tar.add("a/", type: "5")
        tar.add("a/b.txt", content: "hello")
        tar.add("a/empty")
        let limits = ArchiveLimits(unpackedBytes: 100)
        let files = try ArchiveReader.contents(of: Gzip.packed(tar.finished), limits: limits)
        #expect(files.map(\.path) == ["a/b.txt", "a/empty"])
        #expect(files.map(\.bytes) == [Array("hello".utf8), []])
        let folder = try Folder()
        let path = try folder.file("a.tar", tar.finished)
        #expect(try folder.opened(path) { try ArchiveReader.contents(descriptor: $0, limits: limits) } == files)
        tar.add("c", content: String(repeating: "x", count: 100))
        let error = #expect(throws: ArchiveError.self) { try ArchiveReader.contents(of: tar.finished, limits: limits) }
        #expect(error?.code == .limit)
    }
}
