/// One header block of a tar archive, as it stands there.
struct TarHeader {
    static let blockSize = 512

    /// The name as bytes: prefix and name joined.
    var name: [UInt8]
    var size: Int64
    var type: UInt8

    /// Reads a block; nil for one that is all zeros.
    static func read(_ block: [UInt8]) throws(ArchiveError) -> TarHeader? {
        if block.allSatisfy({ $0 == 0 }) { return nil }
        try verifyChecksum(block)
        let magic = Array(block[257..<263])
        let isPOSIX = magic == Array("ustar\u{0}".utf8)
        let isGNU = magic == Array("ustar ".utf8)
        guard isPOSIX || isGNU || magic.allSatisfy({ $0 == 0 }) else {
            throw ArchiveError(.malformed, "a header is not a tar header")
        }
        var name = try text(block[0..<100], of: "name")
        // GNU uses the place of the prefix for other things.
        let prefix = isPOSIX ? try text(block[345..<500], of: "name") : []
        if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        let shown = String(decoding: name, as: UTF8.self)
        guard let size = number(block[124..<136]) else {
            throw ArchiveError(.malformed, entry: shown, "its size cannot be read")
        }
        return TarHeader(name: name, size: size, type: block[156])
    }

    /// A text field: it ends at the first NUL, and nothing may hide behind that.
    private static func text(_ field: ArraySlice<UInt8>, of what: String) throws(ArchiveError) -> [UInt8] {
        let text = field.prefix { $0 != 0 }
        guard field.dropFirst(text.count).allSatisfy({ $0 == 0 }) else {
            throw ArchiveError(.unsafeName, entry: String(decoding: field, as: UTF8.self), "a NUL in its \(what)")
        }
        return Array(text)
    }

    private static func verifyChecksum(_ block: [UInt8]) throws(ArchiveError) {
        guard let expected = number(block[148..<156]) else {
            throw ArchiveError(.malformed, "a header has no checksum; the file is no tar archive")
        }
        var unsigned: Int64 = 0
        var signed: Int64 = 0
        for (index, byte) in block.enumerated() {
            let counted = (148..<156).contains(index) ? UInt8(ascii: " ") : byte
            unsigned += Int64(counted)
            signed += Int64(Int8(bitPattern: counted))
        }
        // Some old tars summed signed bytes.
        guard expected == unsigned || expected == signed else {
            throw ArchiveError(.malformed, "a header has a wrong checksum")
        }
    }

    /// An octal number between blanks, or a binary one as GNU writes large sizes; nil for anything else.
    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        let first = field[field.startIndex]
        if first & 0x80 != 0 {
            guard first == 0x80 else { return nil }
            var number: Int64 = 0
            for byte in field.dropFirst() {
                guard number >> 55 == 0 else { return nil }
                number = number << 8 | Int64(byte)
            }
            return number
        }
        let blanks: Set<UInt8> = [0, UInt8(ascii: " ")]
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { !blanks.contains($0) }
        let rest = field[digits.endIndex...]
        let octal = UInt8(ascii: "0")...UInt8(ascii: "7")
        guard rest.allSatisfy(blanks.contains), digits.allSatisfy(octal.contains) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int64($1 - UInt8(ascii: "0")) }
    }
}

/// The records of a pax header that change what an entry is.
struct PaxRecords {
    var path: [UInt8]?
    var size: Int64?

    /// Reads records of the form `length key=value\n`.
    static func read(_ bytes: [UInt8]) throws(ArchiveError) -> PaxRecords {
        var records = PaxRecords()
        var rest = bytes[0...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            guard digits.count <= 8, let length = UInt32(String(decoding: digits, as: UTF8.self)), length <= rest.count
            else { throw ArchiveError(.malformed, "an extended header cannot be read") }
            let record = rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
            guard record.last == UInt8(ascii: "\n"),
                let equals = record.firstIndex(of: UInt8(ascii: "="))
            else { throw ArchiveError(.malformed, "an extended header cannot be read") }
            let key = String(decoding: record[(record.startIndex + digits.count + 1)..<equals], as: UTF8.self)
            try records.take(key, Array(record[(equals + 1)...].dropLast()))
        }
        return records
    }

    private mutating func take(_ key: String, _ value: [UInt8]) throws(ArchiveError) {
        switch key {
        case "path":
            guard path == nil else { throw ArchiveError(.malformed, "an extended header names an entry twice") }
            path = value
        case "size":
            let text = String(decoding: value, as: UTF8.self)
            guard size == nil, let number = Int64(text), number >= 0, !text.hasPrefix("+") else {
                throw ArchiveError(.malformed, "an extended header has a size that cannot be read")
            }
            size = number
        case let key where key.hasPrefix("GNU.sparse."):
            throw ArchiveError(.unsafeKind, "sparse files are not unpacked")
        default:
            // Owners, times and comments do not change what an entry is.
            break
        }
    }
}
