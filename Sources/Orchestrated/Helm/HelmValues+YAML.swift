package import Kubernetes

extension HelmValues {
    /// Values as YAML that Helm takes for exactly these.
    ///
    /// Texts that could be taken for anything else are quoted; the order of the fields is kept.
    package static func yaml(_ values: JSONValue) -> String {
        guard case .object(let fields) = values, !fields.isEmpty else { return values.text + "\n" }
        var text = ""
        write(values, indentation: 0, to: &text)
        return text
    }

    private static func write(_ value: JSONValue, indentation: Int, to text: inout String) {
        let space = String(repeating: " ", count: indentation)
        switch value {
        case .object(let fields):
            for field in fields {
                text += space + scalar(field.name) + ":"
                writeInner(field.value, indentation: indentation, to: &text)
            }
        case .array(let elements):
            for element in elements {
                text += space + "-"
                writeInner(element, indentation: indentation, to: &text)
            }
        default:
            text += space + single(value) + "\n"
        }
    }

    private static func writeInner(_ value: JSONValue, indentation: Int, to text: inout String) {
        guard !value.fields.isEmpty || !value.elements.isEmpty else {
            text += " " + single(value) + "\n"
            return
        }
        text += "\n"
        write(value, indentation: indentation + 2, to: &text)
    }

    private static func single(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): scalar(text)
        default: value.text
        }
    }

    /// A text as a scalar: plain where nobody could take it for anything else, in double quotes otherwise.
    private static func scalar(_ text: String) -> String {
        guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 80,
            text.utf8.allSatisfy({ isLetter($0) || isDigit($0) || "-_./".utf8.contains($0) }),
            !PlainWord.mayMean(text), !["null", "Null", "NULL"].contains(text)
        else { return quoted(text) }
        return text
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x0A: result += "\\n"
            case 0x09: result += "\\t"
            case 0x0D: result += "\\r"
            case 0x20...0x7E, 0xA1...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...:
                result.unicodeScalars.append(scalar)
            default:
                // Characters that YAML does not allow, takes for the end of a line, or nobody sees.
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            }
        }
        return result + "\""
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
