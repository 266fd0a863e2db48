import Testing

@testable import Reports

@Suite struct TextLayoutTests {
    @Test func `text is broken at spaces and nothing is lost`() {
        let text = Array(repeating: "word", count: 60).joined(separator: " ")
        let lines = TextLayout.wrap(text, indent: 4).split(separator: "\n")
        #expect(lines.count > 1)
        #expect(lines.allSatisfy { $0.count <= TextLayout.columns })
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    word") })
        #expect(lines.joined(separator: " ").split(separator: " ").count == 60)
    }

    @Test func `a table fits the terminal`() {
        let long = Array(repeating: "reason", count: 40).joined(separator: " ")
        let table = TextLayout.table(["A", "WHY"], [["1", long], ["two", ""]])
        #expect(table.split(separator: "\n").allSatisfy { $0.count <= TextLayout.columns }, "\(table)")
        #expect(table.hasPrefix("A    WHY\n1    reason"))
    }

    @Test func `text from outside cannot move the cursor`() {
        #expect(TextLayout.plain("a\u{1B}[2Jb\u{202E}c\rd\n") == "a [2Jb c d\n")
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_200_000_000, "1.2 GB"), (48_400_000, "48.4 MB"), (150_000, "150 kB"),
        ] as [(Int64, String)]
    )
    func `sizes read like sizes`(bytes: Int64, text: String) {
        #expect(TextLayout.size(bytes) == text)
    }

    @Test(arguments: [
        (0.04, "0.0 s"), (1.25, "1.3 s"), (12.4, "12 s"), (59.6, "1 min"), (200, "3 min 20 s"), (3900, "1 h 5 min"),
    ])
    func `durations read like durations`(seconds: Double, text: String) {
        #expect(TextLayout.duration(seconds) == text)
    }
}
