/// Reads JSON by the letter of RFC 8259, knowing the line of everything.
///
/// YAML's parsers do not do: they cap keys at 1024 characters and do not join surrogate pairs.
struct JSONReader {
    private let bytes: [UInt8]
    private let name: String
    private let limits: DocumentLimits
    private let replacesBadText: Bool
    private var index = 0
    private var line = 1
    private var lineStart = 0
    private var nodes = 0

    /// A reader of text that is UTF-8.
    init(bytes: [UInt8], name: String, limits: DocumentLimits, replacesBadText: Bool) {
        self.bytes = bytes
        self.name = name
        self.limits = limits
        self.replacesBadText = replacesBadText
    }

    /// The one value of the text.
    mutating func document() throws(DocumentError) -> DocumentNode {
        skipSpace()
        let node = try value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw malformed("something follows the end of the document") }
        return node
    }

    // Depth is bounded by the limits, so recursion is too.
    private mutating func value(depth: Int) throws(DocumentError) -> DocumentNode {
        try count()
        let place = here
        guard index < bytes.count else { throw malformed("the document ends too early") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""):
            return scalar(try string(), .string, at: place)
        case UInt8(ascii: "t"): return scalar(try word("true"), .boolean, at: place)
        case UInt8(ascii: "f"): return scalar(try word("false"), .boolean, at: place)
        case UInt8(ascii: "n"): return scalar(try word("null"), .null, at: place)
        default: return try number(at: place)
        }
    }

    private mutating func object(depth: Int) throws(DocumentError) -> DocumentNode {
        try checkDepth(depth)
        let place = here
        index += 1
        var entries: [DocumentNode.Entry] = []
        var keys: Set<String> = []
        skipSpace()
        if take(UInt8(ascii: "}")) {
            return DocumentNode(content: .mapping([]), line: place.line, column: place.column)
        }
        repeat {
            skipSpace()
            let keyPlace = here
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw malformed("a key in quotes was expected")
            }
            try count()
            let key = try string()
            guard keys.insert(key).inserted else {
                throw DocumentError(
                    .duplicateKey,
                    file: name,
                    line: keyPlace.line,
                    column: keyPlace.column,
                    "the key \(DocumentError.excerpt(key)) appears twice"
                )
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw malformed("a “:” was expected") }
            skipSpace()
            let value = try value(depth: depth)
            entries.append(
                DocumentNode.Entry(key: key, line: keyPlace.line, column: keyPlace.column, value: value)
            )
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw malformed("a “,” or a “}” was expected") }
        return DocumentNode(content: .mapping(entries), line: place.line, column: place.column)
    }

    private mutating func array(depth: Int) throws(DocumentError) -> DocumentNode {
        try checkDepth(depth)
        let place = here
        index += 1
        var elements: [DocumentNode] = []
        skipSpace()
        if take(UInt8(ascii: "]")) {
            return DocumentNode(content: .sequence([]), line: place.line, column: place.column)
        }
        repeat {
            skipSpace()
            elements.append(try value(depth: depth))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw malformed("a “,” or a “]” was expected") }
        return DocumentNode(content: .sequence(elements), line: place.line, column: place.column)
    }

    private mutating func string() throws(DocumentError) -> String {
        index += 1
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                index += 1
                try escape(into: &text)
            case ..<0x20:
                throw malformed("a control character inside a string")
            default:
                text.append(byte)
                index += 1
            }
        }
        throw malformed("a string does not end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(DocumentError) {
        guard index < bytes.count else { throw malformed("a string does not end") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Array(String(Character(try scalarOfDigits())).utf8))
        default:
            throw malformed("an escape that JSON does not have")
        }
    }

    /// The character whose number follows; it takes two where it is none of the first 65,536.
    private mutating func scalarOfDigits() throws(DocumentError) -> Unicode.Scalar {
        var code = UInt32(try hex4())
        if (0xD800..<0xDC00).contains(code) {
            let next = index
            if take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
                let low = UInt32(try hex4())
                if (0xDC00..<0xE000).contains(low) { code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) }
            }
            // What does not belong to it is read by itself.
            if code < 0x10000 { index = next }
        }
        guard code != 0 else { return try bad("a NUL character") }
        guard let scalar = Unicode.Scalar(code) else { return try bad("half of a surrogate pair") }
        return scalar
    }

    private func bad(_ what: String) throws(DocumentError) -> Unicode.Scalar {
        guard replacesBadText else { throw malformed(what) }
        return "\u{FFFD}"
    }

    private mutating func hex4() throws(DocumentError) -> UInt16 {
        guard index + 4 <= bytes.count, bytes[index..<index + 4].allSatisfy(isHexDigit),
            let code = UInt16(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
        else { throw malformed("four hexadecimal digits were expected") }
        index += 4
        return code
    }

    private mutating func number(at place: Place) throws(DocumentError) -> DocumentNode {
        let start = index
        var kind = DocumentScalar.Kind.integer
        _ = take(UInt8(ascii: "-"))
        let leadingZero = index < bytes.count && bytes[index] == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !(leadingZero && whole > 1) else {
            index = start
            throw malformed("a value was expected")
        }
        if take(UInt8(ascii: ".")) {
            kind = .number
            guard digits() > 0 else { throw malformed("a digit was expected") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            kind = .number
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { throw malformed("a digit was expected") }
        }
        return scalar(String(decoding: bytes[start..<index], as: UTF8.self), kind, at: place)
    }

    private mutating func digits() -> Int {
        let start = index
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        return index - start
    }

    private mutating func word(_ word: String) throws(DocumentError) -> String {
        guard bytes[index...].starts(with: word.utf8) else { throw malformed("a value was expected") }
        index += word.utf8.count
        return word
    }

    private func scalar(_ text: String, _ kind: DocumentScalar.Kind, at place: Place) -> DocumentNode {
        DocumentNode(content: .scalar(DocumentScalar(text: text, kind: kind)), line: place.line, column: place.column)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\n"):
                line += 1
                lineStart = index + 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            default: return
            }
            index += 1
        }
    }

    private mutating func count() throws(DocumentError) {
        nodes += 1
        guard nodes <= limits.nodes else { throw limit("more than \(limits.nodes) values") }
    }

    private func checkDepth(_ depth: Int) throws(DocumentError) {
        guard depth <= limits.depth else { throw limit("nested deeper than \(limits.depth) levels") }
    }

    private var here: Place {
        Place(line: line, column: index - lineStart + 1)
    }

    private func malformed(_ message: String) -> DocumentError {
        DocumentError(.malformed, file: name, line: here.line, column: here.column, message)
    }

    private func limit(_ message: String) -> DocumentError {
        DocumentError(.limit, file: name, line: here.line, column: here.column, message)
    }
}
