package import UpgradeModel

/// One row of an answer, in PostgreSQL's text form.
package struct PostgresRow: Sendable, Hashable {
    /// The columns; nil is NULL.
    package let columns: [[UInt8]?]

    /// Makes a row.
    package init(columns: [[UInt8]?]) {
        self.columns = columns
    }

    /// A column's bytes; nil for NULL, and for a column that the answer does not have.
    package func bytes(_ index: Int) -> [UInt8]? {
        columns.indices.contains(index) ? columns[index] : nil
    }

    /// A column as text, bytes that are not UTF-8 replaced; nil for NULL.
    package func text(_ index: Int) -> String? {
        bytes(index).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A column that must not be NULL, as text.
    /// - Throws: `Trouble` where it is.
    package func required(_ index: Int) throws(Trouble) -> String {
        guard let text = text(index) else {
            throw Trouble(
                .internal,
                "unexpected-answer",
                "The server answered NULL in column \(index + 1).",
                remedy: "Report this as a bug."
            )
        }
        return text
    }

    /// A column as a whole number; nil for NULL and for anything else.
    package func integer(_ index: Int) -> Int64? { text(index).flatMap { Int64($0) } }

    /// A column as a truth value; false for NULL.
    package func bool(_ index: Int) -> Bool { text(index) == "t" }
}
