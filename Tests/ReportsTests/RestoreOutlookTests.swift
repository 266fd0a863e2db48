import Testing
import UpgradeModel

@testable import Reports

@Suite struct RestoreOutlookTests {
    private func losses(_ servers: [Fact<RestoreObservation.Database.Server>]) throws -> String {
        let release = try ReleaseVersion("2026.1.19")
        let at = try #require(Moment("2026-11-23T10:31:12Z"))
        let databases = servers.enumerated().map { index, server in
            RestoreObservation.Database(
                name: "db\(index)",
                major: 15,
                dumpBytes: 1000,
                disk: .known(FileSystem(id: "1", path: "/srv", freeBytes: 1_000_000)),
                server: server,
                afterwards: .same
            )
        }
        let observation = RestoreObservation(
            plan: RestorePlan(set: BackupSetID(at: at, release: release), release: release, databases: ["db0"]),
            origin: .init(installation: "demo", here: "demo", standing: .known(.recorded)),
            createdAt: at,
            proof: ProofRecord(state: .proven, at: at, seconds: 4),
            damages: .known([]),
            lock: .known(nil),
            release: .known([]),
            missingImages: .known([]),
            obstacles: .known([]),
            atWork: .known(.init()),
            extra: .known([]),
            databases: databases,
            missingTools: []
        )
        return RestoreOutlook(observation).text.split(separator: "\n").joined(separator: " ")
    }

    private let none = "No table has more rows now than in the set."
    private let counted = Fact.known(
        RestoreObservation.Database.Server.open(.init(major: 15, exists: true, bytes: 8000))
    )
    private let stopped = Fact.known(
        RestoreObservation.Database.Server.toBeStarted(service: "database", with: .storage("the volume data"))
    )
    private let new = Fact.known(RestoreObservation.Database.Server.toBeStarted(service: "database", with: .nothing))

    @Test func `what a difference of counts does not show is said, whatever it shows`() throws {
        let unseen = "Rows that were changed, or that came where others were deleted, will be lost too"
        #expect(try losses([counted]).contains(unseen))
        #expect(try losses([counted, stopped]).contains(unseen))
        let lost = LostRows(table: "public.orders", present: 10, inSet: 3)
        let losing = Fact.known(
            RestoreObservation.Database.Server.open(.init(major: 15, exists: true, bytes: 8000, losses: [lost]))
        )
        let text = try losses([losing])
        #expect(text.contains("At least these rows are there now and not in the set. " + unseen))
        #expect(text.contains("AT LEAST"))
    }

    @Test func `of a set that is restored already it is said that only the record changes`() throws {
        let release = try ReleaseVersion("2026.1.19")
        let at = try #require(Moment("2026-11-23T10:31:12Z"))
        let set = BackupSetID(at: at, release: release)
        let observation = RestoreObservation(
            plan: RestorePlan(set: set, release: release, databases: ["db0", "db1"], isInPlace: true),
            origin: .init(installation: "demo", here: "demo", standing: .known(.recorded)),
            createdAt: at,
            proof: ProofRecord(state: .proven, at: at, seconds: 4),
            atWork: .known(.init()),
            inPlace: .init(
                strangers: .known([]),
                contradictions: .known([]),
                databases: [.init(name: "db0", differences: .known([])), .init(name: "db1", differences: .known([]))]
            )
        )
        let text = RestoreOutlook(observation).text.split(separator: "\n").joined(separator: " ")
        #expect(text.contains("is restored already") && text.contains("db0, db1"))
        #expect(text.contains("Nothing is changed but Pawl's record: the high-water mark becomes 2026.1.19"))
        #expect(!text.contains("dated names"))
    }

    @Test func `what is restored into a given database is told to Pawl before anything else`() {
        func text(waiting: String?) -> String {
            RestoredIntoReport(
                backup: "set",
                database: "demo",
                into: "spare on host",
                release: "2026.1.19",
                tables: 1,
                rows: 2,
                waiting: waiting
            ).text
        }
        for waiting in [nil, "20261123-103045-7f3a"] {
            let text = text(waiting: waiting)
            #expect(text.contains("4. tell Pawl: pawl restore --backup set --in-place"))
            #expect(text.contains("Until then neither `pawl retry` nor `pawl upgrade`"))
            #expect(text.contains("20261123-103045-7f3a") == (waiting != nil))
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= TextLayout.columns })
        }
    }

    @Test func `that nothing is lost is only said where everything was counted`() throws {
        #expect(try losses([counted]).contains(none))
        #expect(try losses([counted, new]).contains(none))
        let mixed = try losses([counted, stopped])
        #expect(!mixed.contains(none) && mixed.contains("Of the tables that were counted none has more rows now"))
        #expect(mixed.contains("What db1 would lose was not counted: the service database does not run"))
        let alone = try losses([stopped])
        #expect(!alone.contains("more rows") && alone.contains("Nothing was counted."))
        #expect(try losses([.unknown("it is down")]).contains("What db0 would lose was not counted: it is down."))
        #expect(try losses([new]).contains("There is no database yet that could lose anything."))
    }
}
