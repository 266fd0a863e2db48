/// Release notes as their publisher has written them, in blocks: headings, lists and paragraphs of simple Markdown, and
/// code in any of them. Everything else stays as it is.
struct NotesText {
    struct Block {
        var heading: Prose?
        var paragraph: Prose?
        var items: [Prose]
        var isList: Bool
    }

    var blocks: [Block] = []

    init?(_ text: String?) {
        guard let text, !text.trimmed.isEmpty else { return nil }
        var lines: [String] = []
        var items: [String] = []
        func flush(_ blocks: inout [Block]) {
            if !lines.isEmpty {
                blocks.append(Block(paragraph: Prose(lines.joined(separator: "\n")), items: [], isList: false))
            }
            if !items.isEmpty { blocks.append(Block(items: items.map(Prose.init), isList: true)) }
            lines = []
            items = []
        }
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map({ String($0).trimmed }
        ) {
            if line.isEmpty {
                flush(&blocks)
            } else if line.hasPrefix("#") {
                flush(&blocks)
                blocks.append(Block(heading: Prose(String(line.drop { $0 == "#" }).trimmed), items: [], isList: false))
            } else if line.hasPrefix("- ") || line.hasPrefix("* ") {
                if !lines.isEmpty { flush(&blocks) }
                items.append(String(line.dropFirst(2)).trimmed)
            } else if let last = items.indices.last {
                items[last] += " " + line
            } else {
                lines.append(line)
            }
        }
        flush(&blocks)
    }
}
