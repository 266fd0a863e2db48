import Foundation
import Reports

/// The logs of the tools that a run has used, oldest first.
struct RunLogs {
    let folder: String

    /// One log, or the end of one.
    struct Log {
        let name: String
        let text: String
        /// How many bytes of its beginning are left out.
        var omitted: UInt64 = 0
    }

    /// The last lines of every log that has any.
    func tails(lines: Int) -> [Log] {
        files().compactMap { name in
            guard let text = Self.end(of: folder + "/" + name, bytes: 64 << 10)?.text else { return nil }
            let last = text.split(separator: "\n").suffix(lines)
            guard !last.isEmpty else { return nil }
            return Log(
                name: name,
                text: last.map { TextLayout.wrap(TextLayout.plain(String($0)), indent: 2) }.joined(separator: "\n")
            )
        }
    }

    /// The same as it stands in the files, for whoever has lines as long as they like.
    func ends(bytes: UInt64) -> [Log] { files().compactMap { end(of: $0, bytes: bytes) } }

    /// The end of one log, by its name among the others; nil where there is none.
    func end(named name: String, bytes: UInt64) -> Log? {
        files().contains(name) ? end(of: name, bytes: bytes) : nil
    }

    private func end(of name: String, bytes: UInt64) -> Log? {
        guard let end = Self.end(of: folder + "/" + name, bytes: bytes), !end.text.isEmpty else { return nil }
        return Log(name: name, text: TextLayout.plain(end.text), omitted: end.omitted)
    }

    /// Names relative to the folder, in the order in which the logs were begun.
    private func files() -> [String] {
        let found = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return found.filter { $0.hasSuffix(".log") }.map { name -> (String, Date) in
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            return (name, attributes?[.modificationDate] as? Date ?? .distantPast)
        }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    private static func end(of path: String, bytes: UInt64) -> (text: String, omitted: UInt64)? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        guard let size = try? handle.seekToEnd() else { return nil }
        var omitted = size > bytes ? size - bytes : 0
        try? handle.seek(toOffset: omitted)
        guard var data = try? handle.readToEnd() else { return nil }
        // Half a line may hold half a secret, which nobody would know for one.
        if omitted > 0, let end = data.firstIndex(of: UInt8(ascii: "\n")), end + 1 < data.endIndex {
            omitted += UInt64(end + 1 - data.startIndex)
            data = data[(end + 1)...]
        }
        return (String(decoding: data, as: UTF8.self), omitted)
    }
}
