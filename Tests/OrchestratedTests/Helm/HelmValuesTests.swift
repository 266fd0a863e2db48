import Kubernetes
import Testing
import UpgradeModel

@testable import Orchestrated

@Suite struct HelmValuesTests {
    private func read(_ yaml: String) throws -> JSONValue {
        try HelmValues.read(Array(yaml.utf8), name: "values.yaml")
    }

    @Test func `maps are merged, lists and single values replaced, and a null takes away what the chart says`() {
        let chart: JSONValue = ["a": ["b": 1, "c": 2], "l": [1, 2], "z": 5, "keep": true, "t": ["x": 1]]
        let package: JSONValue = ["a": ["b": 3, "d": 4], "z": .null]
        let own: JSONValue = ["a": ["c": .null], "l": [9], "t": "text", "new": ["k": .null]]
        #expect(
            HelmValues.merged([chart, package, own]) == [
                "a": ["b": 3, "d": 4], "l": [9], "keep": true, "t": "text", "new": ["k": .null],
            ]
        )
        #expect(HelmValues.merged([chart]) == chart)
        #expect(HelmValues.merged([]) == [:])
    }

    @Test func `what is written for Helm keeps its nulls`() {
        #expect(
            HelmValues.overlaid([["a": ["b": 1], "n": 1], ["a": .null, "n": ["m": .null]], ["a": ["c": 2]]]) == [
                "a": ["c": 2], "n": ["m": .null],
            ]
        )
        #expect(HelmValues.overlaid([]) == [:])
    }

    @Test func `words without quotes mean what they mean to Helm`() throws {
        let values = try read(
            """
            yes1: yes
            off1: Off
            y1: y
            quoted: "no"
            single: 'on'
            anchored: &x no
            alias: *x
            tagged: !!str no
            block: |-
              no
            list: [no, "no"]
            octal: 0755
            octal2: 0o17
            binary: 0b11
            grouped: 1_000
            hex: 0x1F
            negative: -0x10
            plus: +5
            fraction: .5
            whole: 5.
            exponent: 1e3
            small: -.5e-3
            leading: 09.5
            date: 2001-01-01
            time: 12:30:45
            word: 1e
            nothing: ~
            version: 1.2.3
            ä: {ö: no}
            """
        )
        let expected: JSONValue = [
            "yes1": true, "off1": false, "y1": true, "quoted": "no", "single": "on", "anchored": false, "alias": false,
            "tagged": "no", "block": "no", "list": [false, "no"], "octal": 493, "octal2": 15, "binary": 3,
            "grouped": 1000, "hex": 31, "negative": -16, "plus": 5, "fraction": .number("0.5"), "whole": 5,
            "exponent": 1000, "small": .number("-0.0005"), "leading": .number("9.5"), "date": "2001-01-01",
            "time": "12:30:45", "word": "1e", "nothing": .null, "version": "1.2.3", "ä": ["ö": false],
        ]
        #expect(values == expected)
    }

    @Test func `keys are texts, made of what they mean`() throws {
        #expect(
            try read("on: a\n\"off\": b\n1.10: c\n0755: d\n\"08\": e\nname: f\n") == [
                "true": "a", "off": "b", "1.1": "c", "493": "d", "08": "e", "name": "f",
            ]
        )
        #expect(try read("0755: a\n493: b\n") == ["493": "b"])
    }

    @Test(arguments: ["- a", "text", "a: [", "a: 1\n---\nb: 2", "a: .nan", "a: 1\na: 2", "a: \u{7}"])
    func `a file that holds no values is told with its line`(_ text: String) throws {
        let error = #expect(throws: Trouble.self) { try read(text) }
        #expect(error?.code == "values-invalid")
        #expect(error?.message.contains("values.yaml") == true)
    }

    @Test(arguments: ["", "# nothing\n", "{}", "---\n"]) func `nothing is no values`(_ text: String) throws {
        #expect(try read(text) == [:])
    }

    /// Values with everything that a writer could get wrong.
    static let nasty: JSONValue = [
        "plain": "text", "no": "no", "yes": "y", "null": "null", "tilde": "~", "empty": "", "number": "0755",
        "exponent": "1e3", "date": "2001-01-01", "colon": "a: b", "hash": "a #b", "star": "*a", "dash": "- a",
        "lines": "one\n two\n\nthree\n", "space": " edge ", "tab": "\tx", "quote": "say \"no\" \\ 'yes'",
        "control": "\u{7F}\u{85}\u{A0}\u{2028}\u{FEFF}\u{1}", "wide": "ä😀", "template": "{{ .Values.x }}",
        "percent": "%a", "at": "@a", "backtick": "`a`", "pipe": "|", "int": 5, "big": .number("12345678901"),
        "float": .number("1.5"), "true": true, "nothing": .null, "list": [1, "no", [[:], []], ["a": 1, "b": ["c"]]],
        "deep": ["on": ["0755": ["": "x"]]], "none": [:], "void": [], "key with: colon": 1, "- key": 2,
        "long": .string(String(repeating: "word ", count: 400)),
    ]

    @Test func `what is written is read as it was`() throws {
        #expect(try read(HelmValues.yaml(Self.nasty)) == Self.nasty)
        #expect(HelmValues.yaml([:]) == "{}\n")
        #expect(
            HelmValues.yaml(["a": ["b": "text", "c": [1, ["d": "no"]]]])
                == "a:\n  b: text\n  c:\n    - 1\n    -\n      d: \"no\"\n"
        )
    }
}
