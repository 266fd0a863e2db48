import Testing
import UpgradeModel

struct RetentionTests {
    func candidate(_ number: Int, proven: Bool = true) throws -> Retention.Candidate {
        Retention.Candidate(
            id: try #require(BackupSetID("set-\(number)")),
            createdAt: Moment(microseconds: Int64(number) * 1_000_000),
            isProven: proven
        )
    }

    @Test func `the newest are kept and the others go`() throws {
        let sets = try (1...5).map { try candidate($0) }
        let verdicts = Retention(keep: 2).decide(sets.shuffled())
        #expect(verdicts.map(\.candidate.id.text) == ["set-5", "set-4", "set-3", "set-2", "set-1"])
        #expect(verdicts.map(\.verdict) == [.lastProven, .newest, .remove, .remove, .remove])
    }

    @Test func `the last proven set stays, however old`() throws {
        let sets = try [candidate(1), candidate(2), candidate(3, proven: false), candidate(4, proven: false)]
        let verdicts = Retention(keep: 1).decide(sets)
        #expect(verdicts.map(\.verdict) == [.newest, .remove, .lastProven, .remove])
    }

    @Test func `a set that an open run refers to stays`() throws {
        let sets = try (1...4).map { try candidate($0) }
        let verdicts = Retention(keep: 1).decide(sets, inUse: [sets[0].id])
        #expect(verdicts.map(\.verdict) == [.lastProven, .remove, .remove, .inUse])
    }

    @Test func `keeping none keeps one`() throws {
        #expect(Retention(keep: 0).keep == 1)
        #expect(Retention(keep: -3).decide(try [candidate(1, proven: false)]).map(\.verdict) == [.newest])
    }
}
