import Foundation
import Glibc
import Testing

@testable import Archives

/// What becomes of an archive in a process that may not write or open any more: each test is a process of its own.
@Suite struct ArchiveExhaustionTests {
    @Test func `a disk that is full leaves nothing behind`() async {
        await #expect(processExitsWith: .success) {
            let folder = try Folder()
            let path = try folder.archive(of: 600_000)
            _ = try folder.file("in/a", .init(repeating: 1, count: 600_000))
            // No file may grow over 400 000 bytes: the second write of 256 KiB is cut short, the third fails.
            signal(SIGXFSZ, SIG_IGN)
            let before = limitSize(to: 400_000)
            // What counts how often code is gone through writes more at the end.
            defer { limitSize(to: before) }
            let extracted = try folder.opened(path) { descriptor in
                #expect(throws: ArchiveError.self) {
                    try ArchiveReader.extract(descriptor: descriptor, into: "\(folder.path)/out")
                }
            }
            #expect(extracted?.description == "“a/b”: the file cannot be written: File too large")
            let copied = try folder.opened("\(folder.path)/in") { descriptor in
                #expect(throws: ArchiveError.self) {
                    try FolderCopy.copy(from: descriptor, into: "\(folder.path)/out")
                }
            }
            #expect(copied?.description == "“a”: the file cannot be written: File too large")
            let written = #expect(throws: ArchiveError.self) {
                try ArchiveWriter.write(
                    [ArchiveContent("in", .path("\(folder.path)/in"))],
                    toFile: "\(folder.path)/out",
                    packing: .none
                )
            }
            #expect(written?.code == .unwritable && written?.entry == "in/a")
            #expect(folder.tree("") == ["a.tar", "in", "in/a"])
        }
    }

    @Test func `nothing stays open, whether it ends well or not`() async {
        await #expect(processExitsWith: .success) {
            let folder = try Folder()
            let good = try folder.archive(of: 10)
            let bad = try folder.file("bad.tar", .init(repeating: 0x41, count: 1_000))
            _ = try folder.file("in/a/b", [1])
            let descriptors = [good, bad, "\(folder.path)/in", "/dev/null"].map { (path: String) in open(path, O_RDONLY)
            }
            func countOpen() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            let before = try countOpen()
            for limits in [ArchiveLimits.standard, ArchiveLimits(depth: 1)] {
                for (index, descriptor) in descriptors.enumerated() {
                    let out = "\(folder.path)/out\(index)\(limits.depth)"
                    _ = try? ArchiveReader.extract(descriptor: descriptor, into: out, limits: limits)
                    _ = try? ArchiveReader.list(descriptor: descriptor, limits: limits)
                    _ = try? FolderCopy.copy(from: descriptor, into: out + "copy", limits: limits)
                    let contents = [ArchiveContent("in", .path("\(folder.path)/in"))]
                    _ = try? ArchiveWriter.write(contents, toFile: out + ".tar", packing: .zstd, limits: limits)
                }
            }
            #expect(try countOpen() == before)
            #expect(folder.exists("out032/a/b") && folder.exists("out232copy/a/b") && folder.exists("out032.tar"))
            #expect(!folder.exists("out01") && !folder.exists("out21copy") && !folder.exists("out01.tar"))
        }
    }

    @Test func `where no more files can be opened, nothing is left behind`() async {
        await #expect(processExitsWith: .success) {
            let folder = try Folder()
            let path = try folder.archive(of: 10)
            _ = try folder.file("in/a", [1])
            let archive = open(path, O_RDONLY)
            let source = open("\(folder.path)/in", O_RDONLY | O_DIRECTORY)
            let sink = open("/dev/null", O_WRONLY)
            limitFiles(to: 64)
            /// What it says with so many more files, which must be one for every file that it opens at a time.
            func message(left: Int, _ body: () throws(ArchiveError) -> Void) -> String? {
                var spare: [Int32] = []
                while case let descriptor = open("/dev/null", O_RDONLY), descriptor >= 0 { spare.append(descriptor) }
                for descriptor in spare.suffix(left) { close(descriptor) }
                defer { for descriptor in spare.dropLast(left) { close(descriptor) } }
                do throws(ArchiveError) {
                    try body()
                    return nil
                } catch {
                    #expect(error.isEnvironment)
                    #expect(!folder.exists("out"))
                    return error.description
                }
            }
            let full = "Too many open files"
            for (left, expected) in [
                "the folder \(folder.path)/out cannot be opened: \(full)", "“a/b”: the file cannot be made: \(full)",
            ].enumerated() {
                let found = message(left: left) { () throws(ArchiveError) in
                    try ArchiveReader.extract(descriptor: archive, into: "\(folder.path)/out")
                }
                #expect(found == expected)
            }
            for (left, expected) in [
                "the folder \(folder.path)/out cannot be opened: \(full)", "the folder cannot be read: \(full)",
                "“a”: the file cannot be made: \(full)",
            ].enumerated() {
                let found = message(left: left) { () throws(ArchiveError) in
                    try FolderCopy.copy(from: source, into: "\(folder.path)/out")
                }
                #expect(found == expected)
            }
            for (name, words) in [
                ("c", "“c”: the folder cannot be read"), (".", "“\(folder.path)/in”: the folder cannot be read"),
            ] {
                let found = message(left: 0) { () throws(ArchiveError) in
                    let contents = [ArchiveContent(name, .path("\(folder.path)/in"))]
                    try ArchiveWriter.write(contents, to: sink, packing: .none)
                }
                #expect(found == "\(words): \(full)")
            }
            let unread = message(left: 0) { () throws(ArchiveError) in
                try ArchiveWriter.write([ArchiveContent("c", .path(path))], to: sink, packing: .none)
            }
            #expect(unread == "“c”: the file cannot be read: \(full)")
            // With what they need they do it.
            try ArchiveReader.extract(descriptor: archive, into: "\(folder.path)/out")
        }
    }
}

/// Limits how many files this process may have open.
private func limitFiles(to count: Int) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = rlim_t(count)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

/// Limits how large a file may become that this process writes, in bytes; returns what the limit was.
@discardableResult
private func limitSize(to bytes: rlim_t) -> rlim_t {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    let before = limit.rlim_cur
    limit.rlim_cur = bytes
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    return before
}
