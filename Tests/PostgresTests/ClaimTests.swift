import Foundation
@testable import Postgres
import Processes
import Testing
import UpgradeModel

/// Names of sets in a folder that several installations share.
struct ClaimTests {
    private let root = FileManager.default.temporaryDirectory.path + "/pawl-claims-" + UUID().uuidString
    private let moment = Moment(microseconds: 1_795_000_000_000_000)

    private func maker(isOwn: Bool = true) -> BackupMaker {
        BackupMaker(
            store: BackupSetStore(root: root),
            prover: Prover(scratch: root + "/scratch"),
            now: { Moment(microseconds: 0) },
            isOwn: { (_: BackupSetID) throws(Trouble) in isOwn }
        )
    }

    private func id(_ second: Int) throws -> BackupSetID {
        BackupSetID(at: moment.adding(.seconds(second)), release: try ReleaseVersion("1.0.0"))
    }

    private func folder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()
    }

    @Test func `of those who want one name in the same second each gets one of its own`() async throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let release = try ReleaseVersion("1.0.0")
        let ids = try await withThrowingTaskGroup(of: BackupSetID.self) { group in
            for _ in 0..<20 {
                group.addTask { try maker().claim(at: moment, of: release) { _ in } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try Set(ids) == Set((0..<20).map(id)))
        #expect(names == ids.map { ".partial-\($0)" }.sorted())
        let modes = try FileManager.default.attributesOfItem(atPath: "\(root)/\(names[0])")
        #expect(modes[.posixPermissions] as? Int == 0o700)
    }

    @Test func `the name of a finished set is taken, and where a minute of names is, none is made up`() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let release = try ReleaseVersion("1.0.0")
        try folder(id(0).text)
        try folder(".partial-\(id(1))")
        #expect(try maker().claim(at: moment, of: release, noting: { _ in }) == id(2))
        #expect(try !names.contains(".partial-\(id(0))"))
        for second in 3..<60 { try folder(id(second).text) }
        let trouble = #expect(throws: Trouble.self) { try maker().claim(at: moment, of: release) { _ in } }
        #expect(trouble?.code == "backup-name-taken" && trouble?.blame == .environment)
    }

    @Test func `a name that could not be noted is given back`() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let release = try ReleaseVersion("1.0.0")
        #expect(throws: CocoaError.self) {
            try maker().claim(at: moment, of: release) { _ in throw CocoaError(.fileWriteOutOfSpace) }
        }
        #expect(names.isEmpty)
    }

    @Test func `what another installation has begun is neither discarded nor dumped into, and its tools go on`()
        async throws
    {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let partial = try ".partial-\(id(0))"
        try folder("\(partial)/work")
        let log = ToolLog(path: "\(root)/\(partial)/work/demo.dump.log")
        async let dump = run(Command("sleep", ["1000"]), log: log)
        let deadline = ContinuousClock.now + .seconds(20)
        while log.holders.isEmpty {
            try #require(ContinuousClock.now < deadline)
            await Task.yield()
        }
        let request = BackupRequest(
            id: try id(0),
            createdAt: moment,
            release: "1.0.0",
            origin: BackupOrigin(product: "demo", installation: "other", deployment: "single-vm", pawl: "0.1.0"),
            databases: [
                BackupRequest.Database(
                    name: "demo",
                    route: DatabaseRoute(host: "127.0.0.1", port: 1, database: "demo", user: "demo")
                )
            ]
        )
        await #expect {
            try await maker(isOwn: false).dump(request)
        } throws: { error in
            (error as? Trouble)?.code == "backup-name-taken"
        }
        try await maker(isOwn: false).discard(try id(0))
        try await maker(isOwn: false).removeDebris(partial)
        #expect(names == [partial])
        #expect(!log.holders.isEmpty)
        // Its own installation ends them.
        try await maker().discard(try id(0))
        #expect(try await !dump.isSuccess)
        #expect(names.isEmpty)
    }

    @Test func `a set that is begun again keeps its folder, and nothing that was in it`() async throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let claimed = try maker().claim(at: moment, of: try ReleaseVersion("1.0.0")) { _ in }
        let partial = ".partial-\(claimed)"
        try folder("\(partial)/release")
        try Data().write(to: URL(filePath: "\(root)/\(partial)/manifest.json"))
        try BackupSetStore(root: root).empty(claimed)
        #expect(names == [partial])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(partial)").isEmpty)
        // A link leads to what may be anybody's.
        try FileManager.default.createSymbolicLink(
            atPath: "\(root)/.partial-\(id(1))",
            withDestinationPath: partial
        )
        try folder("\(partial)/release")
        #expect(throws: Trouble.self) { try BackupSetStore(root: root).empty(id(1)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(partial)") == ["release"])
    }
}
