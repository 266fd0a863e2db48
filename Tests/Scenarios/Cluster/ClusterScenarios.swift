import Foundation
import Synchronization
import Testing

/// Whole upgrades of a Helm release on a real cluster, with real pods, init containers and real PostgreSQL data.
///
/// In the order of the files' names: the thin whole first.
@Suite(.serialized, .enabled(if: ClusterInstallation.isThere, "scripts/cluster-up names no cluster"))
struct ClusterScenarios {
    typealias Demo = ClusterInstallation

    /// What an upgrade that nobody disturbed has left behind, once there was one.
    static let undisturbed = Mutex<UndisturbedUpgrade?>(nil)

    @Test(.timeLimit(.minutes(20)))
    func `all hops from the first release to the newest through Helm 4, each with a proven backup, and no way back`()
        async throws
    {
        try await Demo.with { demo in
            try await wholeUpgrade(of: demo)
            try await nothingGoesBack(demo)
            try await nobodyElseBegins(demo)
        }
    }

    @Test(.timeLimit(.minutes(20)))
    func `the same whole upgrade through Helm 3`() async throws {
        try await Demo.with(helm: .three) { demo in try await wholeUpgrade(of: demo) }
    }

    private func wholeUpgrade(of demo: Demo) async throws {
        let before = try await demo.pawl("status", "-o", "json")
        #expect(before.exit == 0)
        #expect(before.text("deployment") == "orchestrated")
        #expect(before["drift"] == nil, "\(before)")
        let (replicas, content) = (try await demo.replicas(), try await demo.content())
        let preflight = try await demo.pawl("preflight", "-o", "json")
        #expect(preflight.exit == 0, "\(preflight)")

        let left = try await UndisturbedUpgrade(of: demo)
        Self.undisturbed.withLock { $0 = $0 ?? left }
        let details = try await demo.pawl("details", "-o", "json")
        #expect(details.text("state") == "succeeded", "\(details)")
        #expect(details["hops"] as? [String] == [Demo.required, Demo.newest])
        #expect(left.kinds(ofHop: 0) == Self.effects)
        #expect(left.kinds(ofHop: 1) == Self.effects)

        try await serves(demo, Demo.newest)
        #expect(try await demo.replicas() == replicas, "every workload has as many replicas as before")
        #expect(try await demo.content() == content, "what there was is there")
        let applied = left.migrations.split(separator: "\n")
        #expect(applied.count == 13 && applied.allSatisfy { $0.hasSuffix(" applied 1") }, "\(left.migrations)")
        try await tellsTheTruth(demo)
    }

    /// The release serves, on every workload and in helm's own eyes, and nothing of Pawl is left on it.
    func serves(_ demo: Demo, _ version: String, location: SourceLocation = #_sourceLocation) async throws {
        let health = try await demo.health()
        #expect(health.contains(version), "\(health)", sourceLocation: location)
        let images = try await demo.images()
        #expect(images.count >= 4, "\(images)", sourceLocation: location)
        #expect(images.allSatisfy { $0.hasSuffix(":" + version) }, "\(images)", sourceLocation: location)
        let revisions = try await demo.revisions()
        #expect(revisions.last?.status == "deployed", "\(revisions)", sourceLocation: location)
        #expect(!revisions.contains { $0.status.hasPrefix("pending") }, "\(revisions)", sourceLocation: location)
        let managers = try await demo.fieldManagers()
        #expect(!managers.contains { $0.hasPrefix("pawl") }, "\(managers)", sourceLocation: location)
    }

    /// What the commands say about an upgrade that is over.
    private func tellsTheTruth(_ demo: Demo) async throws {
        let backups = try await demo.pawl("backup", "list", "-o", "json")
        let sets = try #require(backups["backups"] as? [[String: Any]], "\(backups)")
        #expect(sets.count == 2)
        for set in sets { #expect((set["proof"] as? [String: Any])?["state"] as? String == "proven") }
        let revisions = try await demo.revisions()
        #expect(revisions.map(\.status) == ["superseded", "superseded", "deployed"], "\(revisions)")
        #expect(revisions.dropFirst().allSatisfy { $0.said.hasPrefix("pawl ") }, "\(revisions)")
        let status = try await demo.pawl("status", "-o", "json")
        #expect(status.text("installed", "version") == Demo.newest)
        #expect(status.text("highWaterMark") == Demo.newest)
        #expect(status.text("lastBackup", "proof") == "proven")
        #expect(status["drift"] == nil, "\(status)")
        #expect(status["run"] == nil)
        let history = try await demo.pawl("history", "-o", "json")
        #expect((history["runs"] as? [Any])?.count == 1)
        #expect(history.text("runs", 0, "state") == "succeeded", "\(history)")
        let details = try await demo.pawl("details")
        #expect(details.exit == 0)
        for words in ["schema 0008", "schema 0013"] {
            #expect(details.output.contains(words), "the init container's own words are in Details: \(details)")
        }
    }

    /// Every command that could go back is refused with exit 3, and nothing has changed.
    private func nothingGoesBack(_ demo: Demo) async throws {
        let (hashes, images) = (try await demo.hashes(), try await demo.images())
        let revisions = try await demo.revisions().count
        for arguments in [
            ["upgrade", "--to", Demo.first, "--yes"], ["upgrade", "--to", Demo.required, "--dry-run"],
            ["plan", "--to", Demo.first], ["preflight", "--to", Demo.first], ["retry", "--to", Demo.first], ["retry"],
            ["abort"],
        ] {
            let answer = try await demo.pawl.run(arguments + ["-o", "json"])
            #expect(answer.exit == 3, "\(arguments): \(answer)")
        }
        #expect(try await demo.images() == images)
        #expect(try await demo.hashes() == hashes)
        #expect(try await demo.revisions().count == revisions)
    }

    /// Through another data folder, which knows nothing of what was done, nothing is begun.
    private func nobodyElseBegins(_ demo: Demo) async throws {
        for words in [["upgrade", "--yes"], ["backup", "create"]] {
            let answer = try await demo.pawl.run(words + ["--data-dir", demo.root + "/mistyped", "-o", "json"])
            #expect(answer.exit == 3, "\(answer)")
            #expect(answer.text("error", "code") == "another-data-folder", "\(answer)")
            #expect(answer.text("error", "message")?.contains(demo.data) == true, "\(answer)")
        }
        let preflight = try await demo.pawl("preflight", "-o", "json")
        #expect(preflight.exit == 0 && preflight.text("outcome") == "pass", "\(preflight)")
    }

    /// The effects of a hop that goes well, as on a single VM but for the name of the migration.
    static let effects = Set(KillPoint.effects.map { $0 == "migrate:migrations" ? migration : $0 })
    /// What the journal calls the migration in the API's init container.
    static let migration = "migrate:api/migrations"
}

extension UndisturbedUpgrade {
    /// The effects of one hop, without hop and attempt.
    func kinds(ofHop hop: Int) -> Set<String> {
        let beginning = "\(hop)/"
        return Set(
            seconds.keys.filter { $0.hasPrefix(beginning) }.compactMap {
                $0.dropFirst(beginning.count).split(separator: "#").first.map(String.init)
            }
        )
    }
}
