import Foundation
import Processes
import Postgres
import Reports
import Simulators
import SingleVM
import StateStore
import Testing
import UpgradeEngine
import UpgradeModel

@testable import pawl

@Suite struct BackupCommandTests {
    @Test func `a set gets the name of the release that its databases belong to, or is not made`() throws {
        let (older, newer) = (try ReleaseVersion("2026.1.19"), try ReleaseVersion("2026.4.13"))
        #expect(try BackupMaking.release(running: newer, mark: nil) == newer)
        #expect(try BackupMaking.release(running: newer, mark: older) == newer)
        #expect(try BackupMaking.release(running: newer, mark: newer) == newer)
        let trouble = try #require(throws: Trouble.self) {
            try BackupMaking.release(running: older, mark: newer)
        }
        #expect(ExitStatus(trouble) == .refused)
        #expect(trouble.remedy.contains("pawl upgrade --to 2026.4.13"))
        #expect(throws: Trouble.self) { try BackupMaking.release(running: nil, mark: newer) }
    }

    @Test func `what is done with sets on the machine itself is noted in the audit trail`() async throws {
        let paper = try PaperInstallation()
        for day in 1...2 { try paper.addSet("2026010\(day)T000000Z-1.0") }
        try await paper.run(BackupPruneCommand.self, "--dry-run")
        _ = try await paper.trouble(of: BackupPruneCommand.self)
        #expect(try paper.workplace().store.audit(before: nil, limit: 9).isEmpty)
        try await paper.run(BackupPruneCommand.self, "--yes")
        _ = try await paper.trouble(of: BackupCreateCommand.self)
        let trail = try paper.workplace().store.audit(before: nil, limit: 9).reversed()
        #expect(
            trail.map { "\($0.action) \($0.subject) \($0.outcome)" }.prefix(4) == [
                "prune 1 set: 20260101T000000Z-1.0 asked", "backup-removed 20260101T000000Z-1.0 done",
                "prune 1 set: 20260101T000000Z-1.0 done", "backup installation asked",
            ]
        )
        #expect(trail.allSatisfy { $0.address == "command line" && $0.actor == Workplace.person })
        #expect(trail.last?.succeeded == false)
    }

    @Test func `in safe mode nothing is removed and nothing is proven, and what would go can be seen`() async throws {
        let paper = try PaperInstallation()
        for day in 1...3 { try paper.addSet("2026010\(day)T000000Z-1.0") }
        let sets = paper.names(in: "backups")
        try paper.breakJournal()
        #expect(try await paper.trouble(of: BackupPruneCommand.self, "--yes")?.code == "journal-broken")
        #expect(try await paper.trouble(of: BackupVerifyCommand.self, sets[0])?.code == "journal-broken")
        #expect(try await paper.trouble(of: BackupPruneCommand.self, "--dry-run") == nil)
        #expect(paper.names(in: "backups") == sets)
    }

    @Test func `of a folder that installations share only this one's sets and remains are removed`() async throws {
        let paper = try PaperInstallation()
        try paper.addSet("20260101T000000Z-1.0")
        try paper.addSet("20260102T000000Z-1.0")
        for day in 3...5 { try paper.addSet("2026010\(day)T000000Z-1.0", of: "another") }
        let shelf = BackupShelf(try paper.workplace())
        try shelf.noteBegun(try #require(BackupSetID("20260106T000000Z-1.0")))
        for name in [".partial-20260106T000000Z-1.0", ".partial-20260107T000000Z-1.0", ".remove-20260108T000000Z-1.0"] {
            try paper.write("backups/\(name)/work/demo.log", "")
        }
        #expect(try shelf.sets().map(\.id.text) == ["20260102T000000Z-1.0", "20260101T000000Z-1.0"])
        #expect(try await shelf.retention().map(\.verdict) == [.foreign, .foreign, .foreign, .lastProven, .remove])
        try await paper.run(BackupPruneCommand.self, "--yes")
        #expect(
            paper.names(in: "backups") == [
                ".partial-20260107T000000Z-1.0", ".remove-20260108T000000Z-1.0", "20260102T000000Z-1.0",
                "20260103T000000Z-1.0", "20260104T000000Z-1.0", "20260105T000000Z-1.0",
            ]
        )
        #expect(paper.names(in: "data/begun").isEmpty)
    }

    @Test func `another machine of the same name loses no set, and its sets are not told of as this one's`()
        async throws
    {
        let paper = try PaperInstallation()
        for day in 1...2 { try paper.addSet("2026010\(day)T000000Z-1.0", isRecorded: false) }
        #expect(
            try BackupShelf(paper.workplace()).sets().count == 2,
            "with a new data folder they may be what was saved"
        )
        for day in 3...4 { try paper.addSet("2026010\(day)T000000Z-1.0") }
        for day in 5...6 { try paper.addSet("2026010\(day)T000000Z-1.0", isRecorded: false) }
        let shelf = BackupShelf(try paper.workplace())
        #expect(try shelf.sets().map(\.id.text) == ["20260104T000000Z-1.0", "20260103T000000Z-1.0"])
        #expect(
            try await shelf.retention().map(\.verdict)
                == [.unrecorded, .unrecorded, .lastProven, .remove, .unrecorded, .unrecorded]
        )
        #expect(try await paper.pawl("backup", "prune", "--dry-run").text.contains("not on record"))
        try await paper.run(BackupPruneCommand.self, "--yes")
        #expect(paper.names(in: "backups").count == 5)
    }

    @Test func `a clock that was wrong costs neither the newest set nor the one from before an upgrade`() async throws {
        let paper = try PaperInstallation()
        let run = try paper.recordRun()
        let rows = try paper.workplace().store.entries(of: run, after: 0)
        let before = try #require(try RunView(of: run, from: rows).passed)
        #expect(before.text.hasPrefix("20261123T"))
        let names = ["20261124T000000Z-1.0", "20261125T000000Z-1.0", "20250101T000000Z-1.0"]
        for name in [before.text] + names { try paper.addSet(name) }
        let shelf = BackupShelf(try paper.workplace())
        let verdicts = try await shelf.retention().map { "\($0.candidate.id) \($0.verdict)" }
        #expect(
            verdicts == [
                "\(names[1]) lastProven", "\(names[0]) remove", "\(before) wayBack", "\(names[2]) lastProven",
            ]
        )
    }

    @Test func `two installations that begin a set in one folder in the same second leave each other's alone`()
        async throws
    {
        let paper = try PaperInstallation()
        let shelves = try ["data", "other"].map { BackupShelf(try paper.workplace(data: $0)) }
        let (moment, release) = (Moment(microseconds: 1_795_000_000_000_000), try ReleaseVersion("1.0"))
        let ids = try shelves.map { shelf in
            try shelf.maker().claim(at: moment, of: release) { try shelf.noteBegun($0) }
        }
        #expect(ids[1] == BackupSetID(at: moment.adding(.seconds(1)), release: release))
        for id in ids { try paper.write("backups/.partial-\(id)/work/demo.dump.log", "") }
        try await shelves[1].maker().discard(ids[0])
        #expect(paper.names(in: "backups") == ids.map { ".partial-\($0)" })
        try await shelves[1].maker().discard(ids[1])
        #expect(paper.names(in: "backups") == [".partial-\(ids[0])"])
        try await shelves[0].maker().discard(ids[0])
        #expect(paper.names(in: "backups").isEmpty)
    }

    @Test func `what a restore came out of keeps its set, too, for as long as the run is open`() async throws {
        let paper = try PaperInstallation()
        let names = (1...4).map { "2026010\($0)T000000Z-1.0" }
        for name in names { try paper.addSet(name) }
        let plan = RunPlan(from: Story.releases[0], hops: [Story.releases[1]], highWaterMark: nil)
        var machine = try UpgradeMachine(plan)
        var rows: [Payload] = []
        func take(_ event: Event) throws {
            rows.append(.event(event))
            _ = try machine.handle(event)
            if let effect = machine.pending { rows.append(.intent(effect)) }
        }
        /// Goes on to an effect, which then fails.
        func fail(at kind: Effect.Kind, proving set: String) throws {
            while let effect = machine.pending, effect.kind != kind {
                let proof = try Samples.proof(of: set, database: effect.subject ?? "")
                try take(
                    .succeeded(effect, try effect.kind == .proveDatabase ? .proven(proof) : Story.outcome(of: effect))
                )
            }
            let trouble = Trouble(.release, "test", "It failed.", changed: true, remedy: "Try again.")
            try take(.failed(try #require(machine.pending), trouble))
        }
        try take(.started)
        try fail(at: .migrate, proving: names[3])
        let first = try #require(machine.backup)
        for name in names.prefix(2) {
            let set = try #require(BackupSetID(name))
            try take(
                .restoreRequested(
                    by: "root@paper",
                    plan: RestorePlan(set: set, release: Story.releases[0], databases: ["demo"])
                )
            )
            if name == names[0] { try fail(at: .start, proving: name) }
        }
        try paper.record(plan, rows)
        let shelf = BackupShelf(try paper.workplace())
        #expect(try shelf.inUse().map(\.text).sorted() == ([first.text] + names.prefix(2)).sorted())
        #expect(try await shelf.retention().map(\.verdict) == [.lastProven, .remove, .inUse, .inUse])
        try await paper.run(BackupPruneCommand.self, "--yes")
        #expect(paper.names(in: "backups") == [names[0], names[1], names[3]])
    }

    @Test func `a set without a file of its release could not be restored, and is not begun`() throws {
        let paper = try PaperInstallation()
        let installation = InstallationFolder(path: paper.root + "/opt")
        let own = ReleaseFolder(path: installation.path)
        let names = try ComposeSite.releaseFiles(in: own, of: installation).map(\.path)
        #expect(names == [".env", "docker-compose.yml"], "of the installation's folder only these")
        let kept = installation.release(try ReleaseVersion("1.0"))
        for name in ["docker-compose.yml", "images.json", "work/log"] {
            try paper.write("opt/releases/1.0/\(name)", "")
        }
        let trouble = try #require(throws: Trouble.self) { try ComposeSite.releaseFiles(in: kept, of: installation) }
        #expect(trouble.code == "installed-files" && ExitStatus(trouble) == .refused)
        #expect(trouble.message.contains("releases/1.0/.env is missing"))
        try paper.write("opt/releases/1.0/.env", "")
        let files = try ComposeSite.releaseFiles(in: kept, of: installation)
        #expect(files.map(\.path) == [".env", "docker-compose.yml", "images.json"])
        #expect(files.first?.source == kept.environmentFile)
    }

    @Test func `a set that says it is another installation's is not counted, even if it is on record`() async throws {
        let paper = try PaperInstallation()
        try paper.addSet("20260101T000000Z-1.0")
        for day in 2...4 { try paper.addSet("2026010\(day)T000000Z-1.0", of: "another", isRecorded: true) }
        let shelf = BackupShelf(try paper.workplace())
        #expect(try shelf.sets().map(\.id.text) == ["20260101T000000Z-1.0"])
        #expect(try await shelf.retention().map(\.verdict) == [.foreign, .foreign, .foreign, .lastProven])
        try await paper.run(BackupPruneCommand.self, "--yes")
        #expect(paper.names(in: "backups").count == 4)
    }

    @Test func `of a proof of another installation's set only the outcome is told`() async throws {
        let paper = try PaperInstallation()
        let (foreign, own) = ("20260102T000000Z-1.0", "20260101T000000Z-1.0")
        try paper.addSet(foreign, of: "another")
        try paper.addSet(own, isRecorded: false)
        let shelf = BackupShelf(try paper.workplace())
        func manifest(_ set: String) throws -> BackupSet { try shelf.set(named: set) }
        let before = (foreign: try manifest(foreign), own: try manifest(own))
        // Neither has more than a manifest, so that no proof holds.
        for words in [["--accept-changed"], []] {
            let verified = try await collect(paper.command(["backup", "verify", foreign] + words), limit: 1 << 20)
            #expect(verified.status == .code(3), "\(verified)")
            #expect(verified.text.contains("FAILED"))
            #expect(verified.text.contains("belongs to the installation `another`: nothing was recorded"))
        }
        #expect(try manifest(foreign) == before.foreign)
        #expect(try shelf.standing(of: ListedSet(before.foreign)) == .unknown)
        #expect(try shelf.workplace.store.recordedSets().isEmpty)
        #expect(try await paper.pawl("backup", "verify", own).status == .code(3))
        #expect(try manifest(own).manifest.proof.state == .failed)
        #expect(try shelf.sets().map(\.id.text) == [own])
        #expect(try await shelf.retention().map(\.verdict) == [.foreign, .unrecorded])
    }
}
