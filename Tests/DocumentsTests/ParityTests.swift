import Testing

@testable import Documents

@Suite struct ParityTests {
    /// What a node holds, without its place.
    private func shape(_ node: DocumentNode) -> String {
        switch node.content {
        case .scalar(let scalar): "\(scalar.kind):\(scalar.text.debugDescription)"
        case .sequence(let elements): "[" + elements.map(shape).joined(separator: ",") + "]"
        case .mapping(let entries): "{" + entries.map { "\($0.key):\(shape($0.value))" }.joined(separator: ",") + "}"
        }
    }

    private func value(depth: Int, _ generator: inout SeededGenerator) -> String {
        let scalars = [
            "1", "-2.5", "1e3", "true", "false", "null", "\"\"", "\"a: b\"", "\"ü\\n\\\"\"", "\"no\"", "\"1\"",
        ]
        switch Int.random(in: 0...(depth > 3 ? 2 : 5), using: &generator) {
        case 0...2:
            return scalars[Int.random(in: scalars.indices, using: &generator)]
        case 3, 4:
            let count = Int.random(in: 0...3, using: &generator)
            let entries = (0..<count).map { "\"k\($0)\": \(value(depth: depth + 1, &generator))" }
            return "{" + entries.joined(separator: ",\n ") + "}"
        default:
            let count = Int.random(in: 0...3, using: &generator)
            return "[" + (0..<count).map { _ in value(depth: depth + 1, &generator) }.joined(separator: ", ") + "]"
        }
    }

    @Test func `JSON says the same to both readers`() throws {
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<1_000 {
            let text = Array(value(depth: 0, &generator).utf8)
            let json = try Document.parse(json: text, name: "json").root
            let yaml = try Document.parse(yaml: text, name: "yaml").root
            #expect(shape(json) == shape(yaml), "\(String(decoding: text, as: UTF8.self))")
            #expect(json.line == yaml.line && json.mapping?.map(\.line) == yaml.mapping?.map(\.line))
        }
    }
}
