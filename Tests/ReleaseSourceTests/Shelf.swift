import Foundation
import Glibc
import Testing
import UpgradeModel

@testable import ReleaseSource

/// A source of releases in a folder of a test's own, gone when the test is over.
final class Shelf {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "source-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(path)/source", withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var source: DirectorySource { DirectorySource(path: "\(path)/source") }

    /// Writes a file below the source.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/source/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: URL(filePath: file))
        return file
    }

    /// Packs a folder of a few files into a package of the source and returns its SHA-256.
    func pack(_ name: String, files: [String: String] = ["release.yaml": "kind: Release\n"]) throws -> String {
        for (file, text) in files { try write("../work/\(file)", text) }
        try run("tar", "-C", "\(path)/work", "-czf", "\(path)/source/\(name)", ".")
        return try run("sha256sum", "\(path)/source/\(name)").prefix(64).description
    }

    func bytes(of name: String) throws -> Int64 {
        Int64(try Data(contentsOf: URL(filePath: "\(path)/source/\(name)")).count)
    }

    /// A release whose package is said to be so.
    func release(_ reference: PackageReference?) throws -> Release {
        Release(version: try ReleaseVersion("1.0"), package: reference)
    }

    /// The code of the trouble that a package makes; nil where it is unpacked. A refused one leaves nothing.
    func trouble(_ reference: PackageReference?) throws -> Trouble? {
        let release = try release(reference)
        do throws(Trouble) {
            try source.package(of: release, into: "\(path)/out")
            return nil
        } catch {
            #expect(!FileManager.default.fileExists(atPath: "\(path)/out"))
            #expect(!error.changed)
            return error
        }
    }

    @discardableResult
    func run(_ tool: String, _ arguments: String...) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }
}
