/// A parsed document and the name by which errors call it.
package struct Document: Sendable {
    /// The name by which errors call the document: usually the path that it was read from.
    package let name: String
    /// Its value; null where the document is empty.
    package let root: DocumentNode

    /// Parses YAML that holds at most one document.
    ///
    /// Merge keys (`<<`) are resolved. Keys are single values and appear once; aliases count as all they stand for.
    /// - Parameters:
    ///   - yaml: the text in UTF-8.
    ///   - name: what errors call the document.
    ///   - limits: what it may cost.
    /// - Returns: the document, with nodes that know their line.
    /// - Throws: `DocumentError` that names the line.
    package static func parse(
        yaml: [UInt8],
        name: String,
        limits: DocumentLimits = .standard
    ) throws(DocumentError) -> Document {
        let documents = try parse(yamlStream: yaml, name: name, limits: limits)
        if documents.count > 1 {
            let second = documents[1].root
            throw DocumentError(
                .malformed,
                file: name,
                line: second.line,
                column: second.column,
                "a second document begins here; one was expected"
            )
        }
        let empty = DocumentNode(content: .scalar(DocumentScalar(text: "", kind: .null)), line: 1, column: 1)
        return documents.first ?? Document(name: name, root: empty)
    }

    /// Parses YAML that holds any number of documents, as Kubernetes manifests do; the limits hold for all together.
    package static func parse(
        yamlStream yaml: [UInt8],
        name: String,
        limits: DocumentLimits = .standard
    ) throws(DocumentError) -> [Document] {
        try checkBytes(yaml, name: name, limits: limits)
        return try YAMLReader.documents(in: yaml, name: name, limits: limits).map { Document(name: name, root: $0) }
    }

    /// Parses JSON by the letter of RFC 8259; a key that appears twice is refused.
    /// - Parameters:
    ///   - json: the text in UTF-8.
    ///   - name: what errors call the document.
    ///   - limits: what it may cost.
    ///   - replacesBadText: whether NUL characters and halves of surrogate pairs in texts are replaced by U+FFFD; they
    ///     are refused otherwise. For programs that pass on what others have printed.
    /// - Returns: the document, with nodes that know their line.
    /// - Throws: `DocumentError` that names the line.
    package static func parse(
        json: [UInt8],
        name: String,
        limits: DocumentLimits = .standard,
        replacesBadText: Bool = false
    ) throws(DocumentError) -> Document {
        try checkBytes(json, name: name, limits: limits)
        var reader = JSONReader(bytes: json, name: name, limits: limits, replacesBadText: replacesBadText)
        return Document(name: name, root: try reader.document())
    }

    /// Refuses what is too large, is no UTF-8 or holds a NUL.
    private static func checkBytes(_ bytes: [UInt8], name: String, limits: DocumentLimits) throws(DocumentError) {
        guard bytes.count <= limits.bytes else {
            throw DocumentError(.limit, file: name, "the document is larger than \(limits.bytes) bytes")
        }
        if let nul = bytes.firstIndex(of: 0) {
            throw DocumentError(.malformed, file: name, line: line(of: nul, in: bytes), "a NUL character")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw DocumentError(.malformed, file: name, "the document is not UTF-8")
        }
    }

    private static func line(of index: Int, in bytes: [UInt8]) -> Int {
        1 + bytes[..<index].count { $0 == UInt8(ascii: "\n") }
    }
}
