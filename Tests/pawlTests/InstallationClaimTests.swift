import Foundation
import Reports
import Simulators
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

@testable import pawl

@Suite struct InstallationClaimTests {
    private let older = Story.releases[0]
    private let newer = Story.releases[1]

    @Test func `an installation belongs to the data folder that has begun a run on it`() async throws {
        let paper = try PaperInstallation()
        let (first, second) = (try paper.workplace(), try paper.workplace(data: "mistyped"))
        // As it was before anybody noted anything.
        try await first.requireWritable()
        try await second.requireWritable()
        let hold = try #require(try first.file.take())
        try first.file.write(newer, hold)
        let busy = try await #require(throws: Trouble.self) { try await second.requireWritable() }
        #expect(ExitStatus(busy) == .anotherRun)
        #expect(throws: busy) { try second.file.take() }
        try await first.requireWritable()
        hold.release()
        let trouble = try await #require(throws: Trouble.self) { _ = try await second.claim.take() }
        #expect(trouble.code == "another-data-folder" && ExitStatus(trouble) == .refused)
        let file = try second.file.path
        #expect(trouble.remedy.contains("--data-dir \(first.data.path)") && trouble.remedy.contains(file))
        #expect(try await paper.trouble(of: BackupPruneCommand.self, "--yes", data: "mistyped") == trouble)
        #expect(try await paper.trouble(of: UpgradeCommand.self, data: "mistyped") == trouble)
        // It is handed over as the message says, and the mark with it.
        #expect(trouble.remedy.contains("write \(second.data.path) as `dataFolder` into"))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try Data(text.replacing(first.data.path, with: second.data.path).utf8).write(to: URL(filePath: file))
        try await second.requireWritable()
        #expect(try await second.claim.highWaterMark() == newer)
        #expect(try await second.claim.take() != nil)
    }

    @Test func `the mark is not forgotten with the data folder, and a lowered one is noted`() async throws {
        let paper = try PaperInstallation()
        let workplace = try paper.workplace()
        let hold = try #require(try await workplace.claim.take())
        try await hold.note(newer)
        #expect(try await workplace.highWaterMark() == newer)
        #expect(try await paper.workplace(data: "mistyped").highWaterMark() == nil)
        try await hold.note(older)
        #expect(try await workplace.highWaterMark() == older)
        #expect(try workplace.file.note?.dataFolder == workplace.data.path)
        try paper.record(RunPlan(from: older, hops: [newer], highWaterMark: older), mark: newer)
        #expect(try await workplace.highWaterMark() == newer)
        await hold.release()
    }

    @Test func `a note that cannot be read, or a folder that is not there, keeps nobody out`() async throws {
        let paper = try PaperInstallation()
        let workplace = try paper.workplace()
        try paper.write("opt/.pawl-owner", "{\"dataFolder\":")
        try await workplace.requireWritable()
        let hold = try #require(try workplace.file.take())
        try workplace.file.write(nil, hold)
        #expect(try workplace.file.note == .init(dataFolder: workplace.data.path, highWaterMark: nil))
        let nowhere = InstallationClaim(on: paper.root + "/nowhere", by: workplace.data)
        #expect(try nowhere.take() == nil)
    }
}

extension Workplace {
    /// The note in the installation's folder.
    fileprivate var file: InstallationClaim {
        get throws { InstallationClaim(on: try compose.directory, by: data) }
    }
}
