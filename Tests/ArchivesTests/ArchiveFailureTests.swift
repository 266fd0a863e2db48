import Foundation
import Glibc
import Testing

@testable import Archives

/// What becomes of an archive where the machine fails, with files and limits that really fail.
@Suite struct ArchiveFailureTests {
    private func refusal(listing descriptor: Int32) -> ArchiveError? {
        #expect(throws: ArchiveError.self) { try ArchiveReader.list(descriptor: descriptor) }
    }

    @Test func `what is not open, or no file, is no archive, and the archive is not to blame`() throws {
        let closed = refusal(listing: -1)
        #expect(closed?.code == .unreadable)
        #expect(closed?.message == "the archive cannot be read: Bad file descriptor")
        let folder = try Folder()
        let directory = try folder.opened(folder.path) { refusal(listing: $0) }
        #expect(directory?.code == .unreadable)
        #expect(directory?.message == "the archive is not a regular file")
    }

    @Test func `an archive that cannot be read is the machine's fault`() throws {
        let folder = try Folder()
        let path = try folder.archive(of: 10)
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let error = refusal(listing: descriptor)
        #expect(error?.code == .unreadable && error?.isEnvironment == true)
        #expect(error?.message == "the archive cannot be read: Bad file descriptor")
    }

    /// Block is how many blocks of 256 KiB can be read before nothing can.

    @Test(arguments: [1, 2, 3])
    func `a disk that fails in the middle of an archive is to blame, and nothing is left`(blocks: Int) throws {
        let folder = try Folder()
        // Two blocks: the last one is the zeros behind the end of the archive, which unpacking never asks for.
        var tar = TarBytes()
        tar.add("a/b", content: String(repeating: "x", count: 300_000))
        let path = try folder.file("a.tar", tar.finished + [UInt8](repeating: 0, count: 300_000))
        try folder.opened(path) { descriptor in
            let unreadable = open("/dev/null", O_WRONLY | O_CLOEXEC)
            defer { close(unreadable) }
            var seen = 0
            let error = #expect(throws: ArchiveError.self) {
                try ArchiveReader.extract(
                    descriptor: descriptor,
                    into: "\(folder.path)/out",
                    watch: { _ in
                        seen += 1
                        if seen == blocks { dup2(unreadable, descriptor) }
                    }
                )
            }
            #expect(error?.code == .unreadable && error?.isEnvironment == true)
            #expect(error?.message == "the archive cannot be read: Bad file descriptor")
        }
        #expect(folder.tree("") == ["a.tar"])
    }

    @Test func `a disk that fails behind the end of an archive is to blame too`() throws {
        let folder = try Folder()
        let path = try folder.file("a", [1])
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let file = PackedFile(descriptor: descriptor, watch: nil)
        let error = #expect(throws: ArchiveError.self) { try file.drain() }
        #expect(error?.code == .unreadable)
        #expect(error?.message == "the archive cannot be read: Bad file descriptor")
    }

    @Test func `where there is no memory, the machine is to blame`() {
        for code in [ArchiveError.Code.unreadable, .unwritable] {
            let error = #expect(throws: ArchiveError.self) { try made(nil, code) }
            #expect(error?.code == code && error?.isEnvironment == true)
            #expect(error?.message == "no memory for the archive")
        }
    }

    @Test func `a call that a signal interrupts is made again, and one that fails is not`() throws {
        var calls = 0
        let result = try system(.unreadable, "it cannot be read") { () -> Int in
            calls += 1
            errno = EINTR
            return calls < 3 ? -1 : 7
        }
        #expect(result == 7 && calls == 3)
        let error = #expect(throws: ArchiveError.self) {
            try system(.unreadable, entry: "a", "it cannot be read") { () -> Int32 in
                calls += 1
                errno = EIO
                return -1
            }
        }
        #expect(error?.description == "“a”: it cannot be read: Input/output error" && calls == 4)
        // What a call says that ended well counts, not what an earlier one has left.
        try system(.unreadable, "it cannot be read") { () -> Int32 in
            calls += 1
            errno = EINTR
            return 0
        }
        #expect(calls == 5)
    }

    @Test func `a folder whose disk fails is not taken for one that ends there`() throws {
        var entry = dirent()
        entry.d_name.0 = 0x61
        for (name, words) in [("", ""), ("in", "“in”: ")] {
            var calls = 0
            let error = #expect(throws: ArchiveError.self) {
                try withUnsafeMutablePointer(to: &entry) { (entry) throws(ArchiveError) in
                    _ = try FolderListing.names(in: name) {
                        calls += 1
                        errno = calls == 1 ? 0 : EIO
                        return calls == 1 ? entry : nil
                    }
                }
            }
            #expect(error?.description == "\(words)the folder cannot be read: Input/output error")
        }
    }

    @Test func `a failure without words has some`() {
        #expect(words(nil) == "unknown error")
        #expect(words("no room") == "no room")
    }

    @Test func `a file that cannot be read, or that changes meanwhile, is not put in`() throws {
        let folder = try Folder()
        func error(_ path: String, packing: ArchivePacking = .none) -> ArchiveError? {
            #expect(throws: ArchiveError.self) {
                try ArchiveWriter.write(
                    [ArchiveContent("c", .path(path))],
                    toFile: "\(folder.path)/out",
                    packing: packing
                )
            }
        }
        // Files of size 0, one of which has something in it, and one of which cannot be read at its beginning.
        let grown = error("/proc/self/status")
        #expect(grown?.code == .unreadable && grown?.entry == "c")
        #expect(grown?.message == "the file changed while it was read")
        let memory = error("/proc/self/mem")
        #expect(memory?.description == "“c”: the file cannot be read: Input/output error")
        #expect(folder.tree("").isEmpty)
    }

    @Test func `an archive that cannot be written says so, wherever it fails`() throws {
        let folder = try Folder()
        let closed = #expect(throws: ArchiveError.self) { try ArchiveWriter.write([], to: -1, packing: .none) }
        #expect(closed?.code == .unwritable && closed?.entry == nil)
        let path = try folder.file("big", .init(repeating: 1, count: 2 << 20))
        let many = (0..<100).map { ArchiveContent("\($0)", .bytes([])) }
        // Noise, since what packs well fails only at the end.
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<(2 << 20)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let noisy = try folder.file("noise", noise)
        for (contents, packing, entry) in [
            ([ArchiveContent("a", .path(path))], .none, "a"), ([ArchiveContent("n", .path(noisy))], .gzip, "n"),
            ([ArchiveContent("b", .bytes(noise))], .zstd, "b"), ([], .none, nil),
        ] as [([ArchiveContent], ArchivePacking, String?)] {
            let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
            defer { close(full) }
            let error = #expect(throws: ArchiveError.self) {
                try ArchiveWriter.write(contents, to: full, packing: packing)
            }
            #expect(error?.code == .unwritable && error?.isEnvironment == true)
            #expect(error?.entry == entry)
            #expect(error?.message.hasPrefix("the archive cannot be written: ") == true)
        }
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let header = #expect(throws: ArchiveError.self) {
            try ArchiveWriter.write(many, to: full, packing: .none)
        }
        #expect(header?.code == .unwritable && header?.entry.flatMap { Int($0) } != nil)
        let there = #expect(throws: ArchiveError.self) {
            try ArchiveWriter.write([], toFile: path, packing: .none)
        }
        #expect(there?.message == "the file \(path) cannot be made: File exists")
        #expect(try Data(contentsOf: URL(filePath: path)).count == 2 << 20)
    }

    @Test func `a torn archive does not look whole`() throws {
        let folder = try Folder()
        let descriptor = open("\(folder.path)/a", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let contents = [ArchiveContent("a", .bytes([1])), ArchiveContent("mem", .path("/proc/self/mem"))]
        #expect(throws: ArchiveError.self) { try ArchiveWriter.write(contents, to: descriptor, packing: .none) }
        #expect(throws: ArchiveError.self) { try ArchiveReader.list(descriptor: descriptor) }
    }
}
