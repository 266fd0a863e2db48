/// The variables of a rendered `.env` file, read the way Compose reads them.
struct DotEnvironment: Sendable, Hashable {
    /// The values by name; of a name that stands there twice, the last one.
    private(set) var values: [String: String]

    /// Reads the text of a file. Lines that are no assignment are skipped.
    init(_ text: String) {
        values = [:]
        var rest = text[...]
        while let line = Self.takeLine(&rest) {
            guard let (name, raw) = Self.assignment(line) else { continue }
            let value: String
            switch raw.first {
            case "'": value = Self.quoted(raw, by: "'", continuing: &rest)
            case "\"": value = expanded(Self.unescaped(Self.quoted(raw, by: "\"", continuing: &rest)))
            default: value = expanded(Self.plain(raw))
            }
            values[name] = value
        }
    }

    /// The value of a variable.
    subscript(name: String) -> String? { values[name] }

    /// Replaces `${NAME}`, `${NAME:-default}` and `${NAME-default}` by their values; a name without one by nothing.
    func expanded(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else { return result + "${" + rest }
            result += value(ofExpression: rest[..<end])
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private func value(ofExpression expression: Substring) -> String {
        let name = expression.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        let operation = expression.dropFirst(name.count)
        let value = values[String(name)]
        if operation.hasPrefix(":-") {
            return value.flatMap { $0.isEmpty ? nil : $0 } ?? String(operation.dropFirst(2))
        }
        return value ?? (operation.hasPrefix("-") ? String(operation.dropFirst()) : "")
    }

    private static func takeLine(_ rest: inout Substring) -> Substring? {
        guard !rest.isEmpty else { return nil }
        let line = rest.prefix { !$0.isNewline }
        rest = rest[line.endIndex...].dropFirst()
        return line
    }

    private static func assignment(_ line: Substring) -> (name: String, value: Substring)? {
        var line = line.drop(while: \.isWhitespace)
        if line.hasPrefix("export ") { line = line.dropFirst(7).drop(while: \.isWhitespace) }
        guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { return nil }
        let name = line[..<equals].trimmingSuffix(while: \.isWhitespace)
        guard !name.isEmpty else { return nil }
        return (String(name), line[line.index(after: equals)...].drop(while: \.isWhitespace))
    }

    private static func plain(_ raw: Substring) -> String {
        var value = raw
        // A comment begins at a number sign after white space.
        var previous: Character = " "
        for index in raw.indices {
            if raw[index] == "#", previous.isWhitespace {
                value = raw[..<index]
                break
            }
            previous = raw[index]
        }
        return String(value.trimmingSuffix(while: \.isWhitespace))
    }

    /// The text between quotes, which may go on over the following lines.
    private static func quoted(_ raw: Substring, by quote: Character, continuing rest: inout Substring) -> String {
        var text = raw.dropFirst()
        var content = ""
        while true {
            var isEscaped = false
            for index in text.indices {
                if text[index] == quote, !isEscaped { return content + text[..<index] }
                isEscaped = quote == "\"" && text[index] == "\\" && !isEscaped
            }
            guard rest.contains(quote), let next = takeLine(&rest) else { return String(raw) }
            content += text + "\n"
            text = next
        }
    }

    private static func unescaped(_ text: String) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            guard isEscaped else {
                if character == "\\" { isEscaped = true } else { result.append(character) }
                continue
            }
            switch character {
            case "n": result.append("\n")
            case "r": result.append("\r")
            case "t": result.append("\t")
            case "\"", "\\", "$": result.append(character)
            default: result += "\\" + String(character)
            }
            isEscaped = false
        }
        return result
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, predicate(last) { text = text.dropLast() }
        return text
    }
}
