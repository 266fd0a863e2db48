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
        try first.requireWritable()
        try second.requireWritable()
        let hold = try #require(try first.claim.take())
        try first.claim.write(newer, hold)
        let busy = try #require(throws: Trouble.self) { try second.requireWritable() }
        #expect(ExitStatus(busy) == .anotherRun)
        #expect(throws: busy) { try second.claim.take() }
        try first.requireWritable()
        hold.release()
        let trouble = try #require(throws: Trouble.self) { try second.claim.take() }
        #expect(trouble.code == "another-data-folder" && ExitStatus(trouble) == .refused)
        #expect(trouble.remedy.contains("--data-dir \(first.data.path)") && trouble.remedy.contains(second.claim.path))
        #expect(try await paper.trouble(of: BackupPruneCommand.self, "--yes", data: "mistyped") == trouble)
        #expect(try await paper.trouble(of: UpgradeCommand.self, data: "mistyped") == trouble)
        try FileManager.default.removeItem(atPath: second.claim.path)
        try second.requireWritable()
        #expect(try second.claim.take() != nil)
    }

    @Test func `the mark is not forgotten with the data folder, and a lowered one is noted`() throws {
        let paper = try PaperInstallation()
        let workplace = try paper.workplace()
        let hold = try #require(try workplace.claim.take())
        try workplace.claim.write(newer, hold)
        #expect(try workplace.highWaterMark() == newer)
        #expect(try paper.workplace(data: "mistyped").highWaterMark() == nil)
        try workplace.claim.write(older, hold)
        #expect(try workplace.highWaterMark() == older)
        #expect(workplace.claim.note?.dataFolder == workplace.data.path)
        try paper.record(RunPlan(from: older, hops: [newer], highWaterMark: older), mark: newer)
        #expect(try workplace.highWaterMark() == newer)
    }

    @Test func `a note that cannot be read, or a folder that is not there, keeps nobody out`() throws {
        let paper = try PaperInstallation()
        let workplace = try paper.workplace()
        try paper.write("opt/.pawl-owner", "{\"dataFolder\":")
        try workplace.requireWritable()
        let hold = try #require(try workplace.claim.take())
        try workplace.claim.write(nil, hold)
        #expect(workplace.claim.note == .init(dataFolder: workplace.data.path, highWaterMark: nil))
        let nowhere = InstallationClaim(on: paper.root + "/nowhere", by: workplace.data)
        #expect(try nowhere.take() == nil)
    }
}
