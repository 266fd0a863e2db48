/// One line of a fingerprint as manifests hold it: fields as in the text format of PostgreSQL's `COPY`, joined by tabs,
/// `\\N` for none. A line takes a small part of the memory that an object of JSON takes, and a database can have many.
struct FingerprintLine {
    var fields: [String?]

    init(_ fields: [String?]) {
        self.fields = fields
    }

    /// Reads a line; nil where it has another number of fields.
    init?(_ text: String, fields count: Int) {
        let parts = text.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        guard parts.count == count else { return nil }
        fields = parts.map(Self.unescaped)
    }

    var text: String {
        fields.map { $0.map(Self.escaped) ?? "\\N" }.joined(separator: "\t")
    }

    private static func escaped(_ field: String) -> String {
        guard field.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 < 32 }) else { return field }
        var bytes: [UInt8] = []
        for byte in field.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += Array("\\\\".utf8)
            case UInt8(ascii: "\t"): bytes += Array("\\t".utf8)
            case UInt8(ascii: "\n"): bytes += Array("\\n".utf8)
            case UInt8(ascii: "\r"): bytes += Array("\\r".utf8)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func unescaped(_ field: Substring.UTF8View) -> String? {
        guard field.contains(UInt8(ascii: "\\")) else { return String(decoding: field, as: UTF8.self) }
        guard !field.elementsEqual("\\N".utf8) else { return nil }
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in field {
            if isEscaped {
                isEscaped = false
                switch byte {
                case UInt8(ascii: "t"): bytes.append(UInt8(ascii: "\t"))
                case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
                case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
                default: bytes.append(byte)
                }
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension TableRows: Codable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(FingerprintLine([name, String(rows), sum]).text)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let line = FingerprintLine(try container.decode(String.self), fields: 3), let name = line.fields[0],
            let rows = line.fields[1].flatMap({ Int64($0) }), let sum = line.fields[2]
        else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the rows of a table") }
        self.init(name: name, rows: rows, sum: sum)
    }
}

extension ObjectPrint: Codable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let fields = [kind.rawValue, name, owner, grants, definition?.description, value, version]
        try container.encode(FingerprintLine(fields).text)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let line = FingerprintLine(try container.decode(String.self), fields: 7),
            let kind = line.fields[0].flatMap({ ObjectKind(rawValue: $0) }), let name = line.fields[1]
        else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an object") }
        var definition: DefinitionDigest?
        if let text = line.fields[4] {
            guard let digest = DefinitionDigest(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a digest")
            }
            definition = digest
        }
        self.init(
            kind: kind,
            name: name,
            owner: line.fields[2],
            grants: line.fields[3],
            definition: definition,
            value: line.fields[5],
            version: line.fields[6]
        )
    }
}
