internal import Documents

extension JSONValue {
    /// Reads JSON.
    ///
    /// - Parameters:
    ///   - json: the text in UTF-8.
    ///   - limit: the most bytes that it may have.
    /// - Returns: the value; nil where the text is no JSON, is larger, or nests deeper than 200 levels. NUL characters in
    ///   texts, which programs that have died leave in their last words, are read as U+FFFD.
    package static func read(_ json: [UInt8], limit: Int) -> JSONValue? {
        // Every value takes at least a byte and a comma, so that the bytes bound the nodes as well.
        let limits = DocumentLimits(bytes: limit, nodes: max(limit, 1000), depth: 200)
        let document = try? Document.parse(json: json, name: "the answer", limits: limits, replacesBadText: true)
        return document.map { JSONValue($0.root) }
    }

    /// Takes over a node of a document.
    init(_ node: DocumentNode) {
        switch node.content {
        case .sequence(let elements): self = .array(elements.map { JSONValue($0) })
        case .mapping(let entries): self = .object(entries.map { Field($0.key, JSONValue($0.value)) })
        case .scalar(let scalar):
            self =
                switch scalar.kind {
                case .null: .null
                case .boolean: .bool(node.bool == true)
                case .integer, .number: .number(scalar.text)
                case .string: .string(scalar.text)
                }
        }
    }

    /// The value as JSON without white space. Whoever prints it sees to it that no secret is in it.
    package var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// The same in UTF-8.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .number(let text): bytes += text.utf8
        case .string(let text): Self.write(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let fields):
            bytes.append(UInt8(ascii: "{"))
            for (index, field) in fields.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(field.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                field.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case ..<0x20:
                let digits = String(byte, radix: 16)
                bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
