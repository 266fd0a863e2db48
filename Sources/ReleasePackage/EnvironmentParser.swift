import UpgradeModel

/// A line that cannot be read the same way by every Compose.
struct EnvironmentFault: Error, Hashable {
    let line: Int
    let reason: String
}

/// Goes through the text of an environment file.
struct EnvironmentParser {
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    init(_ bytes: [UInt8]) throws(EnvironmentFault) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw EnvironmentFault(line: 1, reason: "the text is not UTF-8")
        }
        self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    /// The next assignment; nil at the end.
    mutating func next() throws(EnvironmentFault) -> EnvironmentFile.Entry? {
        skipBlankLinesAndComments()
        guard index < bytes.count else {
            return nil
        }
        let start = line
        let name = try readName()
        let (written, parts) = try readValue(of: name)
        return EnvironmentFile.Entry(name: name, written: written, parts: parts, line: start)
    }

    private var current: UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private var atLineEnd: Bool {
        switch current {
        case nil, UInt8(ascii: "\n"): true
        case UInt8(ascii: "\r"): index + 1 == bytes.count || bytes[index + 1] == UInt8(ascii: "\n")
        default: false
        }
    }

    private mutating func step() {
        if current == UInt8(ascii: "\n") {
            line += 1
        }
        index += 1
    }

    private mutating func skipBlanks() {
        while current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") {
            index += 1
        }
    }

    private mutating func skipBlankLinesAndComments() {
        while true {
            skipBlanks()
            if current == UInt8(ascii: "#") {
                while !atLineEnd {
                    step()
                }
            }
            guard current != nil, atLineEnd else {
                return
            }
            step()
        }
    }

    private mutating func readName() throws(EnvironmentFault) -> String {
        var word = readWord()
        if word == "export", current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") {
            skipBlanks()
            word = readWord()
        }
        skipBlanks()
        guard VariableText.isName(word) else {
            throw fault("the line does not begin with a variable's name (letters, digits and `_`)")
        }
        guard current == UInt8(ascii: "=") else {
            throw fault("`\(word)` is not followed by `=`")
        }
        step()
        return word
    }

    private mutating func readWord() -> String {
        let start = index
        while let byte = current, byte != UInt8(ascii: "="), byte > 0x20 {
            index += 1
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func readValue(
        of name: String
    ) throws(EnvironmentFault) -> (written: String, parts: [VariableText.Part]) {
        skipBlanks()
        let start = index
        let parts: [VariableText.Part]
        switch current {
        case UInt8(ascii: "'"):
            parts = try readSingleQuoted(name)
        case UInt8(ascii: "\""):
            parts = try readDoubleQuoted(name)
        case UInt8(ascii: "#"):
            throw fault("the value of `\(name)` begins with `#`; put it in quotes, or write the comment above")
        default:
            return try readPlain(name)
        }
        let written = text(start..<index)
        try skipRest(of: name)
        return (written, parts)
    }

    private mutating func readPlain(
        _ name: String
    ) throws(EnvironmentFault) -> (written: String, parts: [VariableText.Part]) {
        let start = index
        var end = index
        while !atLineEnd, let byte = current {
            if byte == UInt8(ascii: "#"), index > start, isBlank(bytes[index - 1]) {
                break
            }
            if byte == 0 || byte == UInt8(ascii: "\r") {
                throw fault("the value of `\(name)` holds a control character")
            }
            step()
            if !isBlank(byte) {
                end = index
            }
        }
        let written = text(start..<end)
        let parts = try references(in: written, of: name)
        while !atLineEnd {
            step()
        }
        return (written, parts)
    }

    private mutating func readSingleQuoted(_ name: String) throws(EnvironmentFault) -> [VariableText.Part] {
        let first = line
        step()
        let start = index
        while let byte = current, byte != UInt8(ascii: "'") {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == 0 {
                throw fault("the value of `\(name)` holds a control character")
            }
            if byte == UInt8(ascii: "\\"), next == UInt8(ascii: "\\") || next == UInt8(ascii: "'") {
                throw fault("the value of `\(name)` has a backslash that not every Compose reads the same way")
            }
            if byte == UInt8(ascii: "$"), next == UInt8(ascii: "{") {
                throw fault(
                    "the value of `\(name)` has `${` in single quotes, which not every Compose reads the same way"
                )
            }
            step()
        }
        guard current != nil else {
            throw EnvironmentFault(line: first, reason: "the quote in the value of `\(name)` does not end")
        }
        let value = text(start..<index)
        step()
        return value.isEmpty ? [] : [.literal(value)]
    }

    private mutating func readDoubleQuoted(_ name: String) throws(EnvironmentFault) -> [VariableText.Part] {
        let first = line
        step()
        var value: [UInt8] = []
        while let byte = current, byte != UInt8(ascii: "\"") {
            if byte == 0 {
                throw fault("the value of `\(name)` holds a control character")
            }
            step()
            guard byte == UInt8(ascii: "\\") else {
                value.append(byte)
                continue
            }
            switch current {
            case UInt8(ascii: "\\"): value.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "\""): value.append(UInt8(ascii: "\""))
            case UInt8(ascii: "n"): value.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "r"): value.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "t"): value.append(UInt8(ascii: "\t"))
            default:
                throw fault("the value of `\(name)` has a backslash that not every Compose reads the same way")
            }
            step()
        }
        guard current != nil else {
            throw EnvironmentFault(line: first, reason: "the quote in the value of `\(name)` does not end")
        }
        step()
        return try references(in: String(decoding: value, as: UTF8.self), of: name)
    }

    /// After a closing quote only blanks and a comment may follow.
    private mutating func skipRest(of name: String) throws(EnvironmentFault) {
        let before = index
        skipBlanks()
        if index > before, current == UInt8(ascii: "#") {
            while !atLineEnd {
                step()
            }
        }
        guard atLineEnd else {
            throw fault("something follows the closing quote of `\(name)`")
        }
    }

    private func references(
        in text: String,
        of name: String
    ) throws(EnvironmentFault) -> [VariableText.Part] {
        guard let parts = try? VariableText(text).parts, !text.contains("$$"), hasPlainFallbacks(parts) else {
            throw fault(
                "the value of `\(name)` has a `$` that not every Compose reads the same way; put the value in single "
                    + "quotes where the dollar sign is meant"
            )
        }
        return parts
    }

    private func hasPlainFallbacks(_ parts: [VariableText.Part]) -> Bool {
        parts.allSatisfy { part in
            guard case .variable(_, let fallback?) = part else {
                return true
            }
            return !fallback.contains("$") && !fallback.contains("{")
        }
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    private func fault(_ reason: String) -> EnvironmentFault {
        EnvironmentFault(line: line, reason: reason)
    }
}
