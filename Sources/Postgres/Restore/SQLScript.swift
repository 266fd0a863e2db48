/// Statements as PostgreSQL's own programs write them, cut into pieces so that names in them can be told and replaced.
struct SQLStatement: Sendable, Hashable {
    /// One piece. Joined again, the texts are the statement.
    struct Piece: Sendable, Hashable {
        enum Kind: Sendable { case space, word, name, string, symbol }
        var kind: Kind
        var text: String

        /// The name that it is, where it is one: unquoted as it stands, quoted without its quotes.
        var identifier: String? {
            switch kind {
            case .word: text
            case .name: Self.unquoted(text)
            case .space, .string, .symbol: nil
            }
        }

        private static func unquoted(_ name: String) -> String {
            var scalars = String.UnicodeScalarView()
            var isDoubled = false
            for scalar in name.unicodeScalars.dropFirst().dropLast() {
                isDoubled = scalar == "\"" && !isDoubled
                if !isDoubled { scalars.append(scalar) }
            }
            return String(scalars)
        }

        func isWord(_ word: String) -> Bool { kind == .word && text.uppercased() == word }
    }

    var pieces: [Piece]

    /// The statement without its semicolon.
    var text: String { pieces.map(\.text).joined() }

    /// The pieces that count.
    var words: [Piece] { pieces.filter { $0.kind != .space } }

    /// Cuts a script into its statements. Lines that are meant for `psql` alone are left out.
    static func all(in script: String) -> [SQLStatement] {
        var scanner = SQLScanner(script)
        var statements: [SQLStatement] = []
        while let statement = scanner.next() { statements.append(statement) }
        return statements
    }

    /// The same for a database of another name.
    func renaming(database: String, to other: String) -> SQLStatement {
        var copy = self
        var previous: [Piece] = []
        for index in copy.pieces.indices where copy.pieces[index].kind != .space {
            let piece = copy.pieces[index]
            if previous.last?.isWord("DATABASE") == true, piece.identifier == database {
                copy.pieces[index] = Piece(kind: .name, text: SQL.name(other))
                previous = []
                continue
            }
            let isCatalog = previous.suffix(2).map { $0.text.lowercased() } == ["datname", "="]
            if isCatalog, piece.kind == .string, piece.text == SQL.text(database) {
                copy.pieces[index] = Piece(kind: .string, text: SQL.text(other))
            }
            previous.append(piece)
        }
        return copy
    }

    /// The same without some words that stand by themselves.
    func leavingOut(_ words: Set<String>) -> SQLStatement {
        SQLStatement(pieces: pieces.filter { !($0.kind == .word && words.contains($0.text.uppercased())) })
    }

    /// The same up to a word.
    func upTo(_ word: String) -> SQLStatement {
        SQLStatement(pieces: Array(pieces.prefix { !$0.isWord(word) }))
    }
}

/// Reads a script piece by piece.
private struct SQLScanner {
    private let bytes: [UInt8]
    private var place = 0

    init(_ script: String) { bytes = Array(script.utf8) }

    mutating func next() -> SQLStatement? {
        var pieces: [SQLStatement.Piece] = []
        while let piece = piece(atStart: !pieces.contains { $0.kind != .space }) {
            if piece.kind == .symbol, piece.text == ";" {
                if pieces.contains(where: { $0.kind != .space }) { return SQLStatement(pieces: pieces) }
                pieces = []
                continue
            }
            if !(pieces.isEmpty && piece.kind == .space) { pieces.append(piece) }
        }
        return pieces.contains { $0.kind != .space } ? SQLStatement(pieces: pieces) : nil
    }

    private mutating func piece(atStart: Bool) -> SQLStatement.Piece? {
        guard place < bytes.count else { return nil }
        let start = place
        let byte = bytes[place]
        let kind: SQLStatement.Piece.Kind
        if atStart, byte == UInt8(ascii: "\\") {
            skip { $0 != UInt8(ascii: "\n") }
            kind = .space
        } else if Self.isBlank(byte) {
            skip(while: Self.isBlank)
            kind = .space
        } else if byte == UInt8(ascii: "-"), follows("-", at: place + 1) {
            skip { $0 != UInt8(ascii: "\n") }
            kind = .space
        } else if byte == UInt8(ascii: "'") {
            skipQuoted(UInt8(ascii: "'"), escapes: false)
            kind = .string
        } else if byte == UInt8(ascii: "E") || byte == UInt8(ascii: "e"), follows("'", at: place + 1) {
            place += 1
            skipQuoted(UInt8(ascii: "'"), escapes: true)
            kind = .string
        } else if byte == UInt8(ascii: "\"") {
            skipQuoted(UInt8(ascii: "\""), escapes: false)
            kind = .name
        } else if byte == UInt8(ascii: "$"), let tag = dollarTag() {
            skipDollar(tag)
            kind = .string
        } else if Self.isWord(byte) {
            skip(while: Self.isWord)
            kind = .word
        } else {
            place += 1
            kind = .symbol
        }
        return SQLStatement.Piece(kind: kind, text: String(decoding: bytes[start..<place], as: UTF8.self))
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while place < bytes.count, condition(bytes[place]) { place += 1 }
    }

    private func follows(_ text: String, at start: Int) -> Bool {
        bytes[min(start, bytes.count)...].starts(with: text.utf8)
    }

    private mutating func skipQuoted(_ quote: UInt8, escapes: Bool) {
        place += 1
        while place < bytes.count {
            if escapes, bytes[place] == UInt8(ascii: "\\") {
                place += 2
                continue
            }
            place += 1
            guard bytes[place - 1] == quote else { continue }
            // Doubled it stands for itself.
            guard place < bytes.count, bytes[place] == quote else { return }
            place += 1
        }
        place = min(place, bytes.count)
    }

    private func dollarTag() -> [UInt8]? {
        guard let end = bytes[(place + 1)...].firstIndex(of: UInt8(ascii: "$")),
            bytes[(place + 1)..<end].allSatisfy(Self.isWord)
        else { return nil }
        return Array(bytes[place...end])
    }

    private mutating func skipDollar(_ tag: [UInt8]) {
        let rest = bytes[(place + tag.count)...]
        place = rest.firstRange(of: tag)?.upperBound ?? bytes.count
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 128...255:
            true
        default: false
        }
    }
}
