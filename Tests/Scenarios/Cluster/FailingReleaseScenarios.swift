import Foundation
import Testing
import UpgradeEngine
import UpgradeModel

/// Releases that do not work: one whose migration fails in its init container, one that never gets healthy.
extension ClusterScenarios {
    @Test(.timeLimit(.minutes(15)))
    func `a migration that fails in its init container waits for an operator within seconds, with its last words`()
        async throws
    {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let replicas = try await demo.replicas()
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.failing, "--yes", "-o", "json")
            #expect(upgrade.exit == 4, "\(upgrade)")
            #expect(upgrade.text("state") == "needs-operator")
            #expect(upgrade["pastPointOfNoReturn"] as? Bool == true)
            #expect((upgrade["choices"] as? [String])?.contains("retry") == true)
            #expect(upgrade.text("reason", "code") == "migration-failed", "\(upgrade)")
            #expect(upgrade.text("reason", "blame") == "release")
            let message = upgrade.text("reason", "message") ?? ""
            #expect(message.contains("remark") && message.contains("SQLSTATE 42703"), "its last words: \(message)")
            let seconds = try await secondsUntilTold(demo)
            #expect(seconds < 30, "it was told \(seconds) s after the migration had failed")
            let details = try await demo.pawl("details")
            #expect(details.output.contains("SQLSTATE 42703"), "\(details)")

            for arguments in [["abort"], ["retry", "--to", Demo.newest], ["upgrade", "--to", Demo.newest, "--yes"]] {
                let answer = try await demo.pawl.run(arguments)
                #expect(answer.exit == 3 || answer.exit == 4, "\(arguments): \(answer)")
            }
            let retry = try await demo.pawl("retry", "--to", Demo.fixed, "-o", "json")
            #expect(retry.exit == 0, "\(retry)")
            #expect(retry.text("state") == "succeeded")
            try await serves(demo, Demo.fixed)
            #expect(try await demo.replicas() == replicas)
            let backups = try await demo.pawl("backup", "list", "-o", "json")
            #expect((backups["backups"] as? [Any])?.count == 1, "the set from before the hop is kept: \(backups)")
        }
    }

    /// How long after the migration's own record of its first failure the journal says that it failed.
    private func secondsUntilTold(_ demo: Demo) async throws -> Double {
        let text = try await demo.psql(
            "SELECT (extract(epoch FROM min(at)) * 1000000)::bigint FROM migration_runs WHERE event = 'failed'"
        )
        guard let failed = Int64(text) else { throw Failure("no migration has failed: \(text)") }
        let told = try Witness(demo).rows().first { row in
            if case .event(.failed(let effect, _)) = row.payload { effect.kind == .migrate } else { false }
        }
        return Moment(microseconds: failed).seconds(to: try #require(told).at)
    }

    /// A pod that is merely not ready may still get ready, but the chart says how long that may take.
    @Test(.timeLimit(.minutes(15)))
    func `a release that comes up unhealthy on the cluster is never called deployed`() async throws {
        try await Demo.with(Demo.newest, testReleases: true) { demo in
            let replicas = try await demo.replicas()
            let started = try await demo.pawl("upgrade", "--to", Demo.unhealthy, "--yes", "--detach", "-o", "json")
            #expect(started.exit == 0, "\(started)")
            let witness = try Witness(demo)
            try await witness.await("the operator's turn", within: .seconds(300)) {
                try witness.replay().flatMap { $0.machine.phase == .needsOperator || $0.machine.hasEnded ? true : nil }
            }
            let run = try await demo.pawl("details", "-o", "json")
            #expect(run.text("state") == "needs-operator", "\(run)")
            #expect(run.text("step") == "settle")
            #expect(run.text("reason", "code") == "unhealthy", "\(run)")
            #expect(run.text("reason", "message")?.contains("api") == true, "\(run)")
            let status = try await demo.pawl("status", "-o", "json")
            #expect(status.text("run", "state") == "needs-operator", "\(status)")
            let retry = try await demo.pawl("retry", "--to", Demo.fixed, "-o", "json")
            #expect(retry.exit == 0, "\(retry)")
            try await serves(demo, Demo.fixed)
            #expect(try await demo.replicas() == replicas)
        }
    }
}
