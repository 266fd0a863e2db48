import CYaml

/// Builds nodes from the events of libyaml, which Yams carries.
///
/// Yams' own composer follows aliases while it hashes keys, which takes exponential time, and recurses as deep as the
/// text nests. Reading events keeps both in our hands: keys are single values before anything is built of them, an
/// alias costs what it stands for, and depth is counted rather than called.
struct YAMLReader {
    private let name: String
    private let limits: DocumentLimits
    private var builder: YAMLBuilder
    private var documents: [DocumentNode] = []

    /// The documents of a stream that is UTF-8 and holds no NUL.
    static func documents(
        in bytes: [UInt8],
        name: String,
        limits: DocumentLimits
    ) throws(DocumentError) -> [DocumentNode] {
        // Every %TAG directive is compared with all before it.
        guard directives(in: bytes) <= 64 else {
            throw DocumentError(.limit, file: name, "more than 64 directives")
        }
        var reader = YAMLReader(name: name, limits: limits, builder: YAMLBuilder(name: name, limits: limits))
        try bytes.withUnsafeBufferPointer { (buffer) throws(DocumentError) in
            try reader.read(buffer)
        }
        return reader.documents
    }

    private static func directives(in bytes: [UInt8]) -> Int {
        var count = 0
        var previous = UInt8(ascii: "\n")
        for byte in bytes {
            if byte == UInt8(ascii: "%"), previous == UInt8(ascii: "\n") || previous == UInt8(ascii: "\r") {
                count += 1
            }
            previous = byte
        }
        return count
    }

    private mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(DocumentError) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw DocumentError(.unreadable, file: name, "no memory for the parser")
        }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw failure(of: parser.pointee) }
            defer { yaml_event_delete(&event) }
            if event.type == YAML_STREAM_END_EVENT { return }
            try handle(event)
        }
    }

    private mutating func handle(_ event: yaml_event_t) throws(DocumentError) {
        let place = Place(line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        switch event.type {
        case YAML_DOCUMENT_END_EVENT:
            if let root = builder.finishDocument() { documents.append(root) }
        case YAML_ALIAS_EVENT:
            try builder.alias(text(event.data.alias.anchor) ?? "", at: place)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let buffer = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            try builder.scalar(
                String(decoding: buffer, as: UTF8.self),
                isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                tag: scalar.plain_implicit == 1 || scalar.quoted_implicit == 1 ? nil : text(scalar.tag),
                anchor: text(scalar.anchor),
                at: place
            )
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            let tag = start.implicit == 1 ? nil : text(start.tag)
            try builder.begin(.sequence, tag: tag, anchor: text(start.anchor), at: place)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            let tag = start.implicit == 1 ? nil : text(start.tag)
            try builder.begin(.mapping, tag: tag, anchor: text(start.anchor), at: place)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            try builder.end()
        default:
            break
        }
    }

    private func text(_ pointer: UnsafePointer<UInt8>?) -> String? {
        guard let pointer else { return nil }
        return String(decodingCString: pointer, as: UTF8.self)
    }

    private func failure(of parser: yaml_parser_t) -> DocumentError {
        let problem = parser.problem.map { String(cString: $0) } ?? "the text is not YAML"
        return DocumentError(
            .malformed,
            file: name,
            line: Int(parser.problem_mark.line) + 1,
            column: Int(parser.problem_mark.column) + 1,
            problem
        )
    }
}

/// A position in a text, counted from 1.
struct Place {
    var line: Int
    var column: Int
}
