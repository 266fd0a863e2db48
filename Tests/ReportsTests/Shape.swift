import Foundation
import Testing

@testable import Reports

/// The shape of a JSON document: its keys, and those of what it holds.
indirect enum Shape: Sendable {
    case object([String: Shape])
    case list(Shape?)
    case value

    /// The shape of a text.
    init(json: String) throws {
        self.init(try JSONSerialization.jsonObject(with: Data(json.utf8)))
    }

    private init(_ value: Any) {
        switch value {
        case let object as [String: Any]: self = .object(object.mapValues { Shape($0) })
        case let list as [Any]: self = .list(list.first.map { Shape($0) })
        default: self = .value
        }
    }

    /// The paths that `promised` has and this one lacks. A null or an empty list stands for anything: reports may not
    /// have a value there, and examples may not show one.
    func missing(from promised: Shape, at path: String = "") -> [String] {
        switch (promised, self) {
        case (.object(let promised), .object(let own)):
            promised.sorted { $0.key < $1.key }.flatMap { key, shape in
                own[key]?.missing(from: shape, at: "\(path).\(key)") ?? ["\(path).\(key)"]
            }
        case (.list(let promised?), .list(let own?)):
            own.missing(from: promised, at: "\(path)[]")
        default: []
        }
    }
}

/// Checks that a report has every key that the reference promises.
func expect(_ report: some Encodable, like example: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    for text in [JSONText.line(report), JSONText.document(report)] {
        let missing = try Shape(json: text).missing(from: try Shape(json: try Reference.example(example)))
        #expect(missing == [], "\(text)", sourceLocation: sourceLocation)
    }
    #expect(!JSONText.line(report).contains("\n"), sourceLocation: sourceLocation)
}

/// The pages of the reference.
enum Reference {
    struct Missing: Error {
        let heading: String
    }

    /// The text of a page.
    static func page(_ name: String) throws -> String {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 {
            root.deleteLastPathComponent()
        }
        return try String(contentsOf: root.appendingPathComponent("docs/reference/\(name)"), encoding: .utf8)
    }

    /// The first JSON example of `json.md` below the heading that begins with `heading`, or after a phrase.
    static func example(_ heading: String) throws -> String {
        let text = try page("json.md")
        guard let start = text.range(of: heading), let open = text[start.upperBound...].range(of: "```json\n"),
            let close = text[open.upperBound...].range(of: "\n```")
        else {
            throw Missing(heading: heading)
        }
        return String(text[open.upperBound..<close.lowerBound])
    }
}
