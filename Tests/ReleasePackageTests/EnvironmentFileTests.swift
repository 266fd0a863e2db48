import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct EnvironmentFileTests {
    private func read(_ text: String) throws(Trouble) -> EnvironmentFile {
        try EnvironmentFile(bytes(text), path: "customer.env", blame: .operator)
    }

    @Test(arguments: [
        ("A=b", "b"), ("A=", ""), ("A=b c", "b c"), ("  A=b  ", "b"), ("export A=b", "b"), ("A = b", "b"),
        ("A=b # c", "b"), ("A=b#c", "b#c"), ("A=b\t# c", "b"), ("A='b # c'", "b # c"), ("A=\"b # c\" # d", "b # c"),
        ("A='b\nc'", "b\nc"), ("A=\"b\\nc\\t\\\"\\\\\"", "b\nc\t\"\\"), ("A='$b$$'", "$b$$"), ("A='b\\n'", "b\\n"),
        ("A=b\r\n", "b"), ("\u{FEFF}A=b", "b"), ("A=\"\"", ""), ("A=''", ""), ("A=b\\c", "b\\c"), ("A=a\"b", "a\"b"),
        ("A=a=b=", "a=b="), ("A=äöü", "äöü"), ("A=1\nA=2", "2"),
    ])
    func `a line is read as every Compose reads it`(line: String, value: String) throws {
        #expect(try read(line).values == ["A": value])
    }

    @Test func `comments and empty lines say nothing`() throws {
        #expect(try read("# a\n\n   # b=c\n\t\n").values == [:])
        #expect(try read("").entries == [])
    }

    @Test func `other values take the place of some, and what refers to them follows when it is merged`() throws {
        let own = try read("DB_HOST=database\nURL=\"postgres://${DB_HOST}/x\"\nKEPT='a b$'")
        let changed = try own.changing(["DB_HOST": "172.19.0.1", "DB_PASSWORD": "Abc123"])
        let merged = try MergedEnvironment(operator: changed, defaults: try read("DB_PASSWORD=real\nREST=1"))
        #expect(
            merged.values == [
                "DB_HOST": "172.19.0.1", "URL": "postgres://172.19.0.1/x", "KEPT": "a b$", "DB_PASSWORD": "Abc123",
                "REST": "1",
            ]
        )
        #expect(!merged.text.contains("real"))
    }

    @Test(arguments: ["a b", "a\nB=1", "a#", "$b", "\"", "ä"])
    func `a value that would need quotes is not written`(value: String) throws {
        let file = try read("A=1")
        #expect(throws: Trouble.self) { try file.changing(["A": value]) }
    }

    @Test func `references look back`() throws {
        let file = try read("A=1\nB=${A}2\nC=\"${B:-x}\"\nD=${E:-y}\nF=${E}\nE=late\nG=${NONE:-}")
        #expect(
            file.values == ["A": "1", "B": "12", "C": "12", "D": "y", "F": "", "E": "late", "G": ""]
        )
    }

    @Test(arguments: [
        ("A=1\nB", 2), ("A=1\n\n=2", 3), ("1A=2", 1), ("A-B=2", 1), ("A: b", 1), ("A B=c", 1), ("A=#b", 1),
        ("A= # b", 1), ("A=$b", 1), ("A=b$", 1), ("A=$$", 1), ("A=\"$b\"", 1), ("A=${b", 1), ("A=${b-c}", 1),
        ("A=${b:?c}", 1), ("A=${b:+c}", 1), ("A=${b:-$c}", 1), ("A=${b:-${c}}", 1), ("A='${b}'", 1), ("A='b\\'", 1),
        ("A='b\\'c'", 1), ("A='b\\\\'", 1), ("A=\"b\\x\"", 1), ("A=\"b", 1), ("#\nA='b\n\n", 2), ("A='b'c", 1),
        ("A=\"b\"#c", 1), ("A=b\u{0}c", 1), ("A='b\u{0}'", 1), ("A=b\rc", 1), ("export=", 0),
    ])
    func `what two Composes read differently is refused with its line`(text: String, line: Int) throws {
        guard line > 0 else {
            #expect(try read(text).values == ["export": ""])
            return
        }
        let trouble = try trouble { () throws(Trouble) in try read(text) }
        #expect(trouble.code == "environment-file-invalid")
        #expect(trouble.message.hasPrefix("customer.env:\(line): "), "\(trouble.message)")
    }

    @Test(arguments: ["P=hunter2$x", "P='hunter2\\''", "P=\"hunter2\\q\"", "P='hunter2'x", "P=\"hunter2"])
    func `an error never shows a value`(text: String) throws {
        #expect(!(try trouble { () throws(Trouble) in try read(text) }).message.contains("hunter2"))
    }

    @Test func `bytes that are no UTF-8 are refused`() throws {
        let trouble = try trouble { () throws(Trouble) in
            try EnvironmentFile([0x41, 0x3D, 0xFF], path: "env.defaults", blame: .release)
        }
        #expect(trouble.blame == .release)
        #expect(trouble.code == "package-invalid")
    }

    @Test func `a file that is not there is the environment's trouble`() throws {
        let trouble = try trouble { () throws(Trouble) in
            try EnvironmentFile(file: "/nowhere/customer.env", blame: .operator)
        }
        #expect(trouble.blame == .environment)
        #expect(trouble.message.contains("/nowhere/customer.env"))
    }

    @Test func `the example of the reference is read`() throws {
        let file = try read(try Reference.example("release-package.md", "defaults"))
        #expect(file.values["DATABASE_ADDRESS"] == "database:5432")
    }
}

@Suite struct MergedEnvironmentTests {
    private func merge(_ own: String, _ defaults: String) throws(Trouble) -> MergedEnvironment {
        try MergedEnvironment(
            operator: EnvironmentFile(bytes(own), path: "customer.env", blame: .operator),
            defaults: EnvironmentFile(bytes(defaults), path: "env.defaults", blame: .release),
            heading: ["heading"]
        )
    }

    @Test func `the operator's values win, every variable once`() throws {
        let merged = try merge("B='mine # too' # why\nA=1\n", "A=2\nC=3\n")
        #expect(
            merged.text == """
                # heading
                # The operator's values
                B='mine # too'
                A=1
                # The release's defaults
                C=3

                """
        )
        #expect(merged.values == ["A": "1", "B": "mine # too", "C": "3"])
    }

    @Test func `what a value refers to comes before it`() throws {
        let merged = try merge("URL=http://${HOST}:${PORT}\n", "HOST=h\nPORT=${BASE}1\nBASE=808\n")
        #expect(merged.values["URL"] == "http://h:8081")
        let again = try EnvironmentFile(bytes(merged.text), path: ".env", blame: .operator)
        #expect(again.values == merged.values)
        #expect(again.entries.map(\.name) == ["HOST", "BASE", "PORT", "URL"])
    }

    @Test func `a circle is refused`() throws {
        #expect(
            try trouble { () throws(Trouble) in try merge("A=${B}\n", "B=${C}\nC=${A}\n") }.code == "environment-circle"
        )
        #expect(try trouble { () throws(Trouble) in try merge("A=${A}x\n", "") }.code == "environment-circle")
    }

    @Test func `a long chain is no problem`() throws {
        let lines = (0..<5000).map { "V\($0)=${V\($0 + 1)}" } + ["V5000=end"]
        #expect(try merge(lines.joined(separator: "\n"), "").values["V0"] == "end")
    }

    @Test func `merging twice gives the same text`() throws {
        let first = try merge("B=1\nA='x\ny'\n", "C=\"${B}\"\n")
        #expect(try merge("B=1\nA='x\ny'\n", "C=\"${B}\"\n").text == first.text)
        #expect(try merge(first.text, "").values == first.values)
    }
}
