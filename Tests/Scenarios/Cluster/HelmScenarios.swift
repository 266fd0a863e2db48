import Foundation
import Glibc
import Testing
import UpgradeEngine
import UpgradeModel

/// What becomes of a Helm release that others handle too: a helm that dies, a rollback, somebody else's upgrade.
extension ClusterScenarios {
    /// A helm that is killed while its record says `pending-upgrade`.
    struct HelmDeath: Sendable, CustomTestStringConvertible {
        var helm: Demo.Helm
        /// Whether the runner dies with it.
        var withRunner: Bool

        var testDescription: String { "\(helm.testDescription)" + (withRunner ? " and the runner" : "") }

        static let all = [
            HelmDeath(helm: .four, withRunner: true), HelmDeath(helm: .three, withRunner: true),
            HelmDeath(helm: .four, withRunner: false),
        ]
    }

    @Test(.timeLimit(.minutes(15)), arguments: HelmDeath.all)
    func `a helm that is killed in the middle leaves a release that is unlocked, and the run goes forward`(
        death: HelmDeath
    ) async throws {
        try await Demo.with(Demo.required, helm: death.helm) { demo in
            let replicas = try await demo.replicas()
            let witness = try Witness(demo)
            let runner = try await witness.startRunner()
            try await witness.awaitBegin(of: "0/switch-release")
            let helm = try await witness.stoppedHelm(demo.helmProgram, of: runner)
            try await witness.step(helm, until: "pending-upgrade") {
                try await demo.statuses().contains("pending-upgrade")
            }
            if death.withRunner {
                try witness.kill(runner, withChildren: true)
                try await witness.awaitDeath()
            }
            _ = Glibc.kill(helm, SIGKILL)
            if death.withRunner {
                let status = try await demo.pawl("status", "-o", "json")
                #expect(status.exit == 0, "it is locked, and status only reports: \(status)")
                #expect(try await demo.statuses().contains("pending-upgrade"))
            }

            try await goOn(demo, isCarried: !death.withRunner)
            try await serves(demo, Demo.newest)
            #expect(try await demo.replicas() == replicas)
            let revisions = try await demo.revisions()
            #expect(revisions.map(\.status) == ["superseded", "failed", "deployed"], "\(revisions)")
            #expect(revisions[1].said.lowercased().contains("pawl"), "it says who unlocked it: \(revisions[1])")
            let migrations = try await demo.migrationRuns()
            #expect(migrations.split(separator: "\n").allSatisfy { $0.hasSuffix(" applied 1") }, "\(migrations)")
            let backups = try await demo.pawl("backup", "list", "-o", "json")
            #expect((backups["backups"] as? [Any])?.count == 1, "\(backups)")
        }
    }

    /// Goes on as an operator does: with the run where nobody carries it, by a retry where it waits.
    private func goOn(_ demo: Demo, isCarried: Bool) async throws {
        _ = try await isCarried ? demo.pawl("details", "--follow") : demo.pawl("upgrade", "--yes")
        if try await demo.pawl("details", "-o", "json").text("state") == "needs-operator" {
            let retry = try await demo.pawl("retry", "-o", "json")
            #expect(retry.exit == 0, "\(retry)")
        }
        let run = try await demo.pawl("details", "-o", "json")
        #expect(run.text("state") == "succeeded", "\(run)")
    }

    @Test(.timeLimit(.minutes(15)))
    func `a rollback by hand is seen as drift, and the only way on is the release that the databases belong to`()
        async throws
    {
        try await Demo.with(Demo.required, testReleases: true) { demo in
            let replicas = try await demo.replicas()
            let upgrade = try await demo.pawl("upgrade", "--to", Demo.newest, "--yes", "-o", "json")
            #expect(upgrade.exit == 0, "\(upgrade)")
            try await demo.helm("rollback", demo.release, "1")

            let status = try await demo.pawl("status", "-o", "json")
            #expect(status.exit == 0)
            #expect(status.text("highWaterMark") == Demo.newest)
            #expect(status["drift", "older"] as? Bool == true, "\(status)")
            #expect(status.text("drift", "expected") == Demo.newest, "\(status)")
            #expect(status["drift"].map { "\($0)".contains(Demo.required) } == true, "\(status)")
            let plan = try await demo.pawl("plan", "-o", "json")
            #expect(plan.exit == 0, "\(plan)")
            #expect(plan.text("to") == Demo.newest, "a plan begins at the mark, which must run again: \(plan)")
            #expect((plan["hops"] as? [Any])?.count == 1, "\(plan)")
            for (target, code) in [(Demo.required, "downgrade"), (Demo.first, "downgrade"), (Demo.fixed, "no-path")] {
                let refused = try await demo.pawl("plan", "--to", target, "-o", "json")
                #expect(refused.exit == 3 && refused.text("refusal", "code") == code, "\(refused)")
            }
            let preflight = try await demo.pawl("preflight", "-o", "json")
            let findings = preflight["findings"] as? [[String: Any]] ?? []
            let said = findings.filter { $0["outcome"] as? String != "pass" }
                .compactMap { $0["message"] as? String }.joined(separator: "\n")
            #expect(said.contains(Demo.required) && said.contains(Demo.newest), "\(preflight)")

            // What the remedy says: forward to the release that the databases belong to.
            let again = try await demo.pawl("upgrade", "--to", Demo.newest, "--yes", "-o", "json")
            #expect(again.exit == 0, "\(again)")
            try await serves(demo, Demo.newest)
            #expect(try await demo.replicas() == replicas)
            let migrations = try await demo.migrationRuns()
            // The old release, brought back by hand, has tried its own on newer databases, and failed.
            let own = migrations.split(separator: "\n").filter { !$0.hasPrefix("\(Demo.required) failed") }
            #expect(own.allSatisfy { $0.hasSuffix(" applied 1") }, "\(migrations)")
            let mended = try await demo.pawl("status", "-o", "json")
            #expect(mended["drift"] == nil, "\(mended)")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `somebody else's helm upgrade in the middle is told, and the run stands in a safe state`() async throws {
        try await Demo.with(Demo.required) { demo in
            let replicas = try await demo.replicas()
            let witness = try Witness(demo)
            let runner = try await witness.startRunner()
            try await witness.awaitBegin(of: "0/prove")
            // Helm 4 may refuse it, since the replicas of writers that stand still are Pawl's; its record says so.
            let wentThrough = try await witness.whileStopped(runner) { await byHand(demo) }
            #expect(try await demo.revisions().count == 2)
            _ = try await demo.pawl("details", "--follow")
            let run = try await demo.pawl("details", "-o", "json")
            #expect(run.text("state") == "aborted", "nothing of the target was started: \(run)")
            #expect(run["pastPointOfNoReturn"] as? Bool == false, "\(run)")
            let codes = ["helm-changed", "writer-running", "writer-scaled", "database-written"]
            #expect(codes.contains(run.text("reason", "code") ?? ""), "\(run)")
            let message = run.text("reason", "message") ?? ""
            #expect(message.contains("revision 2") || message.contains("helm"), "who did what: \(message)")
            let migrations = try await demo.migrationRuns()
            #expect(!migrations.contains(Demo.newest), "\(migrations)")

            if !wentThrough { #expect(await byHand(demo), "once the run is over, nothing is Pawl's") }
            _ = try await demo.event(containing: Demo.required, within: .seconds(120)) { try await demo.health() }
            #expect(try await demo.replicas() == replicas)
            try await serves(demo, Demo.required)
            // What they have done is where the next one begins.
            _ = try await demo.event(containing: "passes", within: .seconds(120)) {
                try await demo.pawl("preflight", "-o", "json").exit == 0 ? "passes" : ""
            }
            let again = try await demo.pawl("upgrade", "--yes", "-o", "json")
            #expect(again.exit == 0, "\(again)")
            try await serves(demo, Demo.newest)
        }
    }

    /// Somebody upgrades to the very chart that is installed; whether helm went through with it.
    private func byHand(_ demo: Demo) async -> Bool {
        do {
            let chart = try await demo.chart(of: Demo.required)
            try await demo.helm(
                "upgrade",
                demo.release,
                chart.archive,
                "--values",
                chart.values,
                "--values",
                demo.values,
                "--description",
                "by hand"
            )
            return true
        } catch {
            return false
        }
    }
}
