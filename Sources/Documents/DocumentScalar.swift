/// A single value as it is written, and the type that it is of.
package struct DocumentScalar: Sendable, Hashable {
    /// The types of YAML's core schema; JSON's are the same.
    package enum Kind: Sendable, Hashable {
        case string, integer, number, boolean, null

        var name: String {
            switch self {
            case .string: "a string"
            case .integer, .number: "a number"
            case .boolean: "true or false"
            case .null: "empty"
            }
        }
    }

    /// The text, with escapes and folding resolved; a number keeps its zeros.
    package let text: String
    /// The type.
    package let kind: Kind

    init(text: String, kind: Kind) {
        self.text = text
        self.kind = kind
    }

    /// The type of an unquoted YAML scalar by the core schema of YAML 1.2, so that `no` and `on` are words.
    static func kind(ofPlain text: String) -> Kind {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "false", "False", "FALSE": return .boolean
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
            return .number
        default: break
        }
        let bytes = Array(text.utf8)
        if bytes.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "o")]) {
            let digits = bytes.dropFirst(2)
            let octal = UInt8(ascii: "0")...UInt8(ascii: "7")
            return !digits.isEmpty && digits.allSatisfy(octal.contains) ? .integer : .string
        }
        if bytes.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) {
            let digits = bytes.dropFirst(2)
            return !digits.isEmpty && digits.allSatisfy(isHexDigit) ? .integer : .string
        }
        return kind(ofDecimal: bytes)
    }

    private static func kind(ofDecimal bytes: [UInt8]) -> Kind {
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        if rest.isEmpty { return whole.isEmpty ? .string : .integer }
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: isDigit)
            rest = rest.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return .string }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard !rest.isEmpty else { return .string }
            rest = rest.drop(while: isDigit)
        }
        return rest.isEmpty ? .number : .string
    }

    /// The value of an integer; nil where it does not fit.
    var integerValue: Int? {
        if text.hasPrefix("0o") { return Int(text.dropFirst(2), radix: 8) }
        if text.hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16) }
        return Int(text)
    }
}

func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}
