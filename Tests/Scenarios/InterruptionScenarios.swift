import Foundation
import Processes
import Testing

/// Signals to commands that have something to put away.
extension Scenarios {
    /// Sends a signal to the command of this installation, as soon as it has a scratch server.
    private func interrupt(_ demo: Demo, _ words: [String], with signal: String) async throws -> Pawl.Answer {
        let command = Task { try await demo.pawl.run(words) }
        _ = try await demo.event(containing: "scratch-", within: .seconds(180)) {
            try await Demo.shell("ls \(demo.data)/scratch 2>/dev/null || true")
        }
        try await Demo.shell(
            """
            for pid in $(pgrep -f -- 'pawl \(words.joined(separator: " "))'); do
                if tr '\\0' '\\n' </proc/$pid/environ | grep -qx 'PAWL_DATA_DIR=\(demo.data)'; then
                    kill -\(signal) $pid
                fi
            done
            """
        )
        return try await command.value
    }

    @Test func `a command that is interrupted before anything stops leaves no server and no half set`() async throws {
        try await Demo.with { demo in
            let containers = try await demo.containers()
            let made = try await demo.pawl("backup", "create", "-o", "json")
            let set = try #require(made.text("id"), "\(made)")
            for (words, signal) in [
                (["preflight"], "TERM"), (["backup", "create"], "INT"), (["backup", "verify", set], "HUP"),
                (["upgrade", "--yes"], "INT"),
            ] {
                let answer = try await interrupt(demo, words, with: signal)
                #expect(answer.exit == 3, "\(words): \(answer)")
                #expect(answer.errors.hasPrefix("Stopped: "), "\(words): \(answer)")
                let left = try await Demo.shell(
                    "ls -A \(demo.data)/scratch \(demo.root)/backups; pgrep -af -- \(demo.data)/scratch || true"
                )
                #expect(!left.contains("scratch-") && !left.contains(".partial-"), "\(words): \(left)")
            }
            #expect(try await demo.pawl("history", "-o", "json").output.contains("\"runs\" : [\n\n  ]"))
            #expect(try await demo.containers() == containers)
            #expect(try await demo.pawl("backup", "verify", set).exit == 0)
        }
    }
}
