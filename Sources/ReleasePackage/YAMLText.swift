/// Strings as YAML scalars.
enum YAMLText {
    /// A text as a scalar that every YAML reader takes for that string: plain where it can be, else in double quotes.
    static func scalar(_ text: String) -> String {
        isPlain(text) ? text : quoted(text)
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first == "/" || first == "~" || isLetter(first) else {
            return false
        }
        let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"]
        guard !words.contains(text.lowercased()) else {
            return false
        }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "/", "~", ".", "_", "-", "0"..."9": true
            default: isLetter(scalar)
            }
        }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count == 1 ? "0" + digits : digits)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
