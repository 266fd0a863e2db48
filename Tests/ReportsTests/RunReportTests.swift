import Simulators
import Testing
import UpgradeEngine
import UpgradeModel

@testable import Reports

/// What is said of a run at the worst hour.
@Suite struct RunReportTests {
    private func report(_ story: RunStory) throws -> RunReport { RunReport(try story.view) }

    private func boundaries(_ report: RunReport) -> [Bool] { report.hops.map(report.hasPassedPointOfNoReturn(of:)) }

    @Test func `whether anything was changed is said of the run, not of the effect that failed`() throws {
        var story = try RunStory()
        try story.go(to: .stopWriters)
        try story.fail()
        #expect(try report(story).reason?.changed == true)
        #expect(try report(story).puttingBack)
        #expect(
            try report(story).text.contains("It is given up: It did not work.\nWhat it has changed is being put back")
        )
        // Putting back fails, too.
        var stuck = story
        try stuck.fail()
        #expect(try report(stuck).reason?.changed == true && report(stuck).puttingBack == false)
        #expect(try report(stuck).cannotPutBack)
        #expect(try report(stuck).text.contains("Putting back has failed: services may stand still."))
        try story.succeed()
        #expect(try report(story).state == "aborted" && report(story).reason?.changed == false)
        #expect(try report(story).text.contains("Aborted, everything was put back: It did not work."))
    }

    @Test func `a hop that is given up says what the hop before has left`() throws {
        var story = try RunStory()
        try story.go(to: .check, hop: 1)
        let check = try #require(story.machine.pending)
        var refused = story
        try refused.tell(.refused(check, RunStory.trouble))
        #expect(try report(refused).reason?.changed == true)
        #expect(try report(refused).deployedBefore == "2026.2.1")
        #expect(
            try report(refused).text.contains(
                "2026.2.1 is deployed and stays; 2026.2.2 was refused, nothing of it was tried:"
            )
        )
        try story.tell(.abortRequested(by: "anna"))
        #expect(
            try report(story).giveUpWords
                == "2026.2.1 is deployed and stays; 2026.2.2 was aborted, all of it was put back"
        )
        var first = try RunStory()
        try first.tell(.refused(try #require(first.machine.pending), RunStory.trouble))
        #expect(try report(first).giveUpWords == "Refused, nothing was tried" && report(first).reason?.changed == false)
    }

    @Test func `the point of no return is passed when it is, and not when a backup is proven`() throws {
        var story = try RunStory()
        #expect(try boundaries(report(story)) == [false, false])
        try story.go(to: .removeWriters)
        #expect(try report(story).steps.first { $0.name == "verify" }?.state == "done")
        #expect(try boundaries(report(story)) == [false, false])
        #expect(try !report(story).text.contains("point of no return"))
        var aborted = story
        try aborted.tell(.abortRequested(by: "anna"))
        while aborted.machine.pending != nil { try aborted.succeed() }
        #expect(try boundaries(report(aborted)) == [false, false])
        try story.succeed()
        #expect(try boundaries(report(story)) == [true, false])
        #expect(try report(story).text.contains("point of no return"))
        try story.go(to: .dump, hop: 1)
        #expect(try boundaries(report(story)) == [true, false])
        try story.go(to: .migrate, hop: 1)
        try story.fail()
        #expect(try boundaries(report(story)) == [true, true])
        // It stays passed when the run has ended with a restore.
        // The set that the stories restore is that of the first hop.
        let set = try #require(BackupSetID("20261123T101110Z-2026.1.1"))
        let plan = RestorePlan(set: set, release: Story.releases[0], databases: ["demo"])
        try story.tell(.restoreRequested(by: "anna", plan: plan))
        while story.machine.pending != nil { try story.succeed() }
        #expect(try report(story).state == "restored" && boundaries(report(story)) == [true, true])
    }

    @Test func `a restore has no point of no return of an upgrade`() throws {
        let set = try #require(BackupSetID("20261123T103112Z-2026.1.1"))
        let plan = RestorePlan(set: set, release: Story.releases[0], databases: ["demo"])
        let story = try RunStory(RunPlan(restoring: plan, from: Story.releases[1], highWaterMark: nil))
        #expect(try boundaries(report(story)).allSatisfy { !$0 })
    }
}
