import Foundation
import Processes
import Testing

/// Whole upgrades on a real Docker Engine with real PostgreSQL data.
@Suite(.serialized) struct Scenarios {
    typealias Demo = DemoInstallation

    @Test func `all hops from the first release to the newest, each with a proven backup, and no way back`()
        async throws
    {
        try await Demo.with { demo in
            let before = try await demo.pawl("status", "-o", "json")
            #expect(before.exit == 0)
            #expect(before.text("installed", "version") == Demo.first)

            let upgrade = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(upgrade.exit == 0, "\(upgrade)")
            #expect(upgrade.text("state") == "succeeded")
            #expect(try await demo.health().contains(Demo.newest))
            #expect(try await demo.migrationRuns() == "\(Demo.first) 1\n\(Demo.newest) 1\n\(Demo.required) 1")

            let backups = try await demo.pawl("backup", "list", "-o", "json")
            let sets = try #require(backups["backups"] as? [[String: Any]], "\(backups)")
            #expect(sets.count == 2)
            for set in sets { #expect((set["proof"] as? [String: Any])?["state"] as? String == "proven") }
            let status = try await demo.pawl("status", "-o", "json")
            #expect(status.text("installed", "version") == Demo.newest)
            #expect(status.text("highWaterMark") == Demo.newest)
            #expect(status.text("lastBackup", "proof") == "proven")
            #expect(status["drift"] == nil)

            try await nothingGoesBack(demo)
            try await nobodyElseBegins(demo)
        }
    }

    /// Through another data folder, which knows nothing of what was done, nothing is begun.
    private func nobodyElseBegins(_ demo: Demo) async throws {
        let note = try await Demo.shell("cat \(demo.directory)/.pawl-owner")
        #expect(note.contains("\"\(Demo.newest)\"") && note.contains(demo.root), "\(note)")
        for words in [["upgrade", "--yes"], ["backup", "create"]] {
            let answer = try await demo.pawl.run(words + ["--data-dir", demo.root + "/mistyped", "-o", "json"])
            #expect(answer.exit == 3, "\(answer)")
            #expect(answer.text("error", "code") == "another-data-folder")
        }
        let preflight = try await demo.pawl("preflight", "-o", "json")
        #expect(preflight.exit == 0 && preflight.text("outcome") == "pass", "\(preflight)")
        #expect((preflight["findings"] as? [Any])?.isEmpty == true, "\(preflight)")
    }

    /// Every command that could go back is refused with exit 3, and nothing has changed.
    func nothingGoesBack(_ demo: Demo) async throws {
        let containers = try await demo.containers()
        let hashes = try await demo.hashes()
        for arguments in [
            ["upgrade", "--to", Demo.first, "--yes"], ["upgrade", "--to", Demo.required, "--yes"],
            ["upgrade", "--to", Demo.first, "--dry-run"], ["plan", "--to", Demo.first],
            ["preflight", "--to", Demo.first],
            ["retry", "--to", Demo.first], ["retry"], ["abort"],
        ] {
            let answer = try await demo.pawl.run(arguments)
            #expect(answer.exit == 3, "\(arguments): \(answer)")
            let json = try await demo.pawl.run(arguments + ["-o", "json"])
            #expect(json.exit == 3, "\(arguments): \(json)")
            #expect(
                json.text("refusal", "code") ?? json.text("error", "code") ?? json.text("outcome") != nil,
                "\(json)"
            )
        }
        #expect(try await demo.containers() == containers)
        #expect(try await demo.hashes() == hashes)
    }

    @Test func `with AI features on, their database is in every backup and their migrations run too`() async throws {
        try await Demo.with(ai: true) { demo in
            let upgrade = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(upgrade.exit == 0, "\(upgrade)")
            let backups = try await demo.pawl("backup", "list", "-o", "json")
            let sets = try #require(backups["backups"] as? [[String: Any]])
            for set in sets {
                let databases = try #require(set["databases"] as? [[String: Any]])
                #expect(Set(databases.compactMap { $0["name"] as? String }) == ["demo", "aiproxy"])
            }
            #expect(try await demo.migrationRuns(database: "aiproxy").contains("\(Demo.newest) 1"))
        }
    }

    @Test func `a migration that fails waits for an operator, who goes on with a corrected release`() async throws {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.failing, "--yes", "-o", "json")
            #expect(upgrade.exit == 4, "\(upgrade)")
            #expect(upgrade.text("state") == "needs-operator")
            #expect(upgrade["pastPointOfNoReturn"] as? Bool == true)
            #expect((upgrade["choices"] as? [String])?.contains("retry") == true)
            #expect(upgrade.text("reason", "message")?.isEmpty == false)
            let details = try await demo.pawl("details")
            #expect(details.exit == 0)
            #expect(details.output.contains("SQLSTATE 42703"), "the migration's own words are in Details: \(details)")
            for arguments in [["abort"], ["retry", "--to", Demo.newest], ["upgrade", "--to", Demo.newest, "--yes"]] {
                let answer = try await demo.pawl.run(arguments)
                #expect(answer.exit == 3 || answer.exit == 4, "\(arguments): \(answer)")
            }
            let retry = try await demo.pawl("retry", "--to", Demo.fixed, "-o", "json")
            #expect(retry.exit == 0, "\(retry)")
            #expect(try await demo.health().contains(Demo.fixed))
            let backups = try await demo.pawl("backup", "list", "-o", "json")
            #expect(
                (backups["backups"] as? [Any])?.count == 1,
                "the backup from before the hop is kept, and no other made"
            )
        }
    }

    @Test func `a release that comes up unhealthy is never called deployed`() async throws {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.unhealthy, "--yes", "-o", "json")
            #expect(upgrade.exit == 4, "\(upgrade)")
            #expect(upgrade.text("state") == "needs-operator")
            #expect(upgrade.text("step") == "settle")
            let retry = try await demo.pawl("retry", "--to", Demo.fixed, "-o", "json")
            #expect(retry.exit == 0, "\(retry)")
            #expect(try await demo.health().contains(Demo.fixed))
        }
    }

    @Test(arguments: ["dump", "prove", "migrate:migrations", "await-health"])
    func `a run that is killed goes on to the same end as an undisturbed one`(effect: String) async throws {
        let undisturbed = try await Self.undisturbed.value
        try await Demo.with { demo in
            let started = try await demo.pawl("upgrade", "--yes", "--detach", "-o", "json")
            #expect(started.exit == 0, "\(started)")
            let run = try #require(started.text("id"))
            try await demo.kill(run: run, during: effect)
            let status = try await demo.pawl("status", "-o", "json")
            #expect(status.text("run", "id") == run, "status only reports: \(status)")
            let resumed = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(resumed.exit == 0, "\(resumed)")
            #expect(resumed.text("id") == run)
            #expect(try await demo.hashes() == undisturbed.hashes)
            #expect(try await demo.migrationRuns() == undisturbed.migrations)
        }
    }

    /// What an upgrade that nobody disturbs leaves behind.
    static let undisturbed = Task { try await Demo.with { demo in try await UndisturbedUpgrade(of: demo) } }

    @Test func `a migration that waits for a lock is shown with the session and the table, and then goes on`()
        async throws
    {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let blocker = Task {
                try await demo.psql("BEGIN; SELECT count(*) FROM customers; SELECT pg_sleep(600); COMMIT")
            }
            _ = try await demo.event(containing: "pg_sleep", within: .seconds(30)) {
                try await demo.psql(
                    "SELECT query FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
                )
            }
            let started = try await demo.pawl("upgrade", "--to", Demo.waiting, "--yes", "--detach", "-o", "json")
            #expect(started.exit == 0, "\(started)")
            let seen = try await demo.event(containing: "customers", within: .seconds(240)) {
                try await demo.pawl("details", "-o", "json").text("progress") ?? ""
            }
            #expect(seen.contains("customers"))
            _ = try await demo.psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
            )
            _ = await blocker.result
            let followed = try await demo.pawl("details", "--follow")
            #expect(followed.exit == 0, "\(followed)")
            #expect(try await demo.health().contains(Demo.waiting))
        }
    }

    @Test func `a second operator is told who is at it, and since when`() async throws {
        try await Demo.with { demo in
            let started = try await demo.pawl("upgrade", "--yes", "--detach", "-o", "json")
            #expect(started.exit == 0, "\(started)")
            let run = try #require(started.text("id"))
            let second = try await demo.pawl("backup", "create", "-o", "json")
            #expect(second.exit == 6, "\(second)")
            #expect(second.text("error", "code") == "another-run")
            #expect(second.text("error", "message")?.contains(run) == true)
            let aborted = try await demo.pawl("abort", "-o", "json")
            #expect(aborted.exit == 0 || aborted.exit == 3, "\(aborted)")
        }
    }

    @Test func `an abort before the point of no return puts everything back`() async throws {
        try await Demo.with { demo in
            let hashes = try await demo.hashes()
            let started = try await demo.pawl("upgrade", "--yes", "--detach", "-o", "json")
            let run = try #require(started.text("id"))
            try await demo.waitFor(run: run, effect: "dump")
            let aborted = try await demo.pawl("abort", "-o", "json")
            #expect(aborted.exit == 0, "\(aborted)")
            let details = try await demo.pawl("details", run, "-o", "json")
            #expect(details.text("state") == "aborted")
            #expect(try await demo.health().contains(Demo.first))
            #expect(try await demo.hashes() == hashes)
            let policies = try await Demo.shell(
                "docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' "
                    + "$(docker ps -q --filter label=com.docker.compose.project=\(demo.project) "
                    + "--filter label=com.docker.compose.service=api)"
            )
            #expect(policies.contains("unless-stopped"))
        }
    }

    @Test func `a write after the backup was confirmed ends the run, a mere analysis does not`() async throws {
        try await Demo.with { demo in
            func upgrade(meanwhile sql: String) async throws -> Pawl.Answer {
                let started = try await demo.pawl("upgrade", "--to", Demo.required, "--yes", "--detach", "-o", "json")
                let run = try #require(started.text("id"), "\(started)")
                // The databases were confirmed unchanged before the proof began.
                try await demo.waitFor(run: run, effect: "prove")
                // Whoever does it stays connected.
                let intruder = Task {
                    try await demo.psql("SET application_name = 'intruder'; \(sql); COMMIT; SELECT pg_sleep(600)")
                }
                let sleeping = "FROM pg_stat_activity WHERE application_name = 'intruder' AND wait_event = 'PgSleep'"
                _ = try await demo.event(containing: "1", within: .seconds(30)) {
                    try await demo.psql("SELECT count(*) \(sleeping)")
                }
                _ = try await demo.pawl("details", run, "--follow")
                _ = try await demo.psql("SELECT pg_terminate_backend(pid) \(sleeping)")
                _ = await intruder.result
                return try await demo.pawl("details", run, "-o", "json")
            }
            let hashes = try await demo.hashes()
            let written = try await upgrade(meanwhile: "UPDATE customers SET full_name = 'Eve' WHERE id = 1")
            #expect(written.text("state") == "aborted", "\(written)")
            #expect(written.text("reason", "code") == "database-written")
            let message = written.text("reason", "message") ?? ""
            #expect(message.contains("public.customers") && message.contains("intruder"), "\(message)")
            #expect(try await demo.health().contains(Demo.first))
            #expect(try await demo.hashes() != hashes, "what was written stays")

            let analysed = try await upgrade(meanwhile: "ANALYZE customers")
            #expect(analysed.text("state") == "succeeded", "\(analysed)")
            #expect(try await demo.health().contains(Demo.required))
        }
    }

    @Test func `an encrypted set warns until somebody has shown that they can decrypt, and a forged one is refused`()
        async throws
    {
        try await Demo.with { demo in
            try await Demo.shell("age-keygen -o \(demo.root)/own; age-keygen -o \(demo.root)/other")
            let recipient = try await Demo.shell("age-keygen -y \(demo.root)/own")
                .trimmingCharacters(in: .whitespacesAndNewlines)
            try await Demo.shell("sed -i 's|^backups:|&\\n  encryptTo: [\(recipient)]|' \(demo.root)/pawl.yaml")
            func warns() async throws -> (preflight: Bool, status: Bool) {
                let checks = try await demo.pawl("preflight", "-o", "json")["findings"] as? [[String: Any]] ?? []
                let check = checks.first { $0["check"] as? String == "backup-encryption" }
                let status = try await demo.pawl("status", "-o", "json")
                let notices = status["notices"] as? [String] ?? []
                return (check?["outcome"] as? String == "warn", notices.contains { $0.contains(recipient) })
            }
            #expect(try await warns() == (true, true))
            // Beside a service that writes, a sequence may move between the dump and its fingerprint.
            try await Demo.shell(
                "docker stop $(docker ps -q --filter label=com.docker.compose.project=\(demo.project) "
                    + "--filter label=com.docker.compose.service=worker)"
            )
            let created = try await demo.pawl("backup", "create", "-o", "json")
            let set = try #require(created.text("id"), "\(created)")
            let wrong = try await demo.pawl("backup", "verify", set, "--identity", demo.root + "/other", "-o", "json")
            #expect(wrong.exit == 3)
            #expect(wrong.text("error", "code") == "identity-wrong")
            #expect(wrong.text("error", "blame") == "operator")
            #expect(try await warns() == (true, true))
            let right = try await demo.pawl("backup", "verify", set, "--identity", demo.root + "/own", "-o", "json")
            #expect(right.text("proof", "state") == "proven", "\(right)")
            #expect(right.text("record") == "recorded")
            #expect(try await warns() == (false, false))

            try await Demo.shell(
                "cd \(demo.root)/backups/\(set) && sed -i 's/\"rows\":/\"rows\": /' manifest.json && "
                    + "sha256sum manifest.json >manifest.sha256"
            )
            let forged = try await demo.pawl("backup", "show", set, "-o", "json")
            #expect(forged.text("error", "code") == "backup-damaged", "\(forged)")
            let pruned = try await demo.pawl("backup", "prune", "--yes", "-o", "json")
            #expect(pruned.exit == 0)
            #expect(FileManager.default.fileExists(atPath: "\(demo.root)/backups/\(set)"))

            try await acceptsAndRestores(demo, set)
        }
    }

    /// A set that is not as it is on record, but good, is accepted where somebody says so, and comes back; nothing of
    /// what it decrypts to is left lying about.
    private func acceptsAndRestores(_ demo: Demo, _ set: String) async throws {
        let identity = demo.root + "/own"
        let refused = try await demo.pawl("backup", "verify", set, "--identity", identity, "-o", "json")
        #expect(refused.text("error", "code") == "backup-damaged", "\(refused)")
        let accepted = try await demo.pawl(
            "backup",
            "verify",
            set,
            "--accept-changed",
            "--identity",
            identity,
            "-o",
            "json"
        )
        #expect(accepted.exit == 0 && accepted.text("record") == "recorded", "\(accepted)")
        let secret = "$(sed -n 's/^DB_PASSWORD=//p' \(demo.directory)/customer.env)"
        let readable = try await Demo.shell(
            "test -n \"\(secret)\"; grep -rlF \"\(secret)\" \(demo.root)/backups || true"
        )
        #expect(readable.isEmpty, "\(readable)")
        let before = try await demo.hashes()
        let restored = try await demo.pawl("restore", "--backup", set, "--identity", identity, "--yes", "-o", "json")
        #expect(restored.text("state") == "restored", "\(restored)")
        #expect(try await demo.hashes() == before)
        let left = try await Demo.shell("find \(demo.data) -name 'restore*' -type d")
        #expect(left.isEmpty, "\(left)")
    }
}
