import Foundation
import Processes
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

    @Test func `in safe mode nothing is gone on with`() async throws {
        let paper = try PaperInstallation()
        try paper.recordOpen()
        try paper.breakJournal()
        await #expect(throws: Trouble.self) { try await Resuming(paper.workplace()).resume() }
    }
}
