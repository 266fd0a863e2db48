import Reports
import Testing
import UpgradeModel

@Suite struct TextLayoutTests {
    @Test func `no line of wrapped text is wider than the terminal`() {
        let text = String(repeating: "A sentence with several words of differing lengths in it. ", count: 20)
        for indent in [0, 2, 14] {
            for line in TextLayout.wrap(text, indent: indent).split(separator: "\n") { #expect(line.count <= 80) }
        }
    }

    @Test func `a table fits into 80 columns however long its last column is`() {
        let table = TextLayout.table(
            ["RELEASE", "WHY"], [["2026.7.20", String(repeating: "because of this ", count: 20)], ["2026.1.1", "x"]]
        )
        for line in table.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        #expect(table.split(separator: "\n").count > 3)
    }

    @Test func `text from outside moves no cursor and turns no writing round`() {
        #expect(TextLayout.plain("a\u{1B}[2Jb\u{7}c\u{202E}d\u{9B}") == "a [2Jb c d ")
    }

    @Test(arguments: [(999, "999 B"), (1_200_000_000, "1.2 GB"), (123_456_789, "123 MB"), (0, "0 B")])
    func `sizes are readable`(bytes: Int64, text: String) { #expect(TextLayout.size(bytes) == text) }

    @Test(arguments: [(0.04, "0.0 s"), (9.96, "10.0 s"), (59.6, "1 min"), (200.0, "3 min 20 s"), (7260.0, "2 h 1 min")])
    func `durations are readable`(seconds: Double, text: String) { #expect(TextLayout.duration(seconds) == text) }
}
