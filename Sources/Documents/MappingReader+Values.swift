extension MappingReader {
    /// A string that must be there and not be empty. A number counts, as it is written.
    package mutating func string(_ key: String) throws(DocumentError) -> String {
        try required(key, as: "a string that is not empty") { Self.text($0) }
    }

    /// A string that is not empty; nil where it is absent.
    package mutating func optionalString(_ key: String) throws(DocumentError) -> String? {
        try optional(key, as: "a string that is not empty") { Self.text($0) }
    }

    /// `true` or `false`, which must be there.
    package mutating func bool(_ key: String) throws(DocumentError) -> Bool {
        try required(key, as: "true or false", \.bool)
    }

    /// `true` or `false`; nil where it is absent.
    package mutating func optionalBool(_ key: String) throws(DocumentError) -> Bool? {
        try optional(key, as: "true or false", \.bool)
    }

    /// A whole number that must be there.
    package mutating func int(_ key: String) throws(DocumentError) -> Int {
        try required(key, as: "a whole number", \.int)
    }

    /// A whole number; nil where it is absent.
    package mutating func optionalInt(_ key: String) throws(DocumentError) -> Int? {
        try optional(key, as: "a whole number", \.int)
    }

    /// One of the raw values of an enumeration; nil where it is absent.
    package mutating func optionalChoice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        of type: Choice.Type = Choice.self
    ) throws(DocumentError) -> Choice? where Choice.RawValue == String {
        let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try optional(key, as: "one of: \(allowed)") { $0.string.flatMap(Choice.init(rawValue:)) }
    }

    /// One of the raw values of an enumeration, which must be there.
    package mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        of type: Choice.Type = Choice.self
    ) throws(DocumentError) -> Choice where Choice.RawValue == String {
        if let choice = try optionalChoice(key, of: type) { return choice }
        let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw error(key, "is missing; it must be one of: \(allowed)", code: .missingKey)
    }

    /// A list of strings that are not empty; an empty list where it is absent.
    package mutating func strings(_ key: String) throws(DocumentError) -> [String] {
        let file = file
        return try list(key) { (node, name) throws(DocumentError) in
            guard let text = Self.text(node) else { throw Self.wrong(node, name, file, "a string that is not empty") }
            return text
        }
    }

    /// A mapping whose values are strings, in the order of the document; empty where it is absent.
    package mutating func stringMapping(_ key: String) throws(DocumentError) -> [(key: String, value: String)] {
        guard let node = node(key) else { return [] }
        guard let entries = node.mapping else { throw Self.wrong(node, name(of: key), file, "a mapping") }
        var pairs: [(key: String, value: String)] = []
        for entry in entries {
            guard let text = entry.value.string else {
                throw Self.wrong(entry.value, "\(name(of: key)).\(entry.key)", file, "a string")
            }
            pairs.append((entry.key, text))
        }
        return pairs
    }

    /// A list, each element read by `body`, which gets the element and its name; empty where it is absent.
    package mutating func list<Value>(
        _ key: String,
        element body: (DocumentNode, String) throws(DocumentError) -> Value
    ) throws(DocumentError) -> [Value] {
        guard let node = node(key) else { return [] }
        guard let elements = node.sequence else { throw Self.wrong(node, name(of: key), file, "a list") }
        var values: [Value] = []
        for (index, element) in elements.enumerated() {
            values.append(try body(element, "\(name(of: key))[\(index)]"))
        }
        return values
    }

    /// A list of mappings, each read strictly by `body`; empty where it is absent.
    package mutating func mappings<Value>(
        _ key: String,
        body: (inout MappingReader) throws(DocumentError) -> Value
    ) throws(DocumentError) -> [Value] {
        let file = file
        return try list(key) { (node, name) throws(DocumentError) in
            try MappingReader.read(node, file: file, path: name, body: body)
        }
    }

    /// A mapping, read strictly by `body`; nil where it is absent.
    package mutating func optionalMapping<Value>(
        _ key: String,
        body: (inout MappingReader) throws(DocumentError) -> Value
    ) throws(DocumentError) -> Value? {
        guard let node = node(key) else { return nil }
        return try MappingReader.read(node, file: file, path: name(of: key), body: body)
    }

    /// A mapping that must be there, read strictly by `body`.
    package mutating func mapping<Value>(
        _ key: String,
        body: (inout MappingReader) throws(DocumentError) -> Value
    ) throws(DocumentError) -> Value {
        guard let node = node(key) else { throw error(key, "is missing; it must be a mapping", code: .missingKey) }
        return try MappingReader.read(node, file: file, path: name(of: key), body: body)
    }

    /// Mappings by name, such as settings, in the order of the document; empty where the key is absent.
    package mutating func namedMappings<Value>(
        _ key: String,
        body: (String, inout MappingReader) throws(DocumentError) -> Value
    ) throws(DocumentError) -> [(key: String, value: Value)] {
        guard let node = node(key) else { return [] }
        guard let entries = node.mapping else { throw Self.wrong(node, name(of: key), file, "a mapping") }
        var pairs: [(key: String, value: Value)] = []
        for entry in entries {
            let path = "\(name(of: key)).\(entry.key)"
            let value = try MappingReader.read(entry.value, file: file, path: path) {
                (reader) throws(DocumentError) in
                try body(entry.key, &reader)
            }
            pairs.append((entry.key, value))
        }
        return pairs
    }

    private static func text(_ node: DocumentNode) -> String? {
        guard let text = node.string, !text.isEmpty else { return nil }
        return text
    }

    private static func wrong(_ node: DocumentNode, _ name: String, _ file: String, _ kind: String) -> DocumentError {
        DocumentError(
            .wrongValue,
            file: file,
            line: node.line,
            column: node.column,
            "“\(name)” must be \(kind), and is \(node.kindName)"
        )
    }
}

extension Document {
    /// Reads the document, which must be a mapping, strictly.
    package func readMapping<Value>(
        body: (inout MappingReader) throws(DocumentError) -> Value
    ) throws(DocumentError) -> Value {
        try MappingReader.read(root, file: name, body: body)
    }
}
