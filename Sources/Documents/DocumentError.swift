/// Why a document was refused, and where.
///
/// The description is one line that names the file, the line, and the key or character that is wrong. It never holds
/// more of the document than a short, escaped excerpt.
package struct DocumentError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is.
    package enum Code: String, Sendable {
        /// The file could not be opened or read.
        case unreadable
        /// The text is not well-formed YAML or JSON, not UTF-8, or holds a NUL.
        case malformed
        /// A limit of `DocumentLimits` was passed.
        case limit
        /// A mapping has the same key twice.
        case duplicateKey
        /// An alias or a collection is used as a key, or a tag is used that has no meaning here.
        case unsupported
        /// A required key is absent or has no value.
        case missingKey
        /// A key that nobody knows.
        case unknownKey
        /// A value is of another type than is needed, or is not one of the values that are allowed.
        case wrongValue
    }

    /// What kind of trouble it is.
    package var code: Code
    /// The name of the document as the reader knows it, such as the path that was given.
    package var file: String
    /// The line, counted from 1; nil where the trouble is not at one place.
    package var line: Int?
    /// The column, counted from 1; nil where the trouble is not at one place.
    package var column: Int?
    /// What is wrong, without the place.
    package var message: String

    /// Makes an error; `line` and `column` count from 1.
    package init(_ code: Code, file: String, line: Int? = nil, column: Int? = nil, _ message: String) {
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `file:line: message`.
    package var description: String {
        guard let line else { return "\(file): \(message)" }
        return "\(file):\(line): \(message)"
    }
}

extension DocumentError {
    /// Text from a document, fit to be shown on a terminal: in quotes, control characters escaped, at most 60 characters.
    package static func excerpt(_ text: some StringProtocol) -> String {
        var shown = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < 60 else {
                shown += "…"
                break
            }
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                shown += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                shown.unicodeScalars.append(scalar)
            }
        }
        return "“\(shown)”"
    }
}
