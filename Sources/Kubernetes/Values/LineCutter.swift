/// Cuts bytes into lines and never holds more than one, which is bounded.
struct LineCutter {
    /// What happens to a line that is longer.
    enum Excess { case refused, cut }

    /// A line without its end, or a piece of one.
    struct Piece {
        var bytes: [UInt8]
        /// Whether the next piece is of the same line.
        var isContinued: Bool
    }

    let limit: Int
    let excess: Excess
    private var open: [UInt8] = []
    private var ready: ArraySlice<Piece> = []

    init(limit: Int, excess: Excess) {
        self.limit = limit
        self.excess = excess
    }

    /// Takes bytes; false where a line is longer than may be.
    mutating func take(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        var pieces = Array(ready)
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            guard add(rest[..<end], &pieces) else { return false }
            pieces.append(flush())
            rest = rest[(end + 1)...]
        }
        guard add(rest, &pieces) else { return false }
        ready = pieces[...]
        return true
    }

    /// The next line that has ended, or piece.
    mutating func next() -> Piece? {
        ready.popFirst()
    }

    /// The line that has not ended, at the end of everything; nil where there is none.
    mutating func rest() -> Piece? {
        open.isEmpty ? nil : flush()
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>, _ pieces: inout [Piece]) -> Bool {
        var bytes = bytes
        while bytes.count > limit - open.count {
            guard excess == .cut else { return false }
            let taken = bytes.prefix(limit - open.count)
            open += taken
            bytes = bytes.dropFirst(taken.count)
            pieces.append(Piece(bytes: open, isContinued: true))
            open.removeAll()
        }
        open += bytes
        return true
    }

    private mutating func flush() -> Piece {
        if open.last == UInt8(ascii: "\r") { open.removeLast() }
        defer { open.removeAll() }
        return Piece(bytes: open, isContinued: false)
    }
}
