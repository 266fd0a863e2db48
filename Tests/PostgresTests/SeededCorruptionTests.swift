import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// Corruptions of a set drawn by seeds, and beside them what the usual check by hand says of the same files.
///
/// `PAWL_CORRUPTIONS` is how many; `PAWL_CORRUPTION` tells one. `PAWL_CORRUPTIONS_RESULTS` names a file for the rates.
struct SeededCorruptionTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static var seeds: [UInt64] {
        if let one = environment["PAWL_CORRUPTION"].flatMap({ UInt64($0) }) { return [one] }
        return Array(1...(environment["PAWL_CORRUPTIONS"].flatMap { UInt64($0) } ?? 200))
    }

    @Test func `every seeded corruption is caught and named`() async throws {
        let seeds = Self.seeds
        let lanes = 2
        let verdicts = try await withThrowingTaskGroup(of: [Verdict].self) { group in
            for lane in 0..<min(lanes, seeds.count) {
                let own = stride(from: lane, to: seeds.count, by: lanes).map { seeds[$0] }
                group.addTask { try await Self.judge(own) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(verdicts.count == seeds.count)
        for verdict in verdicts.sorted(by: { $0.corruption.seed < $1.corruption.seed }) where !verdict.isNamed {
            Issue.record("seed \(verdict.corruption.seed), \(verdict.corruption.kind.rawValue): \(verdict.said)")
        }
        let table = Rates(verdicts).text
        print(table)
        if let file = Self.environment["PAWL_CORRUPTIONS_RESULTS"] {
            try table.write(toFile: file, atomically: false, encoding: .utf8)
        }
    }

    @Test func `three quarters of the corruptions have checksums that match, and every kind is among 200`() {
        let drawn = (UInt64(1)...200).map { SeededCorruption(seed: $0) }
        #expect(drawn.filter(\.kind.hasMatchingChecksums).count == 150)
        #expect(Set(drawn.map(\.kind)) == Set(SeededCorruption.Kind.allCases))
    }

    /// Some of the seeds, one after the other, on a server of their own.
    private static func judge(_ seeds: [UInt64]) async throws -> [Verdict] {
        let verdicts = Recorder<Verdict>()
        try await TestServer.with {
            let plain = try await SetFixture.make()
            let encrypted = try await SetFixture.makeEncrypted(beside: plain)
            for seed in seeds {
                let corruption = SeededCorruption(seed: seed)
                let fixture = corruption.kind == .wrongKey ? encrypted : plain
                var copy = try await fixture.copy()
                let finding = try await corruption.apply(to: &copy)
                let byHand = try await CheckByHand(copy: copy).outcome()
                let said = try await copy.verify()
                verdicts.note(
                    Verdict(
                        corruption: corruption,
                        byHand: byHand,
                        said: said,
                        isNamed: said.contains { $0.contains(finding) }
                    )
                )
                try FileManager.default.removeItem(atPath: copy.root)
            }
        }
        return verdicts.all
    }
}

/// What became of one corruption.
private struct Verdict: Sendable {
    var corruption: SeededCorruption
    var byHand: CheckByHand.Outcome
    /// What the verification said.
    var said: [String]
    /// Whether it said what was corrupted.
    var isNamed: Bool
}

/// What an operator sees who lists a dump, restores it and counts the rows.
private struct CheckByHand {
    let copy: SetCopy

    struct Outcome: Sendable {
        /// Whether `pg_restore --list` failed.
        var listing = false
        /// Whether the restore failed, or a table had another number of rows than before.
        var rows = false
    }

    func outcome() async throws -> Outcome {
        var outcome = Outcome()
        for name in ["demo", "aiproxy"] {
            let file = "\(name).dump.zst" + (copy.fixture.keys == nil ? "" : ".age")
            let original = "\(copy.fixture.original.path)/\(file)"
            // What is as it was needs no check.
            if FileManager.default.contentsEqual(atPath: original, andPath: copy.path(file)) { continue }
            if try await !restore(file, ["--list"]) { outcome.listing = true }
            try await copy.fixture.server.create("counted")
            let server = copy.fixture.server.route("counted")
            let into = ["--exit-on-error", "-h", server.host, "-U", server.user, "-d", "counted"]
            let isRestored = try await restore(file, into)
            if !isRestored { outcome.rows = true } else if try await !counts(name) { outcome.rows = true }
            try await copy.fixture.server.drop("counted")
        }
        return outcome
    }

    private func restore(_ file: String, _ arguments: [String]) async throws -> Bool {
        guard FileManager.default.fileExists(atPath: copy.path(file)) else { return false }
        let opened = FilterCommands.open(file, identity: copy.fixture.keys?.identity)
            .map { ([$0.executable] + $0.arguments).joined(separator: " ") }.joined(separator: " | ")
        let program = copy.fixture.server.tools.path("pg_restore")
        let line = "\(opened) | \(program) \"$@\" >/dev/null"
        // The listing ends before the file does; whoever looks at it by hand sees the status of pg_restore.
        let pipe = arguments == ["--list"] ? line : "set -o pipefail; \(line)"
        let done = try await collect(
            Command("bash", ["-c", pipe, "check"] + arguments),
            input: .path(copy.path(file))
        )
        return done.status.isSuccess
    }

    private func counts(_ name: String) async throws -> Bool {
        let expected = ["people": 500, "notes": name == "demo" ? 100 : 50, "other": 100]
        let checks = expected.map { "IF (SELECT count(*) FROM \($0.key)) <> \($0.value) THEN RAISE 'rows'; END IF;" }
        do {
            try await copy.fixture.server.psql("counted", "DO $$BEGIN \(checks.joined(separator: " ")) END$$")
            return true
        } catch is Unexpected {
            return false
        }
    }
}

/// How many of each kind were caught by whom.
private struct Rates {
    let verdicts: [Verdict]

    init(_ verdicts: [Verdict]) { self.verdicts = verdicts }

    var text: String {
        let head = """
            | corruption | seeds | caught and named | `pg_restore --list` | restored, rows counted |
            | --- | --- | --- | --- | --- |

            """
        let kinds = SeededCorruption.Kind.allCases.map { kind in
            line(kind.rawValue, verdicts.filter { $0.corruption.kind == kind })
        }
        let parts = [false, true].map { matching in
            line(
                matching ? "all with matching checksums" : "all without",
                verdicts.filter { $0.corruption.kind.hasMatchingChecksums == matching }
            )
        }
        return head + (kinds + parts + [line("all", verdicts)]).joined(separator: "\n") + "\n"
    }

    private func line(_ name: String, _ some: [Verdict]) -> String {
        let (named, listing) = (some.filter(\.isNamed).count, some.filter(\.byHand.listing).count)
        return "| \(name) | \(some.count) | \(named) | \(listing) | \(some.filter(\.byHand.rows).count) |"
    }
}
