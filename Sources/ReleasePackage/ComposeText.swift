/// Puts variables into the strings of a Compose file, as docker-compose 1.29 and Compose v2 both do.
///
/// Understood: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`, `${NAME?message}`, `$$`.
struct ComposeText {
    /// The variables to put in.
    let environment: [String: String]
    /// Variables that a text asks for with `?` and that have no value, in order of appearance.
    private(set) var missing: [String] = []

    init(environment: [String: String]) {
        self.environment = environment
    }

    /// - Throws: `ComposeTextFault` for anything that only one of the two understands.
    mutating func interpolate(_ text: String) throws(ComposeTextFault) -> String {
        guard text.contains("$") else {
            return text
        }
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "$" else {
                result.append(character)
                continue
            }
            if rest.first == "$" {
                rest.removeFirst()
                result.append("$")
            } else if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else {
                    throw ComposeTextFault(reason: "`${` without `}`")
                }
                result += try braced(rest[..<end].dropFirst())
                rest = rest[end...].dropFirst()
            } else {
                let name = Self.nameAtStart(of: rest)
                guard !name.isEmpty else {
                    throw ComposeTextFault(
                        reason: "a `$` that no variable's name follows; `$$` stands for a dollar sign"
                    )
                }
                result += environment[String(name)] ?? ""
                rest = rest.dropFirst(name.count)
            }
        }
        return result
    }

    private mutating func braced(_ body: Substring) throws(ComposeTextFault) -> String {
        let name = Self.nameAtStart(of: body)
        let key = String(name)
        let tail = body.dropFirst(name.count)
        guard !name.isEmpty, !tail.contains("$") else {
            throw ComposeTextFault(reason: "`${\(body)}` is not read the same way by every Compose")
        }
        if tail.isEmpty {
            return environment[key] ?? ""
        }
        let emptyCounts = tail.first == ":"
        let mark = emptyCounts ? tail.dropFirst() : tail
        let value = environment[key].flatMap { emptyCounts && $0.isEmpty ? nil : $0 }
        switch mark.first {
        case "-":
            return value ?? String(mark.dropFirst())
        case "?":
            if value == nil, !missing.contains(key) {
                missing.append(key)
            }
            return value ?? ""
        default:
            throw ComposeTextFault(reason: "`${\(body)}` is not read the same way by every Compose")
        }
    }

    private static func nameAtStart(of text: Substring) -> Substring {
        guard let first = text.first, first == "_" || (first.isASCII && first.isLetter) else {
            return ""
        }
        return text.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
    }
}

/// A text that cannot be read the same way by every Compose.
struct ComposeTextFault: Error, Hashable {
    let reason: String
}
