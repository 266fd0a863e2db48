/// The name of a run: its start in UTC and four characters against collisions, such as `20261123-103045-7f3a`.
///
/// Only digits, lower-case letters and dashes: folders and containers are named after it.
package struct RunID: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The name as text.
    package let description: String

    /// Reads a name, or returns nil where it is not one.
    package init?(_ text: String) {
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
        guard isPlain, (1...40).contains(text.utf8.count), text.first != "-" else { return nil }
        description = text
    }

    /// Names a run that starts at `moment`; `salt` is any random number.
    package init(startedAt moment: Moment, salt: UInt16) {
        let digits = moment.description.prefix(19).filter { $0 != "-" && $0 != ":" }
        let hexadecimal = String(salt, radix: 16)
        let time = digits.replacingTimeSeparator()
        description = time + "-" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = RunID(text) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "not the name of a run")
            )
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension String {
    /// `20261123T103045` becomes `20261123-103045`.
    fileprivate func replacingTimeSeparator() -> String { String(map { $0 == "T" ? "-" : $0 }) }
}
