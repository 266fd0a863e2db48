import Foundation
import Testing
import UpgradeEngine
import UpgradeModel

@testable import SingleVM

/// What the files of a run and of an installation say about effects, without an Engine.
@Suite struct DeploymentEffectsTests {
    private func context(_ folder: String, restoring: Bool = false) throws -> EffectContext {
        let one = try ReleaseVersion("1.0.0")
        let set = BackupSetID(at: Moment(microseconds: 0), release: one)
        return EffectContext(
            run: try #require(RunID("20261123-103045-7f3a")),
            token: 1,
            from: one,
            migrations: [],
            backup: nil,
            proof: nil,
            restore: restoring ? RestorePlan(set: set, release: one, databases: ["shop"]) : nil,
            folder: folder
        ) { _ in }
    }

    private func port(_ deployment: ComposeDeployment) -> DeploymentEffects {
        DeploymentEffects(deployment) { _, context in
            ReleaseContent(folder: context.folder, environment: "", images: [:])
        }
    }

    @Test func `a release that an earlier run has staged is not taken for this run's`() async throws {
        try await SwitchReleaseTests().inFolder { path, deployment in
            let folder = path + "/releases/1.1.0"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (name, text) in [("docker-compose.yml", "services: {}"), (".env", "OLD=1"), ("images.json", "{}")] {
                try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            }
            let stage = Effect(.stage, hop: 0, target: try ReleaseVersion("1.1.0"))
            #expect(try await port(deployment).probe(stage, in: context(path)) == .notStarted)
        }
    }

    @Test func `what ran when an earlier hop was to be restored is no record of what runs now`() async throws {
        try await SwitchReleaseTests().inFolder { path, deployment in
            func effect(_ hop: Int) throws -> Effect {
                Effect(.recordWriters, hop: hop, target: try ReleaseVersion("1.0.0"), attempt: 2)
            }
            let context = try context(path, restoring: true)
            #expect(try await port(deployment).probe(effect(0), in: context) == .notStarted)
            try WritersRecord(project: "p", release: context.from, writers: [])
                .write(to: "\(path)/\(effect(0).writersRecord(restoring: true)).json")
            #expect(try await port(deployment).probe(effect(0), in: context) == .done(.done))
            #expect(try await port(deployment).probe(effect(1), in: context) == .notStarted)
        }
    }
}
