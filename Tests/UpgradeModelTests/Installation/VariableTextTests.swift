import Testing
import UpgradeModel

@Suite struct VariableTextTests {
    @Test func `variables are put in`() throws {
        let text = try VariableText("http://${HOST}:${PORT:-8080}/a$$b")
        #expect(text.names == ["HOST", "PORT"])
        #expect(text.resolved(in: ["HOST": "h", "PORT": "1"]) == "http://h:1/a$b")
        #expect(text.resolved(in: ["HOST": "h", "PORT": ""]) == "http://h:8080/a$b")
        #expect(text.description == "http://${HOST}:${PORT:-8080}/a$$b")
    }

    @Test func `a variable without a default must have a value`() throws {
        let text = try VariableText("${A}-${B}-${A}-${C:-}")
        #expect(text.resolved(in: ["A": "1"]) == nil)
        #expect(text.missing(in: ["A": ""]) == ["A", "B"])
        #expect(text.resolved(in: ["A": "1", "B": "2"]) == "1-2-1-")
    }

    @Test(arguments: ["$A", "a$", "${A", "${}", "${1A}", "${A:?no}", "${A-b}", "${A B}", "$ "])
    func `anything else after a dollar sign is refused`(text: String) {
        #expect(throws: VariableText.Malformed.self) { try VariableText(text) }
    }

    @Test func `a literal text keeps its dollar signs`() throws {
        let text = VariableText(literal: "a${B}$")
        #expect(text.resolved(in: [:]) == "a${B}$")
        #expect(try VariableText(text.description).resolved(in: [:]) == "a${B}$")
    }
}
