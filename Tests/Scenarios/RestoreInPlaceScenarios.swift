import Foundation
import Testing

/// Restores that an operator does outside of any run, and tells Pawl of.
extension Scenarios {
    @Test func `a failed upgrade whose set was restored by --into ends once the set's release runs on it`() async throws
    {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let before = try await demo.hashes()
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.failing, "--yes", "-o", "json")
            #expect(upgrade.exit == 4, "\(upgrade)")
            let set = try #require(upgrade.text("backup"))
            #expect(try await demo.pawl("details").output.contains("pawl restore --backup \(set) --in-place"))
            let early = try await inPlace(demo, set)
            #expect(early.exit == 3 && failed(early) == ["restore-running", "restore-schema"], "\(early)")
            try await restoresInto(demo, set)
            let hasty = try await demo.pawl("retry", "-o", "json")
            #expect(hasty.exit == 3 && hasty.text("error", "code") == "restored-outside", "\(hasty)")
            #expect(hasty.text("error", "message")?.contains("into spare on ") == true, "\(hasty)")

            try await start(demo, set, on: "spare")
            _ = try await demo.event(containing: Demo.newest, within: .seconds(120)) { try await demo.health() }
            let retry = try await demo.pawl("retry", "-o", "json")
            #expect(retry.exit == 3 && retry.text("error", "code") == "older-release-runs", "\(retry)")
            _ = try await demo.psql("CREATE TABLE stray (x integer)", database: "spare")
            let strange = try await inPlace(demo, set)
            #expect(strange.exit == 3 && failed(strange) == ["restore-schema"], "\(strange)")
            #expect(strange.output.contains("table public.stray is there and not in the set"), "\(strange)")
            _ = try await demo.psql("DROP TABLE stray", database: "spare")
            let containers = try await demo.containers().split(separator: "\n").filter { $0.hasSuffix("running") }

            let unasked = try await demo.pawl("restore", "--backup", set, "--in-place", "-o", "json")
            #expect(unasked.exit == 3 && unasked.text("error", "code") == "not-confirmed", "\(unasked)")
            let restore = try await inPlace(demo, set)
            #expect(restore.exit == 0 && restore.text("state") == "restored", "\(restore)")
            #expect(restore.text("id") == upgrade.text("id"), "the run that waited is the one that ends")
            #expect(restore["inPlace"] as? Bool == true && restore["replaced"] as? [String] == [])
            #expect(try await demo.containers().split(separator: "\n").filter { $0.hasSuffix("running") } == containers)
            #expect(try await demo.hashes(database: "spare") == before)
            let status = try await demo.pawl("status", "-o", "json")
            #expect(status["run"] == nil && status["drift"] == nil, "\(status)")
            #expect(status.text("highWaterMark") == Demo.newest, "\(status)")

            let again = try await demo.pawl("upgrade", "--to", Demo.fixed, "--yes", "-o", "json")
            #expect(again.exit == 0, "\(again)")
            #expect(try await demo.health().contains(Demo.fixed))
        }
    }

    private func inPlace(_ demo: Demo, _ set: String) async throws -> Pawl.Answer {
        try await demo.pawl("restore", "--backup", set, "--in-place", "--yes", "-o", "json")
    }

    /// Starts the release of a set on a database as an operator does who goes by `RESTORE.md`.
    private func start(_ demo: Demo, _ set: String, on database: String) async throws {
        let folder = "\(demo.root)/backups/\(set)"
        let text = try String(contentsOfFile: folder + "/RESTORE.md", encoding: .utf8)
        #expect(text.contains("`pawl restore --backup \(set) --in-place`"))
        let line = try #require(
            text.components(separatedBy: "## 6.").last?.split(separator: "\n").first { $0.contains(" up -d") }
        )
        // What the next release's variables are made from says it too.
        try await Demo.shell(
            """
            cd \(demo.directory)
            cp --remove-destination \(folder)/release/docker-compose.yml \(folder)/release/.env .
            sed -i 's/^DB_NAME=.*/DB_NAME=\(database)/' .env
            grep -q '^DB_NAME=\(database)$' .env
            echo 'DB_NAME=\(database)' >>customer.env
            sed -i 's/^    database: demo$/    database: \(database)/' \(demo.root)/pawl.yaml
            # The plugin, where only the older program is there.
            if ! docker compose version >/dev/null 2>&1; then
                docker() { if [[ $1 == compose ]]; then shift; docker-compose "$@"; else command docker "$@"; fi; }
            fi
            \(line.replacing("/path/of/the/installation", with: demo.directory))
            """,
            deadline: .seconds(300)
        )
    }
}
