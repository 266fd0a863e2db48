import Foundation
import Processes
import Testing

/// Rehearsals of a release's own migrations on copies of a real installation's databases.
extension Scenarios {
    /// What rehearsals of an installation have left in the Engine and on the disk.
    private func remains(_ demo: Demo) async throws -> [String] {
        let filter = "--filter label=pawl.rehearsal.project=\(demo.project)"
        let names = try await Demo.shell(
            "docker ps -aq \(filter); docker network ls -q \(filter); ls \(demo.data)/scratch 2>/dev/null || true"
        )
        return names.split(separator: "\n").map(String.init)
    }

    @Test
    func `a migration that fails in its rehearsal says so in its own words, changes nothing and blocks the deploy`()
        async throws
    {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let (hashes, containers) = (try await demo.hashes(), try await demo.containers())
            let migrations = try await demo.migrationRuns()
            let rehearsal = try await demo.pawl("rehearse", "--to", Demo.failing, "-o", "json")
            #expect(rehearsal.exit == 3, "\(rehearsal)")
            #expect(rehearsal.text("outcome") == "failed")
            #expect(rehearsal.text("failure", "code") == "rehearsal-failed")
            #expect(rehearsal.text("failure", "message")?.contains("SQLSTATE 42703") == true, "\(rehearsal)")
            #expect(rehearsal["migrations", 0, "exitCode"] as? Int == 1)
            let added = rehearsal["databases", 0, "schema", "changed"] as? [String]
            #expect(added?.isEmpty == false, "the migration before the failing one is in the copy: \(rehearsal)")

            let upgrade = try await demo.pawl("upgrade", "--to", Demo.failing, "--yes", "-o", "json")
            #expect(upgrade.exit == 3, "\(upgrade)")
            #expect(upgrade.output.contains("SQLSTATE 42703"), "\(upgrade)")
            #expect(try await demo.pawl("history", "-o", "json").output.contains("\"runs\" : [\n\n  ]"))

            #expect(try await demo.hashes() == hashes)
            #expect(try await demo.containers() == containers)
            #expect(try await demo.migrationRuns() == migrations)
            #expect(try await remains(demo) == [])
        }
    }

    @Test func `a run that rehearses is refused by a failing migration before any service is stopped`() async throws {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let (hashes, containers) = (try await demo.hashes(), try await demo.containers())
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.failing, "--rehearse", "--yes", "-o", "json")
            #expect(upgrade.exit == 3, "\(upgrade)")
            #expect(upgrade.text("state") == "refused")
            #expect(upgrade.text("step") == "preflight")
            #expect(upgrade.text("reason", "message")?.contains("SQLSTATE 42703") == true)
            #expect(try await demo.hashes() == hashes)
            #expect(try await demo.containers() == containers)
            #expect(try await remains(demo) == [])
        }
    }

    @Test func `a rehearsed upgrade comes to the rehearsed schema, hop by hop, and its time is the forecast`()
        async throws
    {
        try await Demo.with(ai: true) { demo in
            let rehearsal = try await demo.pawl("rehearse", "-o", "json")
            #expect(rehearsal.exit == 0, "\(rehearsal)")
            #expect(rehearsal.text("target") == Demo.required)
            let seconds = try #require(rehearsal["migrationSeconds"] as? Double)
            #expect(seconds > 4, "one of its migrations takes four seconds: \(rehearsal)")
            let locks = try #require(rehearsal["databases", 0, "locks"] as? [[String: Any]])
            #expect(!locks.isEmpty, "\(rehearsal)")
            #expect((rehearsal["databases"] as? [Any])?.count == 2)
            #expect(try await remains(demo) == [])

            let dryRun = try await demo.pawl("upgrade", "--to", Demo.required, "--dry-run", "-o", "json")
            #expect(dryRun["downtimeSeconds", "low"] as? Double ?? 0 > 15 + 0.7 * seconds, "\(dryRun)")
            let upgrade = try await demo.pawl("upgrade", "--rehearse", "--yes", "-o", "json")
            #expect(upgrade.exit == 0, "\(upgrade)")
            #expect(try await demo.health().contains(Demo.newest))
            let details = try await demo.pawl("details")
            #expect(details.output.contains("Rehearse the migrations of \(Demo.newest): done"), "\(details)")
            let steps = try #require(upgrade["steps"] as? [[String: Any]])
            let migrate = try #require(steps.first { $0["name"] as? String == "migrate" })
            #expect(migrate["expectedSeconds"] as? Double ?? 0 > 4, "\(upgrade)")
            #expect(try await remains(demo) == [])
        }
    }

    @Test func `a schema that is not the rehearsed one waits for an operator, who may go on with it`() async throws {
        try await Demo.with { demo in
            let rehearsal = try await demo.pawl("rehearse", "-o", "json")
            #expect(rehearsal.exit == 0, "\(rehearsal)")
            let changed = try #require(rehearsal["databases", 0, "schema", "changed"] as? [String])
            let table = try #require(changed.first { $0.hasPrefix("table ") }).dropFirst("table ".count)
            _ = try await demo.psql("ALTER TABLE \(table) ADD COLUMN added_by_hand integer")
            // What no migration touches does not count: a role with a password, words that a restore would write otherwise.
            _ = try await demo.psql("CREATE ROLE grafana LOGIN PASSWORD 'seen-by-nobody'")
            _ = try await demo.psql(
                "CREATE TABLE made_since (state varchar(9) CHECK (state IN ('open', 'shut'))); "
                    + "ALTER TABLE made_since OWNER TO demo"
            )
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.required, "--yes", "-o", "json")
            #expect(upgrade.exit == 4, "\(upgrade)")
            #expect(upgrade.text("reason", "code") == "schema-not-rehearsed")
            let message = upgrade.text("reason", "message") ?? ""
            #expect(message.contains(String(table)), "\(upgrade)")
            #expect(!message.contains("grafana") && !message.contains("made_since"), "\(upgrade)")
            let retry = try await demo.pawl("retry", "-o", "json")
            #expect(retry.exit == 0, "\(retry)")
            #expect(try await demo.health().contains(Demo.required))
        }
    }

    @Test func `a rehearsal that is interrupted or killed leaves nothing, at the latest after the next one`()
        async throws
    {
        try await Demo.with { demo in
            for signal in ["INT", "KILL"] {
                let log = demo.root + "/rehearsal.log"
                try await Demo.shell(
                    "setsid --fork \(Pawl.binary) rehearse --config \(demo.root)/pawl.yaml --data-dir \(demo.data) "
                        + "> \(log) 2>&1 < /dev/null"
                )
                let container = try await demo.event(containing: "migrations", within: .seconds(120)) {
                    try await Demo.shell(
                        "docker ps --filter label=pawl.rehearsal.project=\(demo.project) --format '{{.Names}}'"
                    )
                }
                #expect(container.contains("pawl-rehearsal-"))
                let pid = try await demo.event(containing: "rehearse", within: .seconds(10)) {
                    try await Demo.shell(
                        "ps -eo pid,args | grep -- 'rehearse --config \(demo.root)/' | grep -v grep || true"
                    )
                }
                let number = try #require(Int(pid.split(separator: " ").first ?? ""))
                try await Demo.shell("kill -\(signal) \(number); while kill -0 \(number) 2>/dev/null; do :; done")
                if signal == "INT" { #expect(try await remains(demo) == []) }
            }
            let again = try await demo.pawl("rehearse", "-o", "json")
            #expect(again.exit == 0, "\(again)")
            #expect(try await remains(demo) == [])
            let records = try FileManager.default.contentsOfDirectory(atPath: demo.data + "/rehearsals")
            #expect(records.count == 1)
        }
    }

    @Test func `a run that is killed while it rehearses goes on, and every migration still runs once`() async throws {
        try await Demo.with { demo in
            let started = try await demo.pawl(
                "upgrade",
                "--to",
                Demo.required,
                "--rehearse",
                "--yes",
                "--detach",
                "-o",
                "json"
            )
            #expect(started.exit == 0, "\(started)")
            let run = try #require(started.text("id"))
            let filter = "--filter label=pawl.rehearsal.project=\(demo.project)"
            _ = try await demo.event(containing: "pawl-rehearsal-", within: .seconds(240)) {
                try await Demo.shell("docker ps \(filter) --format '{{.Names}}'")
            }
            try await demo.kill(run: run, during: "rehearse")
            let resumed = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(resumed.exit == 0, "\(resumed)")
            #expect(resumed.text("id") == run)
            #expect(try await demo.migrationRuns() == "\(Demo.first) 1\n\(Demo.required) 1")
            #expect(try await remains(demo) == [])
        }
    }

    @Test func `where the product does not say how services find the database, that is said and nothing is pretended`()
        async throws
    {
        try await Demo.with { demo in
            let product = demo.root + "/product.yaml"
            try await Demo.shell(
                "grep -v 'host: \"${DB_HOST}\"' Demo/product.yaml > \(product); "
                    + "sed -i 's|^product:.*|product: \(product)|' \(demo.root)/pawl.yaml"
            )
            let refused = try await demo.pawl("rehearse", "-o", "json")
            #expect(refused.exit == 3, "\(refused)")
            #expect(refused.text("error", "code") == "rehearsal-impossible")
            #expect(refused.text("error", "message")?.contains("demo") == true, "\(refused)")
            let asked = try await demo.pawl("upgrade", "--rehearse", "--yes", "-o", "json")
            #expect(asked.exit == 3, "\(asked)")
            #expect(asked.text("error", "code") == "rehearsal-impossible")
            let preflight = try await demo.pawl("preflight", "-o", "json")
            #expect(preflight.exit == 0, "a rehearsal that nobody asked for is not missed: \(preflight)")
            try await Demo.shell("echo 'rehearsal: always' >> \(demo.root)/pawl.yaml")
            let blocked = try await demo.pawl("preflight", "-o", "json")
            #expect(blocked.exit == 3, "\(blocked)")
            #expect(blocked.output.contains("rehearsal: never"), "\(blocked)")
        }
    }
}
