import Testing

@testable import Documents

private func parse(_ yaml: String, limits: DocumentLimits = .standard) throws -> DocumentNode {
    try Document.parse(yaml: Array(yaml.utf8), name: "test.yaml", limits: limits).root
}

private func refusal(_ yaml: String, limits: DocumentLimits = .standard) -> DocumentError? {
    refusal(Array(yaml.utf8), limits: limits)
}

private func refusal(_ yaml: [UInt8], limits: DocumentLimits = .standard) -> DocumentError? {
    do throws(DocumentError) {
        _ = try Document.parse(yaml: yaml, name: "test.yaml", limits: limits)
        return nil
    } catch {
        return error
    }
}

@Suite struct YAMLTests {
    @Test func `nodes know their types and their lines`() throws {
        let root = try parse(
            """
            # a comment
            name: demo
            nested: {yes: no, count: 012, hex: 0x1F, price: 1.50, on: true}
            list:
              - "true"
              - ~
              - |
                two
                lines
            """
        )
        #expect(root["name"]?.string == "demo")
        #expect(root["name"]?.line == 2)
        #expect(root["name"]?.column == 7)
        #expect(root["nested"]?["yes"]?.string == "no")
        #expect(root["nested"]?["yes"]?.bool == nil)
        #expect(root["nested"]?["count"]?.int == 12)
        #expect(root["nested"]?["hex"]?.int == 31)
        #expect(root["nested"]?["price"]?.string == "1.50")
        #expect(root["nested"]?["on"]?.bool == true)
        #expect(root["nested"]?["on"]?.string == nil)
        #expect(root["list"]?[0]?.string == "true")
        #expect(root["list"]?[0]?.bool == nil)
        #expect(root["list"]?[1]?.isNull == true)
        #expect(root["list"]?[2]?.string == "two\nlines")
        #expect(root["list"]?[3] == nil)
        #expect(root.mapping?.map(\.key) == ["name", "nested", "list"])
    }

    @Test func `numbers are told from versions`() {
        for text in ["1", "-1", "+1", "0", "007", "0o17", "0xfF"] {
            #expect(DocumentScalar.kind(ofPlain: text) == .integer, "\(text)")
        }
        for text in ["1.0", ".5", "1.", "1e3", "-1.5E-3", ".inf", "-.INF", ".nan"] {
            #expect(DocumentScalar.kind(ofPlain: text) == .number, "\(text)")
        }
        for text in ["1.0.0", "2025.7.16", "+", "-", ".", "e3", "1e", "0o8", "0x", "1_000", "yes", "v1", "-.", "--1"] {
            #expect(DocumentScalar.kind(ofPlain: text) == .string, "\(text)")
        }
    }

    @Test func `aliases and merge keys stand for what they name`() throws {
        let root = try parse(
            """
            base: &base {image: a, restart: always}
            more: &more {restart: "no", user: x}
            api: {<<: [*base, *more], image: b}
            copy: *base
            """
        )
        #expect(root["api"]?.mapping?.map(\.key) == ["image", "restart", "user"])
        #expect(root["api"]?["image"]?.string == "b")
        #expect(root["api"]?["restart"]?.string == "always")
        #expect(root["copy"]?["image"]?.string == "a")
    }

    @Test func `an alias may stand for a key that bears an anchor`() throws {
        #expect(try parse("&a key: *a")["key"]?.string == "key")
    }

    @Test func `an empty document is null and two are refused`() throws {
        #expect(try parse("").isNull)
        #expect(try parse("# nothing\n").isNull)
        let error = refusal("a: 1\n---\nb: 2\n")
        #expect(error?.code == .malformed)
        #expect(error?.line == 3 || error?.line == 2)
        let both = try Document.parse(yamlStream: Array("a: 1\n---\nb: 2\n".utf8), name: "x")
        #expect(both.map { $0.root.mapping?.first?.key } == ["a", "b"])
    }

    @Test func `anchors end with their document`() {
        let error = #expect(throws: DocumentError.self) {
            try Document.parse(yamlStream: Array("a: &x 1\n---\nb: *x\n".utf8), name: "x")
        }
        #expect(error?.line == 3)
    }

    @Test func `a duplicate key is refused with its line`() {
        let error = refusal("a: 1\nb: 2\n\"a\": 3\n")
        #expect(error?.code == .duplicateKey)
        #expect(error?.line == 3)
        #expect(error?.description == "test.yaml:3: the key “a” appears twice")
    }

    @Test(arguments: [
        "? *a\n: 1", "*a : 1", "{*a : 1}", "? [*a, *a]\n: 1", "{[*a]: 1}", "? {x: *a}\n: 1", "- {? *a : 1}",
    ])
    func `keys that are aliases or collections are refused`(_ key: String) {
        let error = refusal("- &a {x: 1}\n- \(key.replacing("\n", with: "\n  "))\n")
        #expect(error?.code == .unsupported)
        #expect(error?.line == 2)
    }

    @Test func `text that is no YAML is refused with its line`() {
        #expect(refusal("a: 1\nb: [1, 2\n")?.code == .malformed)
        #expect(refusal("a: 1\n\tb: 2\n")?.line == 2)
        #expect(refusal("a: 'never\nends\n")?.code == .malformed)
        #expect(refusal("a: *nothing\n")?.description.contains("“nothing”") == true)
        #expect(refusal("a: !!binary aGk=\n")?.code == .unsupported)
        #expect(refusal("a: !custom {}\n")?.code == .unsupported)
        #expect(refusal("a: !!int x\n")?.code == .unsupported)
    }

    @Test func `NUL and broken UTF-8 are refused`() {
        #expect(refusal(Array("a: 1\nb: x".utf8) + [0])?.line == 2)
        #expect(refusal("a: \"x\\0y\"\n")?.code == .malformed)
        #expect(refusal(Array("a: ".utf8) + [0xC3, 0x28])?.code == .malformed)
        #expect(refusal(Array("a: ".utf8) + [0xED, 0xA0, 0x80])?.code == .malformed)
    }

    @Test func `an excerpt of the text cannot write to a terminal`() {
        let error = refusal("\"\\e[31mred\": 1\n\"\\e[31mred\": 2\n")
        #expect(error?.message == "the key “\\u{1b}[31mred” appears twice")
    }
}

@Suite struct YAMLBombTests {
    private let bound = Duration.seconds(10)

    @Test func `a billion laughs are refused at once`() {
        var yaml = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1...30 {
            yaml += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
        }
        let elapsed = ContinuousClock().measure {
            #expect(refusal(yaml)?.code == .limit)
        }
        #expect(elapsed < bound)
    }

    @Test func `laughs inside keys never reach a hash`() {
        var yaml = "- &a0 {x: y}\n"
        for level in 1...60 { yaml += "- &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        for key in ["? *a60\n  : 1", "? [*a60]\n  : 1", "*a60 : 1", "{*a60 : 1, *a59 : 2}"] {
            let elapsed = ContinuousClock().measure {
                #expect(refusal(yaml + "- \(key)\n") != nil)
            }
            #expect(elapsed < bound)
        }
    }

    @Test func `a quadratic bomb is refused`() {
        let big = Array(repeating: "x", count: 20_000).joined(separator: ",")
        let yaml = "a: &a [\(big)]\nb: [\(Array(repeating: "*a", count: 20_000).joined(separator: ","))]\n"
        let elapsed = ContinuousClock().measure {
            #expect(refusal(yaml)?.code == .limit)
        }
        #expect(elapsed < bound)
    }

    @Test func `a bomb of merge keys is refused`() {
        var yaml = "a0: &a0 {k0: 1}\n"
        for level in 1...40 {
            yaml += "a\(level): &a\(level) {<<: [*a\(level - 1), *a\(level - 1)], k\(level): 1}\n"
        }
        #expect(refusal(yaml)?.code == .limit)
    }

    @Test func `aliases cannot nest deeper than the limit`() {
        var yaml = "- &a0 [x]\n"
        for level in 1...5_000 { yaml += "- &a\(level) [*a\(level - 1)]\n" }
        let error = refusal(yaml)
        #expect(error?.code == .limit)
        #expect(error?.message.contains("100 levels") == true)
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "{? ", "[{"])
    func `deep nesting is refused in bounded time`(_ opening: String) {
        let count = (4 << 20) / opening.utf8.count - 1
        let elapsed = ContinuousClock().measure {
            #expect(refusal(String(repeating: opening, count: count)) != nil)
        }
        #expect(elapsed < bound)
    }

    @Test(arguments: [
        "%TAG !a! b\n", "&a ", "a: b\n? ", "\"", "'", "\\", "*a ", "!a ", "- - \n", "a:\n a:\n", "#\n", ",", "|\n",
    ])
    func `repeated fragments end in bounded time`(_ fragment: String) {
        let elapsed = ContinuousClock().measure {
            _ = refusal(String(repeating: fragment, count: (1 << 20) / fragment.utf8.count))
        }
        #expect(elapsed < bound)
    }

    @Test func `limits are exact`() {
        let limits = DocumentLimits(bytes: 40, nodes: 7, depth: 2)
        #expect(refusal("{a: [1, 2], b: 3}", limits: limits) == nil)
        #expect(refusal("{a: [1, 2], b: [3]}", limits: limits)?.code == .limit)
        #expect(refusal("[[[1]]]", limits: limits)?.code == .limit)
        #expect(refusal("[[1]]", limits: limits) == nil)
        #expect(refusal("[1]" + String(repeating: " ", count: 37), limits: limits) == nil)
        #expect(refusal("[1]" + String(repeating: " ", count: 38), limits: limits)?.code == .limit)
    }

    @Test func `random bytes never do harm`() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("ab:-?[]{},&*!|>'\"%@`#\n\n  \t~01.<".utf8)
        for _ in 0..<3_000 {
            let length = Int.random(in: 0...60, using: &generator)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0x20 }
            _ = refusal(bytes)
        }
    }
}

/// The same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
