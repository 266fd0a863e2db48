import Foundation
import Processes
import Testing
import UpgradeModel

@testable import pawl

@Suite struct RestoreGroundsTests {
    @Test func `what was unpacked for a restore is debris once its process or its run is over`() throws {
        let data = "/tmp/pawl-grounds-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: data) }
        let own = RestoreGrounds.glance(in: data).folder
        let (open, over) = (try #require(RunID("20261123-103045-7f3a")), try #require(RunID("20261122-103045-7f3a")))
        let pid = ProcessInfo.processInfo.processIdentifier
        let dead = ["\(data)/restore-\(pid)-1", "\(data)/restore-2147483646", "\(data)/restore-2147483646-17"]
        let grounds = [open, over].map { RestoreGround.all(inRunFolder: "\(data)/runs/\($0)") }
        let others = ["\(data)/restore-me-later", "\(data)/restore-1-2-3", "\(data)/restore-\(pid)"]
        for folder in [own] + dead + grounds + others {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        #expect(RestoreGrounds.abandonedGlances(in: data) == dead.sorted())
        #expect(RestoreGrounds.ofEndedRuns(in: data, open: open) == [grounds[1]])
        #expect(RestoreGrounds.ofEndedRuns(in: data, open: nil) == grounds.sorted())
        RestoreGrounds.remove(dead)
        #expect(RestoreGrounds.abandonedGlances(in: data).isEmpty)
        for folder in [own] + others { #expect(FileManager.default.fileExists(atPath: folder)) }
    }
}
