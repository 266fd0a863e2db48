import Foundation
import Testing

@testable import Archives

@Suite struct ArchiveReaderTests {
    @Test func `files and folders are unpacked with fixed modes`() throws {
        var tar = TarBytes()
        tar.add("./", type: "5")
        tar.add("./a/", type: "5")
        tar.add("./a/b.txt", content: "hello")
        tar.add("c/d/e", content: String(repeating: "x", count: 70_000))
        tar.add("c/", type: "5")
        tar.add("empty")
        let folder = try Folder()
        let path = try folder.file("a.tar", tar.finished)
        try folder.opened(path) { descriptor in
            let entries = try ArchiveReader.extract(descriptor: descriptor, into: "\(folder.path)/out")
            #expect(entries.map(\.path) == ["a", "a/b.txt", "c/d/e", "c", "empty"])
            #expect(entries[1].kind == .file(bytes: 5))
            #expect(throws: ArchiveError.self) { try ArchiveReader.read("c/d/e", descriptor: descriptor, maximum: 100) }
            try ArchiveReader.extract(descriptor: descriptor, into: "\(folder.path)/open", modes: .shared)
        }
        #expect(try folder.names(of: path) == ["a", "a/b.txt", "c/d/e", "c", "empty"])
        #expect(try folder.content(of: "a/b.txt", in: path) == Array("hello".utf8))
        #expect(try folder.content(of: "nothing", in: path) == nil)
        #expect(folder.tree("out") == ["a", "a/b.txt", "c", "c/d", "c/d/e", "empty"])
        #expect(try Data(contentsOf: URL(filePath: "\(folder.path)/out/c/d/e")).count == 70_000)
        #expect(folder.mode("out") == 0o700 && folder.mode("out/a") == 0o700 && folder.mode("out/a/b.txt") == 0o600)
        #expect(folder.mode("open") == 0o755 && folder.mode("open/c/d") == 0o755 && folder.mode("open/empty") == 0o644)
    }

    @Test func `long names come in three ways`() throws {
        let long = String(repeating: "n", count: 90) + "/" + String(repeating: "m", count: 120)
        var tar = TarBytes()
        tar.add(Array("././@LongLink".utf8), type: "L", content: Array(long.utf8) + [0], magic: "ustar  \u{0}")
        tar.add(Array("cut".utf8), content: [1], magic: "ustar  \u{0}")
        tar.addPax("path", Array("päx/name".utf8))
        tar.add("cut", content: "2")
        tar.add(Array("leaf".utf8), content: [3]) { block in
            for (index, byte) in "some/prefix".utf8.enumerated() { block[345 + index] = byte }
        }
        let folder = try Folder()
        let path = try folder.file("a.tar", tar.finished)
        #expect(try folder.names(of: path) == [long, "päx/name", "some/prefix/leaf"])
    }

    @Test(arguments: ["gzip", "zstd"]) func `packed archives are read as the tools write them`(_ tool: String) throws {
        var tar = TarBytes()
        tar.add("a.txt", content: "hello")
        let folder = try Folder()
        let plain = try folder.file("a.tar", tar.finished)
        let packed = try folder.file("a.tar.packed", run(tool, "-c", plain))
        #expect(try folder.content(of: "a.txt", in: packed) == Array("hello".utf8))
        let bytes = try run(tool, "-c", plain)
        for length in [0, 1, 10, bytes.count / 2, bytes.count - 1] {
            #expect(try refusal(Array(bytes.prefix(length))) != nil, "\(length)")
        }
    }

    @Test func `archives of GNU tar and of Python are read`() throws {
        let folder = try Folder()
        _ = try folder.file("in/a/ü.txt", Array("hello".utf8))
        _ = try folder.file("in/" + String(repeating: "l", count: 200), [1])
        let expected = ["a", "a/ü.txt", String(repeating: "l", count: 200)]
        for format in ["gnu", "pax", "ustar"] {
            _ = try run(
                "tar",
                "-C",
                "\(folder.path)/in",
                "--format",
                format,
                "-cf",
                "\(folder.path)/\(format).tar",
                "."
            )
        }
        for format in ["gnu", "pax"] {
            #expect(try folder.names(of: "\(folder.path)/\(format).tar").sorted() == expected)
        }
    }

    @Test(arguments: [
        "../a", "a/../b", "..", "a/..", "/a", "//a", "/", "a\nb", "a\u{1B}[31m", "a\u{7F}",
    ])
    func `names that lead out or are none are refused`(_ name: String) throws {
        let error = try refusal { $0.add(name, content: "x") }
        #expect(error?.code == .unsafeName)
        #expect(error?.entry != nil)
        #expect(error?.description.contains("\u{1B}") == false)
        #expect(
            try refusal {
                $0.addPax("path", Array(name.utf8)); $0.add("a")
            }?.code == .unsafeName
        )
    }

    @Test func `names with a NUL or that are not UTF-8 are refused`() throws {
        #expect(try refusal { $0.add(Array("a".utf8) + [0] + Array("b".utf8)) }?.code == .unsafeName)
        #expect(
            try refusal {
                $0.addPax("path", [0x61, 0, 0x62]); $0.add("a")
            }?.code == .unsafeName
        )
        #expect(try refusal { $0.add([0x61, 0xFF]) }?.code == .unsafeName)
        #expect(
            try refusal {
                $0.addPax("path", [0xC3, 0x28]); $0.add("a")
            }?.code == .unsafeName
        )
        #expect(try refusal { $0.add("") }?.code == .unsafeName)
        #expect(
            try refusal {
                $0.add("./"); $0.add(".", content: "x")
            }?.code == .unsafeName
        )
    }

    @Test(
        arguments: [
            ("1", "a hard link"), ("2", "a symbolic link"), ("3", "a device"), ("4", "a device"), ("6", "a pipe"),
            ("7", "neither a file nor a folder"), ("S", "neither a file nor a folder"), ("K", "neither"),
            ("D", "neither"),
            ("M", "neither"), ("V", "neither"),
        ] as [(Character, String)]
    )
    func `links, devices and other kinds are refused`(_ type: Character, _ words: String) throws {
        let error = try refusal {
            $0.add("fine", content: "x")
            $0.add("evil", type: type, link: "/etc/passwd")
        }
        #expect(error?.code == .unsafeKind)
        #expect(error?.entry == "evil")
        #expect(error?.message.hasPrefix(words) == true)
    }

    @Test func `sparse files and headers that name what they must not are refused`() throws {
        #expect(
            try refusal {
                $0.addPax("GNU.sparse.major", [0x31]); $0.add("a")
            }?.code == .unsafeKind
        )
        #expect(
            try refusal {
                $0.addPax("path", [0x61], type: "g"); $0.add("b")
            }?.code == .malformed
        )
        #expect(
            try refusal {
                $0.addPax("size", Array("-1".utf8)); $0.add("b")
            }?.code == .malformed
        )
        #expect(
            try refusal {
                $0.addPax("comment", Array("fine".utf8), type: "g"); $0.add("b")
            } == nil
        )
        #expect(try refusal { $0.addPax("path", [0x61]) }?.code == .truncated)
    }

    @Test(arguments: [
        ["a", "a"], ["./a", "a"], ["a", "a/"], ["a/", "a/"], ["a/b", "a"], ["a", "a/b"], ["a//b", "a/b"],
        ["a/./b", "a/b"], ["a/b/c", "a/b"],
    ])
    func `duplicates are refused in every spelling`(_ names: [String]) throws {
        let error = try refusal { tar in
            for name in names { tar.add(name, content: name.hasSuffix("/") ? "" : "x") }
        }
        #expect(error?.code == .duplicate)
        #expect(error?.entry != nil)
    }

    @Test func `a folder may be named after what is in it`() throws {
        #expect(
            try refusal {
                $0.add("a/b", content: "x"); $0.add("a/", type: "5")
            } == nil
        )
    }

    @Test func `truncated and torn archives are refused wherever they end`() throws {
        var tar = TarBytes()
        tar.add("a", content: String(repeating: "x", count: 600))
        tar.add("b", content: "y")
        let bytes = tar.finished
        for length in [0, 1, 100, 512, 600, 1024, 1200, 1536, 1600, 2048, 2560] {
            #expect(try refusal(Array(bytes.prefix(length)))?.code == .truncated, "\(length)")
        }
        #expect(try refusal(Array(bytes.prefix(3072))) == nil)
        #expect(try refusal(bytes + [UInt8](repeating: 0, count: 10_240)) == nil)
        #expect(try refusal(bytes + tar.finished)?.code == .malformed)
        #expect(try refusal(bytes + [1])?.code == .malformed)
    }

    @Test func `what is no tar archive is refused`() throws {
        #expect(try refusal(Array(repeating: 0x41, count: 5_000))?.code == .malformed)
        #expect(try refusal(Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 7, count: 2_000))?.code == .malformed)
        var tar = TarBytes()
        tar.add("a", content: "x")
        var bytes = tar.finished
        bytes[0] ^= 1
        #expect(try refusal(bytes)?.message == "a header has a wrong checksum")
        #expect(try refusal { $0.add(Array("a".utf8), magic: "nope") }?.code == .malformed)
        #expect(try refusal { $0.add(Array("a/".utf8), type: "5", content: [1]) }?.code == .malformed)
        #expect(try refusal { $0.add(Array("a".utf8)) { $0[124] = 0xFF } }?.message == "its size cannot be read")
        #expect(try refusal { $0.add(Array("a".utf8)) { $0[124] = 0x39 } }?.message == "its size cannot be read")
    }

    @Test func `random damage never gets past silently or leaves anything`() throws {
        var tar = TarBytes()
        tar.add("a/b", content: "hello")
        tar.addPax("path", Array("long".utf8))
        tar.add("c", content: String(repeating: "z", count: 700))
        let bytes = tar.finished
        var state: UInt64 = 1
        for _ in 0..<150 {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            var damaged = bytes
            damaged[Int(state >> 33) % bytes.count] ^= UInt8(truncatingIfNeeded: state >> 20) | 1
            _ = try refusal(damaged)
        }
    }

    @Test func `a folder that exists is not touched`() throws {
        var tar = TarBytes()
        tar.add("a", content: "x")
        let folder = try Folder()
        let path = try folder.file("a.tar", tar.finished)
        _ = try folder.file("out/mine", [1])
        try folder.opened(path) { descriptor in
            let error = #expect(throws: ArchiveError.self) {
                try ArchiveReader.extract(descriptor: descriptor, into: "\(folder.path)/out")
            }
            #expect(error?.code == .unwritable)
            #expect(error?.isEnvironment == true)
        }
        #expect(folder.tree("out") == ["mine"])
    }
}
