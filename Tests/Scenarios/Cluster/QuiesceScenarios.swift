import Foundation
import Glibc
import Testing
import UpgradeEngine
import UpgradeModel

/// Writers that stand still while the backup is taken, and run again afterwards, whatever happens in between.
extension ClusterScenarios {
    @Test(.timeLimit(.minutes(15)))
    func `autoscaled writers stand still for the backup, and are scaled as before afterwards`() async throws {
        try await Demo.with(Demo.required, autoscaled: true) { demo in
            let autoscalers = try await demo.autoscalers()
            let replicas = try await scaled(demo, autoscalers)
            let witness = try Witness(demo)
            let runner = try await witness.startRunner()
            try await witness.awaitBegin(of: "0/dump")
            try await witness.whileStopped(runner) { try await standStill(demo, autoscalers) }
            let ended = try await demo.pawl("details", "--follow")
            #expect(ended.exit == 0, "\(ended)")
            try await serves(demo, Demo.newest)
            #expect(try await scaled(demo, autoscalers) == replicas)
            #expect(try await demo.autoscalers() == autoscalers)
        }
    }

    /// How many replicas there are as soon as the autoscaler has raised the worker to its minimum: the chart leaves the
    /// worker's replicas out, and no metrics are served here.
    private func scaled(_ demo: Demo, _ autoscalers: String) async throws -> String {
        let lines = autoscalers.split(separator: "\n").map { $0.split(separator: " ") }
        let line = lines.first { $0.count == 3 && $0[0].hasSuffix("worker") }
        let minimum = try #require(line, "the chart has an autoscaler of the worker: \(autoscalers)")[1]
        return try await demo.event(containing: "worker \(minimum)\n", within: .seconds(90)) {
            try await demo.replicas() + "\n"
        }
    }

    /// No writer has a pod, and nobody has scaled one up again; everything else is as it was.
    private func standStill(_ demo: Demo, _ autoscalers: String) async throws {
        for component in ["api", "worker"] { #expect(try await demo.pods(of: component) == 0, "\(component) lives") }
        let replicas = try await demo.replicas().split(separator: "\n")
        #expect(replicas.contains("api 0") && replicas.contains("worker 0"), "\(replicas)")
        #expect(try await demo.pods(of: "database") == 1)
        #expect(try await demo.autoscalers() == autoscalers)
        let sessions = try await demo.psql(
            """
            SELECT string_agg(application_name, ', ') FROM pg_stat_activity
            WHERE application_name LIKE 'worker %' OR application_name LIKE 'api %'
            """
        )
        #expect(sessions.isEmpty, "\(sessions)")
    }

    @Test(.timeLimit(.minutes(15)), arguments: [false, true])
    func `an abort before the point of no return puts the replicas back, also after the runner was killed`(
        killed: Bool
    ) async throws {
        try await Demo.with(Demo.required, autoscaled: killed) { demo in
            let autoscalers = try await demo.autoscalers()
            let replicas = try await killed ? scaled(demo, autoscalers) : demo.replicas() + "\n"
            let hashes = try await demo.hashes()
            let witness = try Witness(demo)
            let runner = try await witness.startRunner()
            try await witness.awaitBegin(of: "0/dump")
            if killed {
                try witness.kill(runner, withChildren: true)
                try await witness.awaitDeath()
                #expect(try await demo.pods(of: "worker") == 0, "nobody is left to put it back")
            }
            let aborted = try await demo.pawl("abort", "-o", "json")
            #expect(aborted.exit == 0, "\(aborted)")
            _ = try await demo.pawl("details", "--follow")
            let details = try await demo.pawl("details", "-o", "json")
            #expect(details.text("state") == "aborted", "\(details)")

            #expect(try await demo.replicas() + "\n" == replicas)
            #expect(try await demo.autoscalers() == autoscalers)
            _ = try await demo.event(containing: Demo.required, within: .seconds(120)) { try await demo.health() }
            try await serves(demo, Demo.required)
            #expect(try await demo.revisions().count == 1, "helm was never asked for anything")
            #expect(try await demo.hashes() == hashes)
            let left = try await demo.pawl("status", "-o", "json")
            #expect(left["drift"] == nil && left["run"] == nil, "\(left)")
        }
    }
}
