/// A text in which what stands between backticks is something to type, as a page shows it, and in which moments are those
/// of the reader's zone.
struct Prose: Sendable, Hashable {
    struct Part: Sendable, Hashable {
        var text: String
        var isCode: Bool
        /// The moment that the text is, where it is one.
        var when: When?
    }

    var parts: [Part]

    init(_ text: String) {
        let pieces = text.split(separator: "`", omittingEmptySubsequences: false)
        // A backtick without a second one is one.
        guard !pieces.count.isMultiple(of: 2) else {
            parts = Self.plain(text[...])
            return
        }
        parts = pieces.enumerated().flatMap { index, piece in
            index.isMultiple(of: 2) ? Self.plain(piece) : [Part(text: String(piece), isCode: true)]
        }
        .filter { !$0.text.isEmpty }
    }

    /// A text that is nothing to type, with its moments apart.
    private static func plain(_ text: Substring) -> [Part] {
        var parts: [Part] = []
        var rest = text
        while let found = rest.firstMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/) {
            let moment = String(found.output.0)
            parts.append(Part(text: String(rest[..<found.range.lowerBound]), isCode: false))
            parts.append(Part(text: moment, isCode: false, when: When(moment)))
            rest = rest[found.range.upperBound...]
        }
        parts.append(Part(text: String(rest), isCode: false))
        return parts.filter { !$0.text.isEmpty }
    }
}
