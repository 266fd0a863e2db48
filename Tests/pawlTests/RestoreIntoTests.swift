import ArgumentParser
import Postgres
import Testing
import UpgradeModel

@testable import pawl

@Suite struct RestoreIntoTests {
    private func chosen(_ name: String?, of databases: [String]) throws -> String {
        let paper = try PaperInstallation()
        try paper.addSet("20260101T000000Z-1.0")
        let workplace = try paper.workplace()
        var set = try BackupShelf(workplace).set(named: "20260101T000000Z-1.0")
        let one = try #require(set.manifest.databases.first)
        set.manifest.databases = databases.map { name in
            var database = one
            database.name = name
            return database
        }
        let plan = try RestorePlan(of: set, identity: nil, in: workplace)
        let options = try GlobalOptions.parse(paper.arguments())
        let given = RestoreInto(workplace: workplace, options: options, set: set, plan: plan, database: name)
        return try given.chosen().name
    }

    @Test func `of several databases in a set one is named, of one it need not be`() throws {
        #expect(try chosen(nil, of: ["demo"]) == "demo")
        #expect(try chosen("demo", of: ["demo"]) == "demo")
        #expect(try chosen("aiproxy", of: ["demo", "aiproxy"]) == "aiproxy")
        let several = try #require(throws: Trouble.self) { try chosen(nil, of: ["demo", "aiproxy"]) }
        #expect(several.code == "several-databases" && several.message.contains("demo, aiproxy"))
        let unknown = try #require(throws: Trouble.self) { try chosen("shop", of: ["demo", "aiproxy"]) }
        #expect(unknown.code == "unknown-database" && unknown.message.contains("demo, aiproxy"))
    }

    @Test func `that a set is restored already is said after it was restored, never while it is`() throws {
        #expect(try RestoreCommand.parse(["--backup", "set", "--in-place"]).inPlace)
        let both = ["--backup", "set", "--in-place", "--into", "postgres://a@b/c"]
        #expect(throws: (any Error).self) { try RestoreCommand.parse(both) }
    }

    @Test func `a database is only named together with the one that it is restored into`() throws {
        #expect(throws: (any Error).self) { try RestoreCommand.parse(["--backup", "set", "--database", "demo"]) }
        _ = try RestoreCommand.parse(["--backup", "set", "--database", "demo", "--into", "postgres://a@b/c"])
    }

    @Test func `whoever interrupts it is told that part of the set is there, and what to do`() async throws {
        let paper = try PaperInstallation()
        try paper.addSet("20260101T000000Z-1.0")
        let set = try BackupShelf(try paper.workplace()).set(named: "20260101T000000Z-1.0")
        let restore = DatabaseRestore(
            try #require(set.manifest.databases.first),
            of: set.path,
            over: DatabaseRoute(host: "db.example", database: "given", user: "poor"),
            identity: nil,
            work: paper.root
        )
        func told(_ trouble: Trouble) async throws -> Trouble {
            try #require(
                await #expect(throws: Trouble.self) { try await RestoreInto.filling(restore) { throw trouble } }
            )
        }
        // What a signal ends says that nothing is left, which is true of everything else that is interrupted.
        let interrupted = try await told(Interruption.interrupted)
        #expect(interrupted.code == "interrupted" && interrupted.changed)
        #expect(interrupted.remedy.contains("holds part of the set"))
        #expect(interrupted.remedy.contains("DROP DATABASE \"given\""), "\(interrupted.remedy)")
        // A trouble of the restore says so itself.
        let own = Trouble(.environment, "database-disk-full", "Full.", changed: true, remedy: "Have it made anew.")
        #expect(try await told(own) == own)
    }
}
