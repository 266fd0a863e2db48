/// Text with `${NAME}` in it, as Product files write it.
///
/// Understood are `${NAME}`, `${NAME:-default}` (where the variable is missing or empty) and `$$` for a dollar sign.
/// Anything else after a dollar sign is refused when the text is read, so that a slip is found at once.
package struct VariableText: Sendable, Hashable, CustomStringConvertible {
    /// One piece of the text.
    package enum Part: Sendable, Hashable {
        /// Text that stands for itself.
        case literal(String)
        /// A variable, and what stands in for it where it is missing or empty.
        case variable(name: String, fallback: String?)
    }

    /// The text as it was written.
    package let description: String
    /// The pieces, in order.
    package let parts: [Part]

    /// What is wrong with a text.
    package struct Malformed: Error, Sendable, Hashable {
        /// One clause that says what was found.
        package let reason: String
    }

    /// Reads a text.
    ///
    /// - Throws: `Malformed` where a dollar sign starts neither `${NAME}`, `${NAME:-default}` nor `$$`.
    package init(_ text: String) throws(Malformed) {
        self.description = text
        self.parts = try Self.parse(text)
    }

    /// A text without variables.
    package init(literal: String) {
        self.description = literal.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
        self.parts = literal.isEmpty ? [] : [.literal(literal)]
    }

    /// The names of the variables, each once, in order of appearance.
    package var names: [String] {
        var names: [String] = []
        for case .variable(let name, _) in parts where !names.contains(name) {
            names.append(name)
        }
        return names
    }

    /// Puts the values in.
    ///
    /// - Parameter environment: values by name.
    /// - Returns: the text, or nil where a variable without a default is missing or empty.
    package func resolved(in environment: [String: String]) -> String? {
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text):
                result += text
            case .variable(let name, let fallback):
                if let value = environment[name], !value.isEmpty {
                    result += value
                } else if let fallback {
                    result += fallback
                } else {
                    return nil
                }
            }
        }
        return result
    }

    /// The variables that keep the text from being resolved: without a default, and missing or empty.
    package func missing(in environment: [String: String]) -> [String] {
        var names: [String] = []
        for case .variable(let name, nil) in parts where (environment[name] ?? "").isEmpty && !names.contains(name) {
            names.append(name)
        }
        return names
    }

    /// Whether a text may be a variable's name: a letter or underscore, then letters, digits and underscores.
    package static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.unicodeScalars.first, isNameScalar(first), !("0"..."9").contains(first) else {
            return false
        }
        return text.unicodeScalars.allSatisfy(isNameScalar)
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    private static func parse(_ text: String) throws(Malformed) -> [Part] {
        var parts: [Part] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "$" else {
                literal.append(character)
                continue
            }
            switch rest.popFirst() {
            case "$":
                literal.append("$")
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    throw Malformed(reason: "`${` without `}`")
                }
                if !literal.isEmpty {
                    parts.append(.literal(literal))
                    literal = ""
                }
                parts.append(try variable(rest[..<end]))
                rest = rest[end...].dropFirst()
            default:
                throw Malformed(reason: "a `$` that is neither `${NAME}` nor `$$`")
            }
        }
        if !literal.isEmpty {
            parts.append(.literal(literal))
        }
        return parts
    }

    private static func variable(_ body: Substring) throws(Malformed) -> Part {
        var name = body
        var fallback: String?
        if let colon = body.firstIndex(of: ":") {
            let after = body[colon...].dropFirst()
            guard after.first == "-" else {
                throw Malformed(reason: "`${\(body)}`: only `:-` may follow the name")
            }
            name = body[..<colon]
            fallback = String(after.dropFirst())
        }
        guard isName(name) else {
            throw Malformed(reason: "`${\(body)}`: `\(name)` is not a variable's name")
        }
        return .variable(name: String(name), fallback: fallback)
    }
}
