/// Text for terminals of 80 columns.
package enum TextLayout {
    /// The number of columns that everything fits in.
    package static let columns = 80

    /// Breaks text at spaces; lines that are there stay. Every line but the first begins with `indent` spaces.
    package static func wrap(_ text: String, indent: Int = 0, columns: Int = columns) -> String {
        let margin = String(repeating: " ", count: indent)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var lines: [String] = []
            var current = ""
            for word in line.split(separator: " ", omittingEmptySubsequences: false) {
                let room = columns - (lines.isEmpty ? 0 : indent)
                if !current.isEmpty, current.count + 1 + word.count > room {
                    lines.append(current)
                    current = String(word)
                } else {
                    current += (current.isEmpty ? "" : " ") + word
                }
            }
            lines.append(current)
            return lines.joined(separator: "\n" + margin)
        }.joined(separator: "\n" + margin)
    }

    /// Rows under headings, every column as wide as its widest cell. The last column is broken where the table would
    /// be wider than the terminal.
    package static func table(_ headings: [String], _ rows: [[String]]) -> String {
        let rows = rows.map { row in row.map(plain) }
        let widths = headings.indices.map { index in
            ([headings[index]] + rows.map { $0[index] }).map(\.count).max() ?? 0
        }
        let before = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        let lines = ([headings] + rows).map { row -> String in
            var line = ""
            for (index, cell) in row.enumerated() {
                let isLast = index == row.count - 1
                let padding = isLast ? "" : String(repeating: " ", count: widths[index] - cell.count + 2)
                let text = isLast ? wrap(cell, indent: before, columns: max(20, columns - before) + before) : cell
                line += isLast && before + cell.count > columns ? wrapTail(cell, before: before) : text + padding
            }
            return trimmed(line)
        }
        return lines.joined(separator: "\n")
    }

    private static func wrapTail(_ cell: String, before: Int) -> String {
        let margin = String(repeating: " ", count: before)
        return wrap(cell, columns: max(20, columns - before)).split(separator: "\n").joined(separator: "\n" + margin)
    }

    /// Text from outside without anything that moves a cursor or rings a bell.
    package static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar.value < 0x20 && scalar != "\n" || (0x7F...0x9F).contains(scalar.value)
                        || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
                        ? " " : scalar
                }
            )
        )
    }

    private static func trimmed(_ line: String) -> String {
        var line = line[...]
        while line.last == " " { line = line.dropLast() }
        return String(line)
    }

    /// A size such as `1.2 GB`.
    package static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        var unit = "B"
        for next in ["kB", "MB", "GB", "TB"] where value >= 1000 {
            value /= 1000
            unit = next
        }
        return unit == "B" || value >= 100 ? "\(Int(value.rounded())) \(unit)" : "\(tenths(value)) \(unit)"
    }

    /// A duration such as `3 min 20 s`.
    package static func duration(_ seconds: Double) -> String {
        if seconds < 10 { return "\(tenths(seconds)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
