import Foundation
import Postgres
import Reports
import Simulators
import Testing
import UpgradeEngine

@testable import UpgradeModel
@testable import pawl

/// Sets that somebody has restored outside of any run.
@Suite struct RestoreInPlaceTests {
    private func inPlace(_ plan: RestorePlan) -> RestorePlan {
        var plan = plan
        plan.isInPlace = true
        return plan
    }

    private func context(_ place: TestPlace, _ plan: RestorePlan) throws -> EffectContext {
        EffectContext(
            run: try #require(RunID("20261123-103045-7f3a")),
            token: 1,
            from: plan.release,
            migrations: [],
            backup: nil,
            proof: nil,
            restore: plan,
            folder: place.root + "/run"
        ) { _ in }
    }

    @Test func `where nobody answers, nothing is believed, and nothing is unpacked`() async throws {
        try await TestPlace.with { place in
            let plan = inPlace(try await place.addSet(at: Moment(microseconds: 0), saying: "first"))
            // Of the set only the manifest is needed.
            try FileManager.default.removeItem(atPath: "\(place.backups)/\(plan.set)/demo.dump.zst")
            let site = try ComposeSite(
                try place.workplace(),
                allowsEmpty: true,
                engine: "unix://\(place.root)/nobody.sock"
            )
            let port = RestorePort(site: site)
            let context = try context(place, plan)
            func effect(_ kind: Effect.Kind) -> Effect { Effect(kind, hop: 0, target: plan.release) }
            #expect(try await port.probe(effect(.confirmRestored), in: context) == .notStarted)
            do {
                _ = try await port.perform(effect(.checkRestore), in: context)
                Issue.record("nobody answers")
            } catch let refused as Refused {
                #expect(refused.trouble.code == "preflight-failed")
                #expect(!refused.trouble.message.contains("demo.dump.zst"))
            }
            do {
                _ = try await port.perform(effect(.confirmRestored), in: context)
                Issue.record("nobody answers")
            } catch let trouble as Trouble {
                #expect(trouble.code == "not-restored" && trouble.blame == .environment && !trouble.changed)
            }
            await site.close()
            #expect(!FileManager.default.fileExists(atPath: place.root + "/run"))
        }
    }

    @Test func `a database is looked for as the configuration stands, not as an earlier restore has unpacked it`()
        async throws
    {
        try await TestPlace.with { place in
            let plan = try await place.addSet(at: Moment(microseconds: 0), saying: "first")
            try await ComposeSite.with(try place.workplace(), allowsEmpty: true) { site in
                _ = try await RestorePort(site: site).perform(
                    Effect(.unpackSet, hop: 0, target: plan.release),
                    in: context(place, plan)
                )
                try place.write(TestPlace.variables, to: "run/restore/1-\(plan.set)/installation/.env")
                try place.write("services: [", to: "installation/docker-compose.yml")
                func route(_ plan: RestorePlan) async throws {
                    let ground = RestoreGround.of(plan, runFolder: place.root + "/run")
                    let set = try BackupShelf(site.workplace).store.load(plan.set)
                    _ = try await ComposeRestoreScene(site: site, plan: plan, ground: ground) { set }.route(to: "demo")
                }
                try await route(plan)
                await #expect {
                    try await route(inPlace(plan))
                } throws: { error in
                    (error as? Trouble)?.code == "database-not-configured"
                }
            }
        }
    }

    @Test func `a run that waits says how to end it by a restore that was done outside`() throws {
        let paper = try PaperInstallation()
        let id = try paper.recordWaiting()
        let report = try RunReport(RunViews(paper.workplace()).view(of: id))
        let set = try #require(report.backup)
        #expect(report.text.contains("  pawl restore --backup \(set) --in-place\n"))
        #expect(report.text.contains("until then neither retry nor upgrade"))
        #expect(!report.inPlace)
    }

    @Test func `a run that only records says so, and what runs`() throws {
        let paper = try PaperInstallation()
        let release = Story.releases[0]
        let set = BackupSetID(at: Moment(microseconds: 0), release: release)
        let restore = RestorePlan(set: set, release: release, databases: ["demo"], isInPlace: true)
        let plan = RunPlan(restoring: restore, from: release, highWaterMark: Story.releases[1])
        var machine = try UpgradeMachine(plan)
        var rows: [Payload] = [.event(.started)]
        _ = try machine.handle(.started)
        while let effect = machine.pending {
            rows += [.intent(effect), .event(.succeeded(effect, .done))]
            _ = try machine.handle(.succeeded(effect, .done))
        }
        let id = try paper.record(plan, rows)
        let report = try RunReport(RunViews(paper.workplace()).view(of: id))
        #expect(report.inPlace && report.state == "restored" && report.kind == "restore")
        #expect(report.steps.map(\.name) == ["preflight", "restore", "settle"])
        #expect(report.text.contains("\(release) runs, with the databases of \(set), as they were found."))
    }
}
