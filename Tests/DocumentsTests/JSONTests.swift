import Foundation
import Testing

@testable import Documents

private func parse(_ json: String, limits: DocumentLimits = .standard) throws -> DocumentNode {
    try Document.parse(json: Array(json.utf8), name: "test.json", limits: limits).root
}

private func refusal(_ json: String, limits: DocumentLimits = .standard) -> DocumentError? {
    do throws(DocumentError) {
        _ = try Document.parse(json: Array(json.utf8), name: "test.json", limits: limits)
        return nil
    } catch {
        return error
    }
}

@Suite struct JSONTests {
    @Test func `values know their types and their lines`() throws {
        let root = try parse("{\n \"a\": [1, -2.50, true, null],\n \"b\": \"x\\u00e9\\ud83d\\ude00\\n\\/\"\n}\n")
        #expect(root["a"]?[0]?.int == 1)
        #expect(root["a"]?[1]?.string == "-2.50")
        #expect(root["a"]?[2]?.bool == true)
        #expect(root["a"]?[3]?.isNull == true)
        #expect(root["b"]?.string == "xé😀\n/")
        #expect(root["b"]?.line == 3)
        #expect(root["b"]?.column == 7)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "+1", "1e", "tru", "\"", "\"\\x\"", "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u0000\"", "\"\t\"", "[1] 2", "{\"a\" 1}", "[1 2]", "'a'", "NaN",
        "// c\n1", "\u{FEFF}1", "{\"a\":1,\"a\":2}", "-", "{1:2}", "\"\\u12\"", "[", "{\"a\":",
    ])
    func `what is not JSON is refused`(_ text: String) {
        #expect(refusal(text) != nil)
    }

    @Test func `text that nothing can hold is replaced where a program passes on what others print`() throws {
        let json = #"["a\u0000b", "\ud800", "\udc00", "\ud800x", "\ud800\u0041", "\ud83d\ude00"]"#
        let root = try Document.parse(json: Array(json.utf8), name: "x", replacesBadText: true).root
        let texts = root.sequence?.map { $0.string ?? "" }
        #expect(texts == ["a\u{FFFD}b", "\u{FFFD}", "\u{FFFD}", "\u{FFFD}x", "\u{FFFD}A", "😀"])
        for bad in [#"["\ud800\u12"]"#, #"["\u00"]"#] {
            #expect(throws: DocumentError.self) {
                try Document.parse(json: Array(bad.utf8), name: "x", replacesBadText: true)
            }
        }
    }

    @Test func `a key that appears twice is refused in every spelling`() {
        let error = refusal("{\"a\": 1,\n\"\\u0061\": 2}")
        #expect(error?.code == .duplicateKey)
        #expect(error?.line == 2)
    }

    @Test func `limits hold`() {
        #expect(refusal(String(repeating: "[", count: 1 << 20))?.code == .limit)
        #expect(refusal(String(repeating: "{\"a\":", count: 1 << 18))?.code == .limit)
        let many = "[" + Array(repeating: "1", count: 600_000).joined(separator: ",") + "]"
        #expect(refusal(many)?.code == .limit)
        #expect(refusal("[1,2]", limits: DocumentLimits(nodes: 3)) == nil)
        #expect(refusal("[1,2]", limits: DocumentLimits(nodes: 2))?.code == .limit)
    }

    @Test func `random texts are judged as Foundation judges them`() {
        var generator = SeededGenerator(seed: 11)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "1", "-0", "1.5e3", "true", "null", " ", "\n", "\"\\n\"",
        ]
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...9, using: &generator)
            let text = (0..<count).compactMap { _ in pieces.randomElement(using: &generator) }.joined()
            let foundation = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
            let error = refusal(text)
            guard error?.code != .duplicateKey else { continue }
            #expect((error == nil) == (foundation != nil), "\(text)")
        }
    }
}
