import Foundation
import Testing
import UpgradeModel

@Suite struct RehearsalTests {
    @Test func `locks are ranked by what they keep others from, then by their time`() {
        let locks = [
            HeldLock(relation: "a", mode: "ShareUpdateExclusiveLock", seconds: 9),
            HeldLock(relation: "b", mode: "AccessExclusiveLock", seconds: 1),
            HeldLock(relation: "c", mode: "AccessExclusiveLock", seconds: 2),
            HeldLock(relation: "d", mode: "AnotherLock", seconds: 99),
            HeldLock(relation: "e", mode: "ShareLock", seconds: 3),
        ]
        #expect(HeldLock.ranked(locks).map(\.relation) == ["c", "b", "e", "a", "d"])
    }

    @Test func `a plan that was written before there were rehearsals has none`() throws {
        let old = Data(#"{"from":"2026.1.1","hops":["2026.2.1"]}"#.utf8)
        let plan = try JSONDecoder().decode(RunPlan.self, from: old)
        #expect(!plan.rehearses)
        var rehearsing = plan
        rehearsing.rehearses = true
        #expect(try JSONDecoder().decode(RunPlan.self, from: JSONEncoder().encode(rehearsing)) == rehearsing)
    }

    @Test func `a rehearsal that was refused ends the run before anything is stopped`() throws {
        let target = try ReleaseVersion("2026.2.1")
        let plan = RunPlan(
            from: try ReleaseVersion("2026.1.1"),
            hops: [target],
            highWaterMark: nil,
            rehearses: true
        )
        var machine = try UpgradeMachine(plan)
        var effects = try machine.handle(.started)
        for outcome in [Outcome.done, .done, .staged(migrations: ["schema"])] {
            effects = try machine.handle(.succeeded(try #require(effects.first), outcome))
        }
        let rehearse = try #require(effects.first)
        #expect(rehearse.kind == .rehearse)
        #expect(rehearse.step == .preflight)
        #expect(machine.choices == [.abort])
        var willing = machine
        #expect(try willing.handle(.succeeded(rehearse, .done)).first?.kind == .recordWriters)
        var failing = machine
        let why = Trouble(.release, "rehearsal-failed", "It failed.", remedy: "Wait.")
        #expect(try failing.handle(.refused(rehearse, why)).isEmpty)
        #expect(failing.phase == .refused)
        #expect(failing.reason == why)
        _ = try machine.handle(.failed(rehearse, why))
        #expect(machine.phase == .aborted)
    }

    @Test func `what is known of a rehearsal is judged`() throws {
        let target = try wellObservation().target.release
        var newest = Rehearsal(
            id: try #require(RunID("20261123-103045-7f3a")),
            from: try ReleaseVersion("2026.1.19"),
            target: target.version,
            startedAt: try #require(Moment("2026-11-20T10:30:45Z")),
            migrations: [
                Rehearsal.Migration(service: "m", database: "demo", seconds: 3.2, exitCode: 0, lastLines: [])
            ]
        )
        func judged(_ known: ObservedRehearsal, today: String = "2026-11-23") throws -> Finding {
            try finding("rehearsal") { observation in
                observation.console.now = try #require(Moment("\(today)T12:00:00Z"))
                observation.rehearsal = .known(known)
            }
        }
        #expect(try judged(ObservedRehearsal()).outcome == .pass)
        let good = try judged(ObservedRehearsal(newest: newest))
        #expect(good.outcome == .pass)
        #expect(good.message.contains("took 4 s"))
        #expect(try judged(ObservedRehearsal(newest: newest), today: "2026-11-27").outcome == .pass)
        #expect(try judged(ObservedRehearsal(newest: newest), today: "2026-11-28").outcome == .warn)
        newest.failure = Trouble(.release, "rehearsal-failed", "column \"remark\" does not exist", remedy: "Wait.")
        let bad = try judged(ObservedRehearsal(newest: newest))
        #expect(bad.outcome == .fail)
        #expect(bad.message.contains("column \"remark\" does not exist"))
        #expect(bad.remedy?.contains("pawl rehearse --to") == true)
        #expect(try judged(ObservedRehearsal(obstacle: "it is so")).outcome == .pass)
        #expect(try judged(ObservedRehearsal(isWanted: true, obstacle: "it is so")).outcome == .fail)
        let unknown = try finding("rehearsal") { $0.rehearsal = .unknown("the disk is gone") }
        #expect(unknown.outcome == .error)
    }

    @Test func `another package under the same version is another rehearsal`() throws {
        let digest = try #require(ContentDigest(String(repeating: "a", count: 64)))
        let (old, new) = (try ReleaseVersion("2026.1.1"), try ReleaseVersion("2026.2.1"))
        let rehearsal = Rehearsal(
            id: try #require(RunID("r")),
            from: old,
            target: new,
            package: digest,
            startedAt: Moment(microseconds: 0)
        )
        #expect(rehearsal.isOf(from: old, to: new, package: digest))
        #expect(!rehearsal.isOf(from: old, to: new, package: ContentDigest(String(repeating: "b", count: 64))))
        #expect(!rehearsal.isOf(from: new, to: new, package: digest))
    }
}
