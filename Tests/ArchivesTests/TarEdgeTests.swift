import Testing

@testable import Archives

/// What a tar archive may just still say, and what not any more.
@Suite struct TarEdgeTests {
    @Test(arguments: [
        "x comment=a\n", "11 path=a\n", "8path=a\n\n", "10 path=a\nx", "8 pathaa\n", "999999999 path=a\n", "2 a", "3 =",
        "-8 path=a\n", "7 path=a\n",
    ])
    func `an extended header that cannot be read is refused`(record: String) throws {
        let error = try refusal {
            $0.add(Array("x".utf8), type: "x", content: Array(record.utf8)); $0.add("a")
        }
        #expect(error?.code == .malformed)
        #expect(error?.message == "an extended header cannot be read")
    }

    @Test func `an extended header may say a name and a size, each once`() throws {
        func refusal(_ records: [String], content: Int = 3) throws -> ArchiveError? {
            var tar = TarBytes()
            tar.add(Array("x".utf8), type: "x", content: Array(records.joined().utf8))
            tar.add(Array("cut".utf8), content: [1, 2, 3], size: content)
            return try ArchivesTests.refusal(tar.finished)
        }
        #expect(try refusal(["9 path=b\n"]) == nil)
        #expect(try refusal(["9 path=b\n", "9 path=c\n"])?.message == "an extended header names an entry twice")
        #expect(try refusal(["9 size=3\n"], content: 0) == nil)
        #expect(try refusal(["00000016 path=b\n"]) == nil)
        #expect(try refusal(["000000017 path=b\n"])?.message == "an extended header cannot be read")
        for key in ["path", "size"] {
            let error = try ArchivesTests.refusal {
                $0.addPax(key, [0x30], type: "g"); $0.add("a")
            }
            #expect(error?.message == "a global header names an entry")
        }
        #expect(
            try ArchivesTests.refusal {
                $0.addPax("size", [0x30]); $0.add("a")
            } == nil
        )
        #expect(
            try refusal(["9 size=3\n", "9 size=3\n"])?.message == "an extended header has a size that cannot be read"
        )
        for size in ["+3", "-3", "x", "", "9223372036854775808"] {
            let error = try ArchivesTests.refusal {
                $0.addPax("size", Array(size.utf8)); $0.add("a", content: "abc")
            }
            #expect(error?.message == "an extended header has a size that cannot be read", "\(size)")
        }
        #expect(try refusal(["13 comment=ü\n", "9 path=b\n"])?.code == .malformed)
        #expect(try refusal(["14 comment=ü\n", "9 path=b\n"]) == nil)
    }

    @Test func `the size in an extended header is the one that counts`() throws {
        var tar = TarBytes()
        tar.addPax("size", Array("600".utf8))
        tar.add(Array("a".utf8), content: Array(repeating: 7, count: 600), size: 1)
        tar.add("b", content: "y")
        let folder = try Folder()
        let path = try folder.file("a.tar", tar.finished)
        #expect(try folder.names(of: path) == ["a", "b"])
        #expect(try folder.content(of: "a", in: path) == [UInt8](repeating: 7, count: 600))
        #expect(try folder.content(of: "b", in: path) == [0x79])
    }

    @Test func `blanks belong to a name, and what is refused in one is named`() throws {
        let folder = try Folder()
        var tar = TarBytes()
        tar.add(" a b ", content: "x")
        #expect(try folder.names(of: try folder.file("a.tar", tar.finished)) == [" a b "])
        func message(_ name: [UInt8], type: Character = "0") throws -> String? {
            let error = try refusal {
                $0.addPax("path", name); $0.add(Array("a".utf8), type: type)
            }
            #expect(error?.code == .unsafeName)
            return error?.message
        }
        #expect(try message([0x61, 0]) == "a NUL in its name")
        #expect(try message([0x61, 0xFF]) == "its name is not UTF-8")
        #expect(try message([0x61, 0x1F]) == "a control character in its name")
        #expect(try message([0x61, 0x7F]) == "a control character in its name")
        #expect(try message([], type: "5") == "it has no name")
        #expect(try message(Array("/a".utf8)) == "its name begins at the root of the machine")
        #expect(try message(Array("a/../b".utf8)) == "“..” in its name")
    }

    @Test func `extended headers count for the next entry alone`() throws {
        var tar = TarBytes()
        tar.addPax("path", Array("./".utf8))
        tar.add("root", type: "5")
        tar.add("a", content: "x")
        tar.add(Array("././@LongLink".utf8), type: "L", content: Array("./".utf8), magic: "ustar  \u{0}")
        tar.add("root", type: "5")
        tar.add("b")
        let folder = try Folder()
        let path = try folder.file("a.tar", tar.finished)
        #expect(try folder.names(of: path) == ["a", "b"])
        #expect(try refusal { $0.add(Array("l".utf8), type: "L", content: Array("long".utf8)) }?.code == .truncated)
    }

    @Test func `sizes are octal, or binary where they are large`() throws {
        func refusal(size field: [UInt8], content: Int = 0) throws -> ArchiveError? {
            var tar = TarBytes()
            tar.add(Array("a".utf8), content: .init(repeating: 1, count: content)) { block in
                for (index, byte) in field.enumerated() { block[124 + index] = byte }
            }
            return try ArchivesTests.refusal(tar.finished)
        }
        let zeros = [UInt8](repeating: 0, count: 8)
        #expect(try refusal(size: Array("        12 \u{0}".utf8), content: 10) == nil)
        #expect(
            try refusal(size: Array("12\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}".utf8), content: 10) == nil
        )
        #expect(try refusal(size: [0x80, 0, 0] + zeros + [10], content: 10) == nil)
        #expect(try refusal(size: [0x80, 0, 0] + zeros.dropLast() + [1, 1], content: 257) == nil)
        let wrong = "its size cannot be read"
        #expect(try refusal(size: [0x81, 0, 0] + zeros + [10], content: 10)?.message == wrong)
        #expect(try refusal(size: [0x80, 1] + zeros + [0, 0])?.message == wrong)
        #expect(try refusal(size: [0x80, 0, 0, 0, 0x80] + zeros.dropLast())?.message == wrong)
        #expect(try refusal(size: [0x80, 0, 0, 0, 0x7F] + zeros.dropLast())?.code == .limit)
        #expect(try refusal(size: Array("1 2        \u{0}".utf8))?.message == wrong)
        #expect(try refusal(size: Array("8          \u{0}".utf8))?.message == wrong)
        #expect(try refusal(size: Array("/          \u{0}".utf8))?.message == wrong)
    }

    @Test func `a checksum may be of signed bytes, and must be one`() throws {
        func refusal(_ name: [UInt8], sum: (inout [UInt8]) -> Void) throws -> ArchiveError? {
            var tar = TarBytes()
            tar.add(name)
            var bytes = tar.finished
            sum(&bytes)
            return try ArchivesTests.refusal(bytes)
        }
        func write(_ sum: Int, _ bytes: inout [UInt8]) {
            let digits = String(sum, radix: 8)
            let field = Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8) + [0, 0x20]
            bytes.replaceSubrange(148..<156, with: field)
        }
        func sum(_ bytes: [UInt8], signed: Bool) -> Int {
            bytes.prefix(512).enumerated().reduce(0) { sum, next in
                let byte = (148..<156).contains(next.offset) ? 0x20 : next.element
                return sum + (signed ? Int(Int8(bitPattern: byte)) : Int(byte))
            }
        }
        let name = Array("ü".utf8)
        #expect(try refusal(name) { write(sum($0, signed: true), &$0) } == nil)
        #expect(try refusal(name) { write(sum($0, signed: false), &$0) } == nil)
        #expect(
            try refusal(name) { write(sum($0, signed: false) + 1, &$0) }?.message == "a header has a wrong checksum"
        )
        let none = try refusal(name) { $0[148] = 0x39 }
        #expect(none?.message == "a header has no checksum; the file is no tar archive")
    }

    @Test func `old archives without a magic word are read, and have no prefix`() throws {
        var tar = TarBytes()
        tar.add(Array("old".utf8), magic: "") { block in block[345] = 0x70 }
        tar.add(Array("gnu".utf8), magic: "ustar  \u{0}") { block in block[345] = 0x70 }
        let folder = try Folder()
        #expect(try folder.names(of: try folder.file("a.tar", tar.finished)) == ["old", "gnu"])
        for magic in ["ustax\u{0}", "u", "\u{0}\u{0}\u{0}\u{0}\u{0}r"] {
            #expect(try refusal { $0.add(Array("a".utf8), magic: magic) }?.message == "a header is not a tar header")
        }
        let hidden = try refusal {
            $0.add(Array("a".utf8)) { block in
                block[345] = 0x70
                block[347] = 0x70
            }
        }
        #expect(hidden?.code == .unsafeName && hidden?.message == "a NUL in its name")
    }

    @Test func `what ends within a file or an extended header is truncated, however it is read`() throws {
        let folder = try Folder()
        var tar = TarBytes()
        tar.add("a", content: String(repeating: "x", count: 600))
        let torn = try folder.file("torn.tar", Array(tar.bytes.prefix(1000)))
        try folder.opened(torn) { descriptor in
            let error = #expect(throws: ArchiveError.self) { try ArchiveReader.read("a", descriptor: descriptor) }
            #expect(error?.code == .truncated)
        }
        var long = TarBytes()
        long.add(Array("x".utf8), type: "x", content: Array("9 path=b\n".utf8))
        for length in [513, 521, 1000, 1023] {
            let error = try refusal(Array(long.bytes.prefix(length)))
            #expect(error?.code == .truncated)
            #expect(error?.message == "the archive ends in an extended header")
        }
    }

    @Test func `behind a file that was read, whole or in part or not at all, comes the next`() throws {
        var tar = TarBytes()
        for name in ["a", "b", "c", "d"] { tar.add(name, content: String(repeating: name, count: 700)) }
        let folder = try Folder()
        try folder.opened(try folder.file("a.tar", tar.finished)) { descriptor in
            var reader = try TarReader(descriptor: descriptor, limits: .standard)
            var seen: [String?] = []
            for (index, name) in ["a", "b", "c", "d"].enumerated() {
                seen.append(try reader.next()?.path)
                let bytes: [UInt8]
                switch index {
                case 0: bytes = try reader.readAll(size: 700)
                case 1:
                    var part = [UInt8](repeating: 0, count: 99)
                    let count = try part.withUnsafeMutableBytes { (buffer) throws(ArchiveError) in
                        try reader.read(into: buffer)
                    }
                    bytes = Array(part.prefix(count))
                default: bytes = []
                }
                #expect(bytes == [UInt8](repeating: Array(name.utf8)[0], count: [700, 99, 0, 0][index]))
            }
            seen.append(try reader.next()?.path)
            #expect(seen == ["a", "b", "c", "d", nil])
        }
    }

    @Test func `zeros may follow the end, up to a mebibyte, and nothing else`() throws {
        var tar = TarBytes()
        tar.add("a", content: "x")
        let end = tar.bytes + [UInt8](repeating: 0, count: 512)
        #expect(try refusal(end) == nil)
        #expect(try refusal(end + [UInt8](repeating: 0, count: 1 << 20)) == nil)
        let long = try refusal(end + [UInt8](repeating: 0, count: 1 << 20 + 1))
        #expect(long?.message == "something follows the end of the archive")
        let late = try refusal(end + [UInt8](repeating: 0, count: 900_000) + [1])
        #expect(late?.message == "something follows the end of the archive")
    }

    @Test func `limits are met and not passed`() throws {
        func refusal(_ limits: ArchiveLimits, _ make: (inout TarBytes) -> Void) throws -> ArchiveError.Code? {
            var tar = TarBytes()
            make(&tar)
            return try ArchivesTests.refusal(tar.finished, limits: limits)?.code
        }
        for (limit, code) in [(3, nil), (2, .limit)] as [(Int, ArchiveError.Code?)] {
            #expect(
                try refusal(ArchiveLimits(entries: limit)) {
                    $0.add("a"); $0.add("b/", type: "5"); $0.add("c")
                } == code
            )
            #expect(try refusal(ArchiveLimits(nameBytes: limit)) { $0.add("abc") } == code)
            #expect(try refusal(ArchiveLimits(depth: limit)) { $0.add("a/./b//c") } == code)
        }
        // Of headers that extend others there may be three for every entry.
        for (count, code) in [(6, nil), (7, .limit)] as [(Int, ArchiveError.Code?)] {
            #expect(
                try refusal(ArchiveLimits(entries: 2)) {
                    for _ in 0..<count { $0.addPax("comment", [0x61]) }
                } == code
            )
        }
        let part = String(repeating: "a", count: 255)
        #expect(
            try refusal(.standard) {
                $0.addPax("path", Array(part.utf8)); $0.add("a")
            } == nil
        )
        #expect(
            try refusal(.standard) {
                $0.addPax("path", Array((part + "b").utf8)); $0.add("a")
            } == .limit
        )
        #expect(
            try refusal(.standard) {
                $0.addPax("comment", .init(repeating: 0x61, count: 65_521)); $0.add("a")
            } == nil
        )
        #expect(
            try refusal(.standard) {
                $0.addPax("comment", .init(repeating: 0x61, count: 65_522)); $0.add("a")
            } == .limit
        )
    }
}
