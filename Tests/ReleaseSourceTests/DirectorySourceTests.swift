import Foundation
import Glibc
import Testing
import UpgradeModel

@testable import ReleaseSource

@Suite struct DirectorySourceTests {
    @Test func `the catalog of a folder is read`() throws {
        let shelf = try Shelf()
        #expect(throws: Trouble.self) { try shelf.source.catalog() }
        try shelf.write("index.yaml", "entries: {demo: [{version: 1.0.0, appVersion: 1.0.0}]}")
        #expect(try shelf.source.catalog().header.format == .helmIndex)
        try shelf.write("catalog.json", #"{"catalog":1,"releases":[{"version":"1.0","releasedAt":"2026-01-01"}]}"#)
        #expect(try shelf.source.catalog().header.format == .catalog)
        let absent = #expect(throws: Trouble.self) { try DirectorySource(path: "/nowhere").catalog() }
        #expect(absent?.code == "source-unavailable" && absent?.blame == .environment)
    }

    @Test func `a package that is what the catalog says is unpacked`() throws {
        let shelf = try Shelf()
        let digest = try shelf.pack("1.0.tar.gz", files: ["release.yaml": "a", "images/x.tar": "b"])
        let bytes = try shelf.bytes(of: "1.0.tar.gz")
        let reference = PackageReference(path: "./1.0.tar.gz", sha256: ContentDigest(digest), bytes: bytes)
        #expect(try shelf.trouble(reference) == nil)
        #expect(try String(contentsOfFile: "\(shelf.path)/out/images/x.tar", encoding: .utf8) == "b")
        // A folder that is there already is never touched.
        let again = #expect(throws: Trouble.self) {
            try shelf.source.package(of: shelf.release(reference), into: "\(shelf.path)/out")
        }
        #expect(again?.blame == .environment)
        #expect(FileManager.default.fileExists(atPath: "\(shelf.path)/out/release.yaml"))
    }

    @Test func `a wrong digest and a wrong size are the release's fault`() throws {
        let shelf = try Shelf()
        let digest = try shelf.pack("1.0.tar.gz")
        let bytes = try shelf.bytes(of: "1.0.tar.gz")
        let wrong = ContentDigest(String(repeating: "0", count: 64))
        let mismatch = try shelf.trouble(PackageReference(path: "1.0.tar.gz", sha256: wrong, bytes: bytes))
        #expect(mismatch?.blame == .release && mismatch?.code == "package-digest-mismatch")
        #expect(mismatch?.message.contains(digest) == true)
        let size = try shelf.trouble(
            PackageReference(path: "1.0.tar.gz", sha256: ContentDigest(digest), bytes: bytes + 1)
        )
        #expect(size?.code == "package-digest-mismatch")
        let none = try shelf.trouble(PackageReference(path: "1.0.tar.gz"))
        #expect(none?.blame == .release && none?.code == "package-invalid")
    }

    @Test func `a package that is missing or not named is the release's fault`() throws {
        let shelf = try Shelf()
        for reference in [
            nil, PackageReference(path: "2.0.tar.gz"), PackageReference(path: "a/b/2.0.tar.gz"),
            PackageReference(path: "/etc/hostname"), PackageReference(path: "../work"),
            PackageReference(path: "a/../b"),
            PackageReference(path: "https://example.com/a.tgz"), PackageReference(path: "."),
            PackageReference(path: ""),
        ] {
            let trouble = try shelf.trouble(reference)
            #expect(trouble?.blame == .release && trouble?.code == "package-missing", "\(reference?.path ?? "nil")")
        }
    }

    @Test func `links never lead out of the source`() throws {
        let shelf = try Shelf()
        let digest = try shelf.pack("1.0.tar.gz")
        #expect(symlink("1.0.tar.gz", "\(shelf.path)/source/link.tar.gz") == 0)
        #expect(symlink("..", "\(shelf.path)/source/up") == 0)
        for path in ["link.tar.gz", "up/source/1.0.tar.gz"] {
            let trouble = try shelf.trouble(PackageReference(path: path, sha256: ContentDigest(digest)))
            #expect(trouble?.code == "package-missing", "\(path)")
        }
    }

    @Test func `a hostile package with the right digest is refused by name`() throws {
        let shelf = try Shelf()
        try shelf.write("../work/fine", "x")
        #expect(symlink("/etc/passwd", "\(shelf.path)/work/evil") == 0)
        let digest = try shelf.pack("1.0.tar.gz")
        let trouble = try shelf.trouble(PackageReference(path: "1.0.tar.gz", sha256: ContentDigest(digest)))
        #expect(trouble?.code == "package-invalid")
        #expect(trouble?.message.contains("evil”: a symbolic link") == true)
    }

    @Test func `a folder is a package where the catalog gives no digest`() throws {
        let shelf = try Shelf()
        try shelf.write("1.0/release.yaml", "a")
        try shelf.write("1.0/images/x.tar", "b")
        let digest = ContentDigest(String(repeating: "0", count: 64))
        #expect(try shelf.trouble(PackageReference(path: "1.0", sha256: digest))?.code == "package-invalid")
        #expect(try shelf.trouble(PackageReference(path: "1.0")) == nil)
        #expect(try String(contentsOfFile: "\(shelf.path)/out/images/x.tar", encoding: .utf8) == "b")
        #expect(mkfifo("\(shelf.path)/source/1.0/pipe", 0o600) == 0)
        try FileManager.default.removeItem(atPath: "\(shelf.path)/out")
        #expect(try shelf.trouble(PackageReference(path: "1.0"))?.message.contains("pipe") == true)
        unlink("\(shelf.path)/source/1.0/pipe")
        #expect(symlink("/etc", "\(shelf.path)/source/1.0/etc") == 0)
        #expect(try shelf.trouble(PackageReference(path: "1.0"))?.message.contains("a symbolic link") == true)
    }

    @Test func `a disk that cannot be written is the machine's fault`() throws {
        let shelf = try Shelf()
        let digest = try shelf.pack("1.0.tar.gz")
        let release = try shelf.release(PackageReference(path: "1.0.tar.gz", sha256: ContentDigest(digest)))
        let trouble = #expect(throws: Trouble.self) {
            try shelf.source.package(of: release, into: "\(shelf.path)/no/such/parent")
        }
        #expect(trouble?.blame == .environment && trouble?.code == "package-unpack-failed")
    }
}
