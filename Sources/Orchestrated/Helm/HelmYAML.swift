import Documents
import Kubernetes

/// Reads YAML as Helm and Kubernetes do, which is not how the rest of Pawl does.
///
/// Both follow YAML 1.1 where it is about single words: a plain `no`, `off` or `y` is a truth value, `0755` is 493 and
/// `1_000` is 1000. A value that was read otherwise and written again for Helm would be another one.
struct HelmYAML {
    private let bytes: [UInt8]
    private let name: String
    /// Where each line begins.
    private let lines: [Int]

    /// The documents of a stream, empty ones left out.
    static func documents(_ text: [UInt8], name: String, limits: DocumentLimits) throws(DocumentError) -> [JSONValue] {
        let documents = try Document.parse(yamlStream: text, name: name, limits: limits)
        let reader = HelmYAML(bytes: text, name: name, lines: lineBeginnings(text))
        var values: [JSONValue] = []
        for document in documents where !document.root.isNull { values.append(try reader.value(document.root)) }
        return values
    }

    private func value(_ node: DocumentNode) throws(DocumentError) -> JSONValue {
        switch node.content {
        case .sequence(let nodes):
            var elements: [JSONValue] = []
            elements.reserveCapacity(nodes.count)
            for node in nodes { elements.append(try value(node)) }
            return .array(elements)
        case .mapping(let entries):
            var fields: [JSONValue.Field] = []
            var places: [String: Int] = [:]
            fields.reserveCapacity(entries.count)
            for entry in entries {
                let key = try self.key(entry)
                let inner = try value(entry.value)
                // Two keys may be one as a text: `1` and `"1"`.
                if let place = places[key] {
                    fields[place].value = inner
                } else {
                    places[key] = fields.count
                    fields.append(JSONValue.Field(key, inner))
                }
            }
            return .object(fields)
        case .scalar(let scalar):
            return try word(scalar, line: node.line, column: node.column)
        }
    }

    private func key(_ entry: DocumentNode.Entry) throws(DocumentError) -> String {
        guard PlainWord.mayMean(entry.key), isPlain(entry.key, line: entry.line, column: entry.column),
            let meaning = PlainWord.meaning(of: entry.key)
        else { return entry.key }
        switch meaning {
        case .truth(let value): return value ? "true" : "false"
        case .number(let text): return text
        case .noNumber: throw unwritable(entry.key, line: entry.line, column: entry.column)
        }
    }

    private func word(_ scalar: DocumentScalar, line: Int, column: Int) throws(DocumentError) -> JSONValue {
        switch scalar.kind {
        case .null: return .null
        case .boolean: return .bool(scalar.text.first == "t" || scalar.text.first == "T")
        case .integer, .number: break
        case .string:
            guard PlainWord.mayMean(scalar.text), isPlain(scalar.text, line: line, column: column) else {
                return .string(scalar.text)
            }
        }
        switch PlainWord.meaning(of: scalar.text) {
        case .truth(let value): return .bool(value)
        case .number(let text): return .number(text)
        case .noNumber: throw unwritable(scalar.text, line: line, column: column)
        case nil: return .string(scalar.text)
        }
    }

    private func unwritable(_ text: String, line: Int, column: Int) -> DocumentError {
        DocumentError(
            .wrongValue,
            file: name,
            line: line,
            column: column,
            "\(DocumentError.excerpt(text)) is no number that Helm could pass on"
        )
    }

    /// Whether a text stands in the source without quotes and without a tag.
    private func isPlain(_ text: String, line: Int, column: Int) -> Bool {
        guard lines.indices.contains(line - 1) else { return false }
        var rest = bytes[lines[line - 1]...]
        // Columns count characters.
        for _ in 1..<max(column, 1) {
            guard !rest.isEmpty else { return false }
            rest = rest.dropFirst()
            while let next = rest.first, next & 0xC0 == 0x80 { rest = rest.dropFirst() }
        }
        if rest.first == UInt8(ascii: "&") {
            rest = rest.drop { $0 > 0x20 }
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
        }
        return rest.starts(with: text.utf8)
    }

    private static func lineBeginnings(_ bytes: [UInt8]) -> [Int] {
        var lines = [0]
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case 0x0A: lines.append(index)
            case 0x0D:
                if index < bytes.count, bytes[index] == 0x0A { index += 1 }
                lines.append(index)
            case 0xC2 where index < bytes.count && bytes[index] == 0x85:
                index += 1
                lines.append(index)
            case 0xE2 where index + 1 < bytes.count && bytes[index] == 0x80 && bytes[index + 1] & 0xFE == 0xA8:
                index += 2
                lines.append(index)
            default: break
            }
        }
        return lines
    }
}

/// What a word without quotes means to Helm.
enum PlainWord: Equatable {
    case truth(Bool)
    /// A number as JSON writes it.
    case number(String)
    /// Not a number, or one without end, which JSON does not have.
    case noNumber

    /// Whether a text may mean anything but itself.
    static func mayMean(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64 else { return false }
        return truths[text] != nil || isDigit(first) || "+-.".utf8.contains(first)
    }

    /// What it means; nil where it is only a text.
    static func meaning(of text: String) -> PlainWord? {
        if let truth = truths[text] { return .truth(truth) }
        switch text.lowercased() {
        case ".inf", "+.inf", "-.inf", ".nan": return .noNumber
        default: break
        }
        let plain = text.filter { $0 != "_" }
        if let integer = integer(plain) { return .number(integer) }
        guard isDecimal(plain), let value = Double(plain.hasPrefix("+") ? String(plain.dropFirst()) : plain) else {
            return nil
        }
        guard value.isFinite else { return .noNumber }
        if value == value.rounded(), value.magnitude < 1e15 { return .number(String(Int64(value))) }
        return .number("\(value)")
    }

    /// An integer with or without a sign, in base 2, 8, 10 or 16, in decimal digits; nil where it is none or too large.
    private static func integer(_ text: String) -> String? {
        let isNegative = text.hasPrefix("-")
        var digits = text[...]
        if isNegative || text.hasPrefix("+") { digits = digits.dropFirst() }
        var radix = 10
        let bases: [(String, Int)] = [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)]
        if let (mark, base) = bases.first(where: { digits.hasPrefix($0.0) }) {
            digits = digits.dropFirst(mark.count)
            radix = base
        } else if digits.hasPrefix("0"), digits.count > 1 {
            digits = digits.dropFirst()
            radix = 8
        }
        guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"),
            let value = UInt64(digits, radix: radix)
        else { return nil }
        if !isNegative { return String(value) }
        return value <= UInt64(Int64.max) ? (value == 0 ? "0" : "-\(value)") : nil
    }

    /// Whether it is a decimal number as YAML has them: digits, a point, an exponent.
    private static func isDecimal(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        func digits() -> Int {
            let count = rest.prefix { isDigit($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var count = digits()
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            count += digits()
        }
        guard count > 0 else { return false }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static let truths: [String: Bool] = {
        var truths: [String: Bool] = [:]
        for word in ["y", "yes", "true", "on"] { for form in forms(word) { truths[form] = true } }
        for word in ["n", "no", "false", "off"] { for form in forms(word) { truths[form] = false } }
        return truths
    }()

    /// A word in small letters, with a capital, and in capitals.
    private static func forms(_ word: String) -> [String] {
        [word, word.prefix(1).uppercased() + word.dropFirst(), word.uppercased()]
    }
}
