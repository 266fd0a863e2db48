import Foundation
import Glibc

@testable import Archives

/// A folder of a test's own, gone when the test is over.
final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "archives-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }

    /// Everything below a folder, sorted.
    func tree(_ name: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: "\(path)/\(name)")?.allObjects ?? []
        return found.compactMap { $0 as? String }.sorted()
    }

    func exists(_ name: String) -> Bool {
        var status = stat()
        return lstat("\(path)/\(name)", &status) == 0
    }

    func mode(_ name: String) -> mode_t {
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    /// Opens a file for the time of a closure.
    func opened<Value>(_ path: String, _ body: (Int32) throws -> Value) throws -> Value {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        precondition(descriptor >= 0, "\(path) cannot be opened")
        defer { close(descriptor) }
        return try body(descriptor)
    }
}

extension Folder {
    /// Makes an archive with one file, `a/b`, of so many bytes.
    func archive(of bytes: Int) throws -> String {
        var tar = TarBytes()
        tar.add("a/b", content: String(repeating: "x", count: bytes))
        return try file("a.tar", tar.finished)
    }

    /// The paths of an archive.
    func names(of archive: String) throws -> [String] {
        try opened(archive) { try ArchiveReader.list(descriptor: $0).map(\.path) }
    }

    /// The content of one file of an archive.
    func content(of name: String, in archive: String) throws -> [UInt8]? {
        try opened(archive) { try ArchiveReader.read(name, descriptor: $0) }
    }
}

/// Runs a tool that the machine has and returns what it prints.
func run(_ tool: String, _ arguments: String...) throws -> [UInt8] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Array(data)
}
