import Foundation
import Postgres
import Processes
import Testing
import UpgradeModel

/// What a process that was killed leaves: tools that go on, and folders that nobody removes.
struct AbandonedWorkTests {
    private let root = FileManager.default.temporaryDirectory.path + "/pawl-abandoned-" + UUID().uuidString

    @Test func `a dead maker's scratch server is ended and removed, a living one's is left alone`() async throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let dead = try scratch("scratch-dead01", owner: "999999999 1")
        let living = try scratch("scratch-live01", owner: Self.own)
        let unnamed = try scratch("scratch-new001", owner: nil)
        let logs = try folder("proof-999999999-1-X")
        async let server = run(Command("sleep", ["1000"]), log: ToolLog(path: dead + "/server.log"))
        try await held(ToolLog(path: dead + "/server.log"))
        #expect(ScratchCluster.debris(under: root) == [dead])
        try await ScratchCluster.sweep(under: root)
        #expect(try await !server.isSuccess)
        for gone in [dead, logs] { #expect(!FileManager.default.fileExists(atPath: gone)) }
        // One without a note may be in the making by another process.
        for kept in [living, unnamed] { #expect(FileManager.default.fileExists(atPath: kept)) }
    }

    @Test func `the tools of a dead process end before its unfinished set is removed`() async throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let maker = BackupMaker(
            store: BackupSetStore(root: root),
            prover: Prover(scratch: root + "/scratch"),
            now: { Moment(microseconds: 0) }
        )
        let id = BackupSetID(at: Moment(microseconds: 0), release: try ReleaseVersion("1.0.0"))
        let work = try folder(".partial-\(id)/work")
        let log = ToolLog(path: work + "/demo.dump.log")
        async let dump = run(Command("sleep", ["1000"]), log: log)
        try await held(log)
        try await maker.discard(id)
        #expect(try await !dump.isSuccess)
        #expect(maker.state(of: id) == .absent)
    }

    private func scratch(_ name: String, owner: String?) throws -> String {
        let path = try folder(name)
        if let owner {
            try "\(owner)\n\(path)/s\n".write(toFile: path + "/owner", atomically: false, encoding: .utf8)
        }
        return path
    }

    private func folder(_ name: String) throws -> String {
        let path = root + "/" + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private static var own: String? { ProcessIdentity.current.map { "\($0.pid) \($0.startTime)" } }

    /// Waits until a tool has begun to write to a log.
    private func held(_ log: ToolLog) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while log.holders.isEmpty {
            try #require(ContinuousClock.now < deadline)
            await Task.yield()
        }
    }
}
