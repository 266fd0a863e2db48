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

    /// Reads what `pg_restore --list` prints.
    init(_ text: String) {
        database = ""
        createdAt = ""
        databaseLines = []
        lines = []
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
                continue
            }
            lines.append(String(line))
            // `3341; 1262 16384 DATABASE - name owner`
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count == 4, kinds.contains(where: words[3].hasPrefix) else { continue }
            databaseLines.append(String(line))
        }
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
        let list = Command(tools.path("pg_restore"), ["--list", "--create"], environment: DumpCommands.fixed)
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
