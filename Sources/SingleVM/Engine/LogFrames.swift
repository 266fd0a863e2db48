/// Takes apart the stream in which the Engine sends a container's two outputs as one.
///
/// Each frame is one byte for the stream, three zeros, four bytes of length (big-endian), and the bytes. A container
/// with a terminal has no frames; its bytes pass as they are.
struct LogFrames {
    /// The largest frame that is believed, in bytes. The Engine itself sends at most 16 KiB a frame.
    static let largestFrame = 1 << 24

    private let isFramed: Bool
    private var header: [UInt8] = []
    private var remaining = 0

    init(isFramed: Bool) {
        self.isFramed = isFramed
    }

    /// Whether the stream ends here without cutting a frame in two.
    var isAtBoundary: Bool { remaining == 0 && header.isEmpty }

    /// The frames' content in these bytes; nil where they cannot be frames.
    mutating func content(of bytes: [UInt8]) -> [UInt8]? {
        guard isFramed else { return bytes }
        var rest = bytes[...]
        var content: [UInt8] = []
        content.reserveCapacity(bytes.count)
        while !rest.isEmpty {
            if remaining == 0 {
                let missing = 8 - header.count
                header += rest.prefix(missing)
                rest = rest.dropFirst(missing)
                guard header.count == 8 else { break }
                guard header[0] <= 3, header[1] == 0, header[2] == 0, header[3] == 0 else { return nil }
                remaining = header[4...].reduce(0) { $0 << 8 | Int($1) }
                guard remaining <= Self.largestFrame else { return nil }
                header.removeAll(keepingCapacity: true)
            } else {
                let piece = rest.prefix(remaining)
                content += piece
                remaining -= piece.count
                rest = rest.dropFirst(piece.count)
            }
        }
        return content
    }
}

/// Cuts bytes into lines, never holding more than a bounded piece of one.
struct LineSplitter {
    /// Where a line without an end is cut, in bytes.
    static let longestLine = 16 * 1024

    private var open: [UInt8] = []

    /// The lines that end in these bytes, without their ends; bytes that are not UTF-8 are replaced.
    mutating func lines(in bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(flush())
            } else {
                open.append(byte)
                if open.count == Self.longestLine { lines.append(flush()) }
            }
        }
        return lines
    }

    /// The line that has not ended; nil where there is none.
    mutating func rest() -> String? {
        open.isEmpty ? nil : flush()
    }

    private mutating func flush() -> String {
        if open.last == UInt8(ascii: "\r") { open.removeLast() }
        defer { open.removeAll(keepingCapacity: true) }
        return String(decoding: open, as: UTF8.self)
    }
}
