/// Tar archives made by hand, so that they can be as wrong as a test needs.
struct TarBytes {
    private(set) var bytes: [UInt8] = []

    /// Adds a header and its content, padded.
    mutating func add(
        _ name: [UInt8],
        type: Character = "0",
        content: [UInt8] = [],
        size: Int? = nil,
        link: String = "",
        magic: String = "ustar\u{0}00",
        change: (inout [UInt8]) -> Void = { _ in }
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ field: [UInt8], at offset: Int) {
            for (index, byte) in field.enumerated() { block[offset + index] = byte }
        }
        put(Array(name.prefix(100)), at: 0)
        put(Array("0000644\u{0}".utf8), at: 100)
        put(Array("0000000\u{0}".utf8), at: 108)
        put(Array("0000000\u{0}".utf8), at: 116)
        put(Self.octal(size ?? content.count, digits: 11), at: 124)
        put(Self.octal(0, digits: 11), at: 136)
        block[156] = type.asciiValue ?? 0
        put(Array(link.utf8), at: 157)
        put(Array(magic.utf8), at: 257)
        change(&block)
        put(Array("        ".utf8), at: 148)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(Self.octal(sum, digits: 6) + [0x20], at: 148)
        bytes += block + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func add(_ name: String, type: Character = "0", content: String = "", link: String = "") {
        add(Array(name.utf8), type: type, content: Array(content.utf8), link: link)
    }

    /// Adds an extended header with one record.
    mutating func addPax(_ key: String, _ value: [UInt8], type: Character = "x") {
        let body = Array(" \(key)=".utf8) + value + [0x0A]
        var length = body.count + 1
        while String(length).utf8.count + body.count != length { length += 1 }
        add(Array("PaxHeader".utf8), type: type, content: Array(String(length).utf8) + body)
    }

    /// The archive with its end mark.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    private static func octal(_ number: Int, digits: Int) -> [UInt8] {
        let text = String(number, radix: 8)
        return Array(String(repeating: "0", count: max(0, digits - text.count)).utf8) + Array(text.utf8) + [0]
    }
}
