/// A text in which what stands between backticks is something to type, as a page shows it.
struct Prose: Sendable, Hashable {
    struct Part: Sendable, Hashable {
        var text: String
        var isCode: Bool
    }

    var parts: [Part]

    init(_ text: String) {
        let pieces = text.split(separator: "`", omittingEmptySubsequences: false)
        // A backtick without a second one is one.
        guard !pieces.count.isMultiple(of: 2) else {
            parts = [Part(text: text, isCode: false)]
            return
        }
        parts = pieces.enumerated().map { Part(text: String($1), isCode: !$0.isMultiple(of: 2)) }
            .filter { !$0.text.isEmpty }
    }
}
