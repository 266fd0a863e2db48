import Foundation
import Processes
import Reports
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

@testable import pawl

/// What is gone on with by itself, and what is not. That a runner really takes over is seen in the scenarios.
@Suite struct ResumingTests {
    @Test func `where no run is open, or one waits for somebody, nothing is started`() async throws {
        let paper = try PaperInstallation()
        #expect(try await Resuming(paper.workplace()).resume() == nil)
        try paper.recordWaiting()
        #expect(try await Resuming(paper.workplace()).resume() == nil)
        let quiet = try await paper.pawl("resume")
        #expect(quiet.status == .code(0) && quiet.text.isEmpty)
    }

    @Test func `a run with a living runner is left alone`() async throws {
        let paper = try PaperInstallation()
        try paper.recordOpen()
        let workplace = try paper.workplace()
        guard let lock = try RunnerLock(in: workplace.data) else { throw CocoaError(.fileLocking) }
        #expect(try await Resuming(workplace).resume() == nil)
        _ = consume lock
    }

    @Test func `a runner that dies at one place again and again is not started for ever`() async throws {
        let paper = try PaperInstallation()
        try paper.recordOpen(taken: Resuming.patience)
        let trouble = try #require(
            await #expect(throws: Trouble.self) { try await Resuming(paper.workplace()).resume() }
        )
        #expect(trouble.code == "runner-keeps-dying" && trouble.remedy.contains("pawl upgrade"))
        let said = try await paper.pawl("resume")
        #expect(said.status == .code(1), "a timer's log shows it")
    }

    @Test func `that nobody can carry a run on, and that a backup was not made, is told once`() async throws {
        let paper = try PaperInstallation()
        try paper.write("opt/customer.env", "DB_PASSWORD=hunter22\n")
        let run = try paper.recordOpen(taken: Resuming.patience)
        let workplace = try paper.workplace()
        let channel = try NoticeChannel(
            id: "c1",
            name: "chat",
            isOn: true,
            kinds: [.needsOperator, .runAborted],
            route: .slack(try WebTarget("https://example.org/"))
        )
        try workplace.store.set(ConsoleSettings.Notifications(channels: [channel]))
        let id = RunID(startedAt: Workplace.now(), salt: 1)
        let record = Jobs.Record(id: id, kind: .backup, startedAt: Workplace.now(), startedBy: "ada")
        let trouble = Trouble(.environment, "dump-failed", "It ended with 1:\nhunter22", remedy: "Try again.")
        let end = Jobs.End(at: Workplace.now(), state: .failed, trouble: trouble)
        try paper.write("data/jobs/\(id)/job.json", String(decoding: try JSONEncoder().encode(record), as: UTF8.self))
        try paper.write("data/jobs/\(id)/end.json", String(decoding: try JSONEncoder().encode(end), as: UTF8.self))
        let caretaker = Caretaker(workplace, Automation(workplace))
        for _ in 0..<3 { #expect(await caretaker.look()?.contains("has died") == true) }
        let waiting = try workplace.store.waitingDeliveries().map(\.notice)
        #expect(waiting.map(\.kind) == [.jobFailed, .runStuck])
        #expect(waiting.first?.id == "job/\(id)" && waiting.last?.id.hasPrefix("stuck/\(run)/") == true)
        #expect(!waiting.contains { $0.message.contains("hunter22") })
        // A channel that comes later is not told of what happened before it.
        var second = channel
        second.id = "c2"
        try workplace.store.set(ConsoleSettings.Notifications(channels: [channel, second]))
        _ = await caretaker.look()
        #expect(try workplace.store.waitingDeliveries().count == 2)
    }

    @Test func `in safe mode nothing is gone on with`() async throws {
        let paper = try PaperInstallation()
        try paper.recordOpen()
        try paper.breakJournal()
        await #expect(throws: Trouble.self) { try await Resuming(paper.workplace()).resume() }
    }
}
