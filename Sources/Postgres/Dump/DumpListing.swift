import Foundation
import Processes
import UpgradeModel

/// What a dump says about itself.
struct DumpListing: Sendable, Hashable {
    /// The database that was dumped.
    var database: String
    /// When it was made, as text.
    var createdAt: String
    /// The lines that make the database itself: its owner, encoding, settings, grants, comment.
    var databaseLines: [String]
    /// All lines, in their order.
    var lines: [String]
    /// What each entry needs, by its number in the archive, where it needs any.
    var needs: [String: [String]]

    /// Reads what `pg_restore --list --verbose` prints.
    init(_ text: String) {
        database = ""
        createdAt = ""
        databaseLines = []
        lines = []
        needs = [:]
        let kinds =
            ["DATABASE - ", "DATABASE PROPERTIES - ", "ACL - DATABASE ", "COMMENT - DATABASE "]
            + ["SECURITY LABEL - DATABASE "]
        for line in text.split(separator: "\n") {
            if line.hasPrefix(";") {
                if database.isEmpty, let range = line.firstRange(of: "dbname: ") {
                    database = String(line[range.upperBound...])
                }
                if createdAt.isEmpty, let range = line.firstRange(of: "Archive created at ") {
                    createdAt = String(line[range.upperBound...])
                }
                // `;⇥depends on: 3340 3338`, under the line of the entry
                if let range = line.firstRange(of: "\tdepends on:"), let entry = lines.last {
                    needs[Self.number(of: entry)] = line[range.upperBound...].split(separator: " ").map(String.init)
                }
                continue
            }
            lines.append(String(line))
            // `3341; 1262 16384 DATABASE - name owner`
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count == 4, kinds.contains(where: words[3].hasPrefix) else { continue }
            databaseLines.append(String(line))
        }
    }

    /// The number of a line's entry in the archive.
    static func number(of line: String) -> String { String(line.prefix { $0 != ";" }) }

    /// The numbers of whatever needs one of the given entries, by whatever way.
    func dependents(of entries: Set<String>) -> Set<String> {
        var found = entries
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for (entry, needed) in needs where !found.contains(entry) && needed.contains(where: found.contains) {
                found.insert(entry)
                isGrowing = true
            }
        }
        return found.subtracting(entries)
    }

    /// Lists a stored dump.
    ///
    /// `folder`: where the listing may lie for a moment. `identity`: a file with the identity that decrypts it; nil
    /// where it is not encrypted.
    static func read(
        _ path: String,
        tools: PostgresTools,
        identity: String?,
        folder: String,
        log: ToolLog
    ) async throws(Trouble) -> DumpListing {
        let output = "\(folder)/listing-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let list = Command(
            tools.path("pg_restore"),
            ["--list", "--create", "--verbose"],
            environment: DumpCommands.fixed
        )
        let stages = FilterCommands.open(path, identity: identity) + [list]
        // The listing is at the beginning: whoever feeds it is not read to the end.
        try await Pipes.run(
            stages,
            log: log,
            input: .path(path),
            output: .path(output),
            code: "dump-unreadable",
            tolerated: Set(0..<(stages.count - 1))
        )
        let text = String(decoding: try DurableFiles.read(output, limit: 256 << 20), as: UTF8.self)
        return DumpListing(text)
    }
}
