import Foundation
import Testing
import UpgradeModel

@testable import ReleasePackage

/// A folder of its own for a test, removed with it.
final class ScratchFolder {
    let path: String

    init() throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent("pawl-package-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
        path = base.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file, with the folders above it.
    func write(_ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        let folder = url.deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// The path of a file in it.
    func at(_ name: String) -> String {
        path + "/" + name
    }
}

/// The examples of the reference, so that what it shows is what is read.
enum Reference {
    /// The first fenced block of a page whose opening line ends in `label`.
    static func example(_ page: String, _ label: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/reference/\(page)"), encoding: .utf8)
        var lines: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let lines {
                    return lines.joined(separator: "\n") + "\n"
                }
                lines = line.hasPrefix("```") && line.hasSuffix(" " + label) ? [] : nil
                continue
            }
            lines?.append(line)
        }
        throw Missing(page: page, label: label)
    }

    struct Missing: Error {
        let page: String
        let label: String
    }
}

/// What a piece of code throws, which must be a trouble.
func trouble(_ body: () throws(Trouble) -> some Any) throws -> Trouble {
    do throws(Trouble) {
        _ = try body()
    } catch {
        return error
    }
    Issue.record("nothing was thrown")
    throw Reference.Missing(page: "", label: "")
}

func bytes(_ text: String) -> [UInt8] {
    Array(text.utf8)
}
