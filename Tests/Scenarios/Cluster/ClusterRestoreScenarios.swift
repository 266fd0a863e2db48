import Foundation
import Testing
import UpgradeEngine
import UpgradeModel

/// Restores over a Helm release: the way back of a failed upgrade, the drill, a runner that dies in between.
extension ClusterScenarios {
    @Test(.timeLimit(.minutes(20)))
    func `an upgrade whose migration fails ends by a restore, and the release from before it serves with its data`()
        async throws
    {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let (hashes, content, replicas) = try await (demo.hashes(), demo.content(), demo.replicas())
            let migrations = try await demo.migrationRuns()
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.failing, "--yes", "-o", "json")
            #expect(upgrade.exit == 4, "\(upgrade)")
            #expect(upgrade["choices"] as? [String] == ["retry", "restore"], "\(upgrade)")
            #expect(try await mark(demo) == Demo.failing)
            let set = try #require(upgrade.text("backup"))
            let details = try await demo.pawl("details")
            #expect(details.output.contains("pawl restore --backup \(set)"), "\(details)")
            let unwanted = try await demo.pawl("restore", "--backup", set, "-o", "json")
            #expect(unwanted.exit == 3 && unwanted.text("error", "code") == "not-confirmed", "\(unwanted)")

            let restore = try await demo.pawl("restore", "--backup", set, "--yes", "-o", "json")
            #expect(restore.exit == 0, "\(restore)")
            #expect(restore.text("state") == "restored", "\(restore)")
            #expect(restore.text("id") == upgrade.text("id"), "the run that waited is the one that ends")
            try await serves(demo, Demo.newest)
            #expect(try await demo.hashes() == hashes)
            #expect(try await demo.content() == content)
            #expect(try await demo.replicas() == replicas)
            #expect(try await demo.migrationRuns() == migrations, "the old release had nothing to migrate")
            try await isRestored(demo, Demo.newest, set)
            let revisions = try await demo.revisions()
            #expect(revisions.last?.said.contains("/restore-") == true, "\(revisions)")
            #expect(!revisions.contains { $0.said.lowercased().contains("rollback") }, "\(revisions)")

            let again = try await demo.pawl("upgrade", "--to", Demo.fixed, "--yes", "-o", "json")
            #expect(again.exit == 0, "it goes forward from there: \(again)")
            try await serves(demo, Demo.fixed)
        }
    }

    /// What the commands and the cluster say of a release that was brought back.
    private func isRestored(_ demo: Demo, _ version: String, _ set: String) async throws {
        let status = try await demo.pawl("status", "-o", "json")
        #expect(status.text("installed", "version") == version, "\(status)")
        #expect(status.text("highWaterMark") == version, "the mark is lowered: \(status)")
        #expect(status["run"] == nil && status["drift"] == nil, "\(status)")
        #expect(try await mark(demo) == version, "it is noted beside the release, too")
        let preflight = try await demo.pawl("preflight", "-o", "json")
        #expect(preflight.exit == 0, "\(preflight)")
        let backups = try await demo.pawl("backup", "list", "-o", "json")
        #expect(backups.output.contains(set), "the set is kept: \(backups)")
    }

    /// The set that holds a release.
    private func set(of version: String, _ demo: Demo) async throws -> String {
        let backups = try await demo.pawl("backup", "list", "-o", "json")
        let sets = try #require(backups["backups"] as? [[String: Any]], "\(backups)")
        return try #require(sets.compactMap { $0["id"] as? String }.first { $0.hasSuffix(version) }, "\(backups)")
    }

    /// The mark in Pawl's note in the cluster.
    private func mark(_ demo: Demo) async throws -> String {
        try await demo.kubectl(
            "get",
            "configmap",
            "pawl." + demo.release,
            "--output",
            "jsonpath={.data.highWaterMark}"
        )
    }

    @Test(.timeLimit(.minutes(20)), arguments: [Demo.Helm.four, .three])
    func `the drill on a cluster: after an upgrade and damage, everything of the moment before comes back`(
        helm: Demo.Helm
    ) async throws {
        try await Demo.with(Demo.required, helm: helm, testReleases: true) { demo in
            let (hashes, replicas) = try await (demo.hashes(), demo.replicas())
            let values = try String(contentsOfFile: demo.values, encoding: .utf8)
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.newest, "--yes", "-o", "json")
            #expect(upgrade.exit == 0, "\(upgrade)")
            let set = try await self.set(of: Demo.required, demo)
            _ = try await demo.psql("DELETE FROM order_lines")
            _ = try await demo.psql("CREATE TABLE afterwards AS SELECT generate_series(1, 20) AS n")
            let changed = values + "\nremarks: written after the set was made\n"
            try changed.write(toFile: demo.values, atomically: true, encoding: .utf8)

            let refused = try await demo.pawl("restore", "--backup", set, "-o", "json")
            #expect(refused.errors.contains("public.afterwards"), "what would be lost is said before: \(refused)")
            let restore = try await demo.pawl("restore", "--backup", set, "--yes", "-o", "json")
            #expect(restore.exit == 0, "\(restore)")
            #expect(restore.text("state") == "restored" && restore.text("kind") == "restore")
            try await serves(demo, Demo.required)
            #expect(try await demo.hashes() == hashes)
            #expect(try await demo.replicas() == replicas)
            try await isRestored(demo, Demo.required, set)
            let kept = try #require(restore["replaced"] as? [String])
            #expect(kept.count == 1 && kept.allSatisfy { $0.contains("_before_") })
            #expect(try await demo.psql("SELECT count(*) FROM afterwards", database: kept[0]) == "20")
            #expect(try String(contentsOfFile: demo.values, encoding: .utf8) == values)
            let run = try #require(restore.text("id"))
            #expect(try String(contentsOfFile: "\(demo.values).before-\(run)", encoding: .utf8) == changed)

            let again = try await demo.pawl("upgrade", "--to", Demo.newest, "--yes", "-o", "json")
            #expect(again.exit == 0, "\(again)")
            try await serves(demo, Demo.newest)
        }
    }

    @Test(
        .timeLimit(.minutes(20)),
        arguments: [
            "restore-database:demo", "set-aside:demo", "replace-configuration", "switch-release", "await-health",
        ]
    )
    func `a restore on a cluster whose runner is killed is finished by the next, autoscaled writers included`(
        effect: String
    ) async throws {
        try await Demo.with(Demo.required, autoscaled: true) { demo in
            let (hashes, autoscalers) = try await (demo.hashes(), demo.autoscalers())
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.newest, "--yes", "-o", "json")
            #expect(upgrade.exit == 0, "\(upgrade)")
            let set = try await self.set(of: Demo.required, demo)
            let started = try await demo.pawl("restore", "--backup", set, "--yes", "--detach", "-o", "json")
            #expect(started.exit == 0, "\(started)")
            let run = try #require(started.text("id"))
            let witness = try Witness(demo)
            try await witness.awaitBegin(of: "0/\(effect)")
            guard let runner = pid_t(try await demo.runner()) else { throw Failure("no runner") }
            try witness.kill(runner, withChildren: true)
            try await witness.awaitDeath()

            let resumed = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(resumed.exit == 0, "\(resumed)")
            #expect(resumed.text("id") == run && resumed.text("state") == "restored", "\(resumed)")
            try await serves(demo, Demo.required)
            #expect(try await demo.hashes() == hashes)
            #expect(try await demo.autoscalers() == autoscalers)
            let replicas = try await demo.replicas().split(separator: "\n")
            #expect(!replicas.contains { $0.hasSuffix(" 0") }, "every writer has pods again: \(replicas)")
            try await isRestored(demo, Demo.required, set)
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `where there is no Helm release a restore says what to do by hand, and takes what was done for what it is`()
        async throws
    {
        try await Demo.with(Demo.newest) { demo in
            let created = try await demo.pawl("backup", "create", "-o", "json")
            #expect(created.exit == 0, "\(created)")
            let set = try await self.set(of: Demo.newest, demo)
            let recorded = try await demo.pawl("restore", "--backup", set, "--in-place", "--yes", "-o", "json")
            #expect(recorded.exit == 0 && recorded["inPlace"] as? Bool == true, "\(recorded)")

            try await demo.helm("uninstall", demo.release, "--wait")
            let refused = try await demo.pawl("restore", "--backup", set, "--yes", "-o", "json")
            #expect(refused.exit == 3, "\(refused)")
            let findings = refused["findings"] as? [[String: Any]] ?? []
            let failed = findings.filter { $0["outcome"] as? String == "fail" }
            #expect(failed.compactMap { $0["check"] as? String } == ["restore-installation"], "\(refused)")
            let remedy = failed.first?["remedy"] as? String ?? ""
            #expect(remedy.contains("helm install") && remedy.contains("--in-place"), "\(remedy)")
        }
    }
}
