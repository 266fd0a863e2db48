/// Reads a mapping strictly: a missing key, a wrong type and a key that nobody asked for are errors with their line.
///
/// A key is known as soon as it has been asked for. A key whose value is empty counts as absent.
package struct MappingReader {
    /// The name of the document, for errors.
    package let file: String
    /// Where the mapping stands in the document, such as `deployment.singleVM`; empty at the top.
    package let path: String
    /// The line where the mapping begins, counted from 1.
    package let line: Int
    private let entries: [DocumentNode.Entry]
    private var known: [String] = []
    private var ignoresRest = false

    private init(entries: [DocumentNode.Entry], file: String, path: String, line: Int) {
        self.entries = entries
        self.file = file
        self.path = path
        self.line = line
    }

    /// Reads a node that must be a mapping, then refuses the keys that `body` did not ask for.
    /// - Parameters:
    ///   - node: the mapping.
    ///   - file: the name of the document, for errors.
    ///   - path: where the node stands in the document.
    ///   - body: asks for every key that may be there.
    /// - Returns: what `body` returns.
    /// - Throws: `DocumentError` where the node is no mapping, `body` throws, or a key is left that it did not ask for.
    package static func read<Value>(
        _ node: DocumentNode,
        file: String,
        path: String = "",
        body: (inout MappingReader) throws(DocumentError) -> Value
    ) throws(DocumentError) -> Value {
        guard let entries = node.mapping else {
            let place = path.isEmpty ? "the document" : "“\(path)”"
            throw DocumentError(
                .wrongValue,
                file: file,
                line: node.line,
                column: node.column,
                "\(place) must be a mapping, and is \(node.kindName)"
            )
        }
        var reader = MappingReader(entries: entries, file: file, path: path, line: node.line)
        let value = try body(&reader)
        try reader.refuseUnknownKeys()
        return value
    }

    /// The keys in the order of the document.
    package var keys: [String] { entries.map(\.key) }

    /// Lets the keys pass that are not asked for: for formats that are not ours and may grow.
    package mutating func ignoreOtherKeys() {
        ignoresRest = true
    }

    /// The value of a key as it stands; nil where it is absent or empty.
    package mutating func node(_ key: String) -> DocumentNode? {
        known.append(key)
        guard let value = entries.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    /// An error that points at the value of a key, or at the mapping where the key is absent.
    package func error(
        _ key: String,
        _ message: String,
        code: DocumentError.Code = .wrongValue
    ) -> DocumentError {
        let entry = entries.first { $0.key == key }
        return DocumentError(
            code,
            file: file,
            line: entry?.value.line ?? line,
            column: entry?.value.column,
            "“\(name(of: key))” \(message)"
        )
    }

    /// A key with its path, such as `source.url`.
    package func name(of key: String) -> String {
        path.isEmpty ? Self.plain(key) : "\(path).\(Self.plain(key))"
    }

    /// Reads the value of a key with `convert`, which returns nil for a value that will not do.
    package mutating func optional<Value>(
        _ key: String,
        as kind: String,
        _ convert: (DocumentNode) -> Value?
    ) throws(DocumentError) -> Value? {
        guard let node = node(key) else { return nil }
        guard let value = convert(node) else { throw error(key, "must be \(kind), and is \(Self.shown(node))") }
        return value
    }

    /// As `optional`, and the key must be there.
    package mutating func required<Value>(
        _ key: String,
        as kind: String,
        _ convert: (DocumentNode) -> Value?
    ) throws(DocumentError) -> Value {
        if let value = try optional(key, as: kind, convert) { return value }
        throw error(key, "is missing; it must be \(kind)", code: .missingKey)
    }

    private func refuseUnknownKeys() throws(DocumentError) {
        guard !ignoresRest, let stray = entries.first(where: { !known.contains($0.key) }) else { return }
        var message = "the key “\(name(of: stray.key))” is not known"
        if let nearest = nearestWord(to: stray.key, among: known) {
            message += "; did you mean “\(nearest)”?"
        } else if !known.isEmpty {
            message += "; known here: \(known.joined(separator: ", "))"
        }
        throw DocumentError(.unknownKey, file: file, line: stray.line, column: stray.column, message)
    }

    private static func shown(_ node: DocumentNode) -> String {
        // The value itself may be a secret that slipped into the wrong key: its kind is enough.
        node.kindName
    }

    private static func plain(_ key: String) -> String {
        String(DocumentError.excerpt(key).dropFirst().dropLast())
    }
}
