import Foundation
import Testing

@testable import Documents

private enum Colour: String, CaseIterable {
    case red, green
}

private struct Settings: Equatable {
    var name: String
    var count: Int?
    var tags: [String]
    var colour: Colour
    var inner: String?
}

private func read(_ yaml: String) throws(DocumentError) -> Settings {
    try Document.parse(yaml: Array(yaml.utf8), name: "pawl.yaml").readMapping { (reader) throws(DocumentError) in
        Settings(
            name: try reader.string("name"),
            count: try reader.optionalInt("count"),
            tags: try reader.strings("tags"),
            colour: try reader.optionalChoice("colour") ?? .green,
            inner: try reader.optionalMapping("inner") { (reader) throws(DocumentError) in
                try reader.string("value")
            }
        )
    }
}

private func message(_ yaml: String) -> String? {
    do throws(DocumentError) {
        _ = try read(yaml)
        return nil
    } catch {
        return error.description
    }
}

@Suite struct MappingReaderTests {
    @Test func `a mapping is read into a value`() throws {
        let settings = try read("name: x\ncount: 3\ntags: [a, 1.10]\ncolour: red\ninner: {value: y}\n")
        #expect(settings == Settings(name: "x", count: 3, tags: ["a", "1.10"], colour: .red, inner: "y"))
        #expect(try read("name: x\ncount:\ntags: ~\n") == Settings(name: "x", tags: [], colour: .green))
    }

    @Test func `an unknown key is refused with its line and the nearest known one`() {
        #expect(message("name: x\n\ncuont: 3\n") == "pawl.yaml:3: the key “cuont” is not known; did you mean “count”?")
        #expect(
            message("name: x\ninner:\n  valeu: y\n  value: z\n")
                == "pawl.yaml:3: the key “inner.valeu” is not known; did you mean “value”?"
        )
        #expect(
            message("name: x\nzzzzzzzz: 3\n")
                == "pawl.yaml:2: the key “zzzzzzzz” is not known; known here: name, count, tags, colour, inner"
        )
    }

    @Test func `a missing key and a wrong type name the key and the line`() {
        #expect(message("count: 1\n") == "pawl.yaml:1: “name” is missing; it must be a string that is not empty")
        #expect(message("name: x\ncount: many\n") == "pawl.yaml:2: “count” must be a whole number, and is a string")
        #expect(message("name: [x]\n") == "pawl.yaml:1: “name” must be a string that is not empty, and is a list")
        #expect(message("name: x\ntags: y\n") == "pawl.yaml:2: “tags” must be a list, and is a string")
        #expect(
            message("name: x\ntags: [y, {}]\n")
                == "pawl.yaml:2: “tags[1]” must be a string that is not empty, and is a mapping"
        )
        #expect(
            message("name: x\ncolour: blue\n") == "pawl.yaml:2: “colour” must be one of: red, green, and is a string"
        )
        #expect(message("name: x\ninner: 3\n") == "pawl.yaml:2: “inner” must be a mapping, and is a number")
        #expect(message("- a\n") == "pawl.yaml:1: the document must be a mapping, and is a list")
        #expect(message("") == "pawl.yaml:1: the document must be a mapping, and is empty")
        #expect(message("name: true\n")?.contains("and is true or false") == true)
    }

    @Test func `a value of the wrong type is not shown since it may be a secret`() {
        #expect(message("name: x\ncount: hunter2\n")?.contains("hunter2") == false)
    }

    @Test func `named mappings and string mappings keep their order`() throws {
        let document = try Document.parse(yaml: Array("s: {b: {v: 1}, a: {v: 2}}\nm: {z: 1, y: x}\n".utf8), name: "x")
        let result = try document.readMapping { (reader) throws(DocumentError) in
            let named = try reader.namedMappings("s") { (name, reader) throws(DocumentError) in
                "\(name)=\(try reader.int("v"))"
            }
            let strings = try reader.stringMapping("m").map { "\($0.key)=\($0.value)" }
            return named.map(\.value) + strings
        }
        #expect(result == ["b=1", "a=2", "z=1", "y=x"])
    }

    @Test func `keys of a foreign format may be passed over`() throws {
        let document = try Document.parse(json: Array("{\"a\":1,\"new\":2}".utf8), name: "x")
        let value = try document.readMapping { (reader) throws(DocumentError) in
            reader.ignoreOtherKeys()
            return try reader.int("a")
        }
        #expect(value == 1)
    }

    @Test func `a file is read within its limit and only if it is a file`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "documents-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let yaml = folder.appending(path: "a.yaml").path
        let json = folder.appending(path: "a.json").path
        try Data("a: 1\n".utf8).write(to: URL(filePath: yaml))
        try Data("a: 1\n".utf8).write(to: URL(filePath: json))
        #expect(try Document.read(file: yaml).root["a"]?.int == 1)
        #expect(throws: DocumentError.self) { try Document.read(file: json) }
        let large = #expect(throws: DocumentError.self) {
            try Document.read(file: yaml, limits: DocumentLimits(bytes: 3))
        }
        #expect(large?.code == .limit)
        let absent = #expect(throws: DocumentError.self) { try Document.read(file: folder.path + "/none.yaml") }
        #expect(absent?.description.hasSuffix("none.yaml: cannot be read: No such file or directory") == true)
        let directory = #expect(throws: DocumentError.self) { try Document.read(file: folder.path) }
        #expect(directory?.message == "not a regular file")
        #expect(throws: DocumentError.self) { try Document.read(file: "/dev/zero") }
    }
}
