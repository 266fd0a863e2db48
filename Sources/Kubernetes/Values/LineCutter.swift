/// Cuts bytes into lines and never holds more than one, which is bounded.
struct LineCutter {
    /// What happens to a line that is longer.
    enum Excess { case refused, cut }

    let limit: Int
    let excess: Excess
    private var open: [UInt8] = []
    private var ready: ArraySlice<[UInt8]> = []

    init(limit: Int, excess: Excess) {
        self.limit = limit
        self.excess = excess
    }

    /// Takes bytes; false where a line is longer than may be.
    mutating func take(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        var lines: [[UInt8]] = Array(ready)
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            guard add(rest[..<end], &lines) else { return false }
            lines.append(flush())
            rest = rest[(end + 1)...]
        }
        guard add(rest, &lines) else { return false }
        ready = lines[...]
        return true
    }

    /// The next line that has ended, without its end.
    mutating func next() -> [UInt8]? {
        ready.popFirst()
    }

    /// The line that has not ended, at the end of everything; nil where there is none.
    mutating func rest() -> [UInt8]? {
        open.isEmpty ? nil : flush()
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>, _ lines: inout [[UInt8]]) -> Bool {
        var bytes = bytes
        while bytes.count > limit - open.count {
            guard excess == .cut else { return false }
            let taken = bytes.prefix(limit - open.count)
            open += taken
            bytes = bytes.dropFirst(taken.count)
            lines.append(flush())
        }
        open += bytes
        return true
    }

    private mutating func flush() -> [UInt8] {
        if open.last == UInt8(ascii: "\r") { open.removeLast() }
        defer { open.removeAll() }
        return open
    }
}
