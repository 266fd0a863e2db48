/// A value of a document that knows where it stands.
package struct DocumentNode: Sendable {
    /// A key of a mapping with its value, in the order of the document.
    package struct Entry: Sendable {
        /// The key's text.
        package let key: String
        /// The line of the key, counted from 1.
        package let line: Int
        /// The column of the key, counted from 1.
        package let column: Int
        /// The value.
        package let value: DocumentNode
    }

    /// What a node holds.
    package enum Content: Sendable {
        /// A single value.
        case scalar(DocumentScalar)
        /// A list.
        case sequence([DocumentNode])
        /// Keys and values; no key appears twice.
        case mapping([Entry])
    }

    /// What the node holds.
    package let content: Content
    /// The line where it begins, counted from 1.
    package let line: Int
    /// The column where it begins, counted from 1.
    package let column: Int

    /// A mapping without keys, for what was left out.
    package static func nothing(line: Int) -> DocumentNode {
        DocumentNode(content: .mapping([]), line: line, column: 1)
    }

    /// The value of a key; nil where the node is no mapping or has no such key.
    package subscript(key: String) -> DocumentNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// The element at an index; nil where the node is no sequence or is shorter.
    package subscript(index: Int) -> DocumentNode? {
        guard case .sequence(let elements) = content, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The entries in the order of the document; nil where the node is no mapping.
    package var mapping: [Entry]? {
        guard case .mapping(let entries) = content else { return nil }
        return entries
    }

    /// The elements; nil where the node is no sequence.
    package var sequence: [DocumentNode]? {
        guard case .sequence(let elements) = content else { return nil }
        return elements
    }

    /// The scalar; nil where the node is a collection.
    package var scalar: DocumentScalar? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar
    }

    /// The text of a string, or of a number exactly as it is written; nil for everything else.
    ///
    /// A version such as `1.10` is a number to YAML; its text is what its author meant.
    package var string: String? {
        guard let scalar else { return nil }
        switch scalar.kind {
        case .string, .integer, .number: return scalar.text
        case .boolean, .null: return nil
        }
    }

    /// `true` or `false`; nil for everything else, the text "true" in quotes included.
    package var bool: Bool? {
        guard let scalar, scalar.kind == .boolean else { return nil }
        return scalar.text.utf8.first == UInt8(ascii: "t") || scalar.text.utf8.first == UInt8(ascii: "T")
    }

    /// An integer that fits; nil for everything else.
    package var int: Int? {
        guard let scalar, scalar.kind == .integer else { return nil }
        return scalar.integerValue
    }

    /// Whether the node is null, or empty.
    package var isNull: Bool {
        scalar?.kind == .null
    }

    /// What the node is, for an error message: "a mapping", "a list", "a string" and so on.
    package var kindName: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar(let scalar): scalar.kind.name
        }
    }
}
