import Foundation
import Testing
import UpgradeModel

@testable import pawl

@Suite struct ValuesPlacementTests {
    /// A folder with a set's configuration and the operator's files, which goes afterwards.
    private func with(
        saved: [String: String],
        present: [String: String],
        _ body: (_ root: String) throws -> Void
    ) throws {
        let root = FileManager.default.temporaryDirectory.path + "/pawl-values-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (folder, files) in [("set/values", saved), ("own", present)] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
            for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(root)/\(folder)/\(name)")) }
        }
        try body(root)
    }

    private func placement(_ root: String, _ names: [String]) -> ValuesPlacement {
        ValuesPlacement(of: root + "/set", to: names.map { "\(root)/own/\($0)" })
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func `the set's files take their places, and today's are kept beside them`() throws {
        try with(
            saved: ["1-a.yaml": "old: a\n", "2-b.yaml": "same: b\n"],
            present: ["a.yaml": "new: a\n", "b.yaml": "same: b\n"]
        ) { root in
            let path = "\(root)/own/a.yaml"
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            let placement = placement(root, ["a.yaml", "b.yaml"])
            #expect(!placement.isPlaced && placement.remarks.isEmpty)
            try placement.place(keepingAs: ".before-1")
            #expect(placement.isPlaced)
            #expect(try text(path) == "old: a\n" && text(path + ".before-1") == "new: a\n")
            let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(rights == 0o640)
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(root)/own").sorted()
            #expect(names == ["a.yaml", "a.yaml.before-1", "b.yaml"], "what is the same stays")
            // Interrupted before the new one had its name, it is begun again.
            try Data("new: a\n".utf8).write(to: URL(filePath: path))
            try placement.place(keepingAs: ".before-1")
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(root)/own").count == 3)
            // What was kept is never written over.
            try Data("newer: a\n".utf8).write(to: URL(filePath: path))
            try placement.place(keepingAs: ".before-1")
            #expect(try text(path + ".before-1") == "new: a\n" && text(path + ".before-1-2") == "newer: a\n")
        }
    }

    @Test func `files are found by their names where there are others by now, and what has no place is told`() throws {
        try with(
            saved: ["1-a.yaml": "old: a\n", "2-gone.yaml": "x: 1\n"],
            present: ["new.yaml": "x: 2\n", "a.yaml": "new: a\n"]
        ) { root in
            let placement = placement(root, ["new.yaml", "a.yaml"])
            #expect(placement.pairs.map(\.target) == ["\(root)/own/a.yaml"])
            #expect(placement.homeless == ["gone.yaml"])
            #expect(placement.newcomers == ["\(root)/own/new.yaml"])
            #expect(placement.remarks.count == 2)
        }
    }

    @Test func `a file that is gone is made anew`() throws {
        try with(saved: ["1-a.yaml": "old: a\n"], present: [:]) { root in
            try placement(root, ["a.yaml"]).place(keepingAs: ".before-1")
            #expect(try text("\(root)/own/a.yaml") == "old: a\n")
        }
    }

    @Test func `what was unpacked and cannot be read is named, and not the operator's file`() throws {
        try with(saved: [:], present: ["a.yaml": "new: a\n"]) { root in
            // Nobody reads a folder as a file, root neither.
            let source = "\(root)/set/values/1-a.yaml"
            try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: false)
            let trouble = try #require(throws: Trouble.self) {
                try placement(root, ["a.yaml"]).place(keepingAs: ".before-1")
            }
            #expect(trouble.code == "file-unreadable" && trouble.message.hasPrefix(source), "\(trouble)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(root)/own") == ["a.yaml"])
            #expect(try text("\(root)/own/a.yaml") == "new: a\n")
        }
    }

    @Test func `a file that cannot be replaced stays, is told, and keeps nothing from going on`() throws {
        try with(saved: ["1-values.yaml": "old: a\n"], present: [:]) { root in
            // Nobody makes files there, root neither.
            let placement = ValuesPlacement(of: root + "/set", to: ["/proc/self/values.yaml"])
            #expect(placement.pairs.count == 1)
            guard placement.pairs.first?.isReplaceable == false else { return }
            #expect(placement.isPlaced && placement.remarks.count == 1)
            try placement.place(keepingAs: ".before-1")
        }
    }
}
