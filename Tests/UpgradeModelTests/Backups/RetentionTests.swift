import Simulators
import Testing
import UpgradeModel

struct RetentionTests {
    func candidate(
        _ number: Int,
        proven: Bool = true,
        release: String? = nil,
        recorded: Bool = true,
        ours: Bool = true
    ) throws -> Retention.Candidate {
        Retention.Candidate(
            id: try #require(BackupSetID("set-\(number)")),
            createdAt: Moment(microseconds: Int64(number) * 1_000_000),
            isProven: proven,
            release: try release.map { try ReleaseVersion($0) },
            isRecorded: recorded,
            isOurs: ours
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

    @Test func `the way back to the release before the mark stays, however many came after it`() throws {
        let sets = try [
            candidate(1, release: "1.0"), candidate(2, release: "1.1"), candidate(3, release: "1.1"),
            candidate(4, proven: false, release: "1.1"), candidate(5, release: "2.0"), candidate(6, release: "2.0"),
        ]
        let verdicts = Retention(keep: 1).decide(sets, highWaterMark: try ReleaseVersion("2.0"))
        #expect(verdicts.map(\.verdict) == [.lastProven, .remove, .wayBack, .wayBack, .remove, .remove])
        let before = Retention(keep: 1).decide(sets, highWaterMark: try ReleaseVersion("1.0"))
        #expect(before.map(\.verdict) == [.lastProven, .remove, .remove, .remove, .remove, .remove])
    }

    @Test func `a set from elsewhere is no substitute for one of our own`() throws {
        let sets = try [candidate(1), candidate(2), candidate(3, recorded: false)]
        #expect(Retention(keep: 1).decide(sets).map(\.verdict) == [.lastProven, .lastProven, .remove])
    }

    @Test func `a set from elsewhere does not displace the way back, whatever release it says it is of`() throws {
        let mark = try ReleaseVersion("2.0")
        let own = try candidate(1, release: "1.1")
        for stranger in ["1.1", "1.9"] {
            let sets = try [own, candidate(2, release: stranger, recorded: false), candidate(3, release: "2.0")]
            let verdicts = Retention(keep: 1).decide(sets, highWaterMark: mark)
            #expect(verdicts.map(\.verdict) == [.lastProven, .wayBack, .wayBack], "\(stranger)")
        }
    }

    @Test(arguments: UInt64(1)...300)
    func `whatever sets from elsewhere there are, what is kept of our own for its proof or its release stays`(
        seed: UInt64
    ) throws {
        var numbers = SeededGenerator(seed: seed)
        let sets = try (1...Int.random(in: 1...12, using: &numbers)).map { number in
            try candidate(
                number,
                proven: Bool.random(using: &numbers),
                release: ["1.0", "1.1", "1.2", "2.0", nil].randomElement(using: &numbers) ?? nil,
                recorded: Bool.random(using: &numbers)
            )
        }
        let (rule, mark) = (Retention(keep: 1), try ReleaseVersion("2.0"))
        let alone = rule.decide(sets.filter(\.isRecorded), highWaterMark: mark)
        let all = Dictionary(
            uniqueKeysWithValues: rule.decide(sets, highWaterMark: mark).map { ($0.candidate.id, $0.verdict) }
        )
        for (candidate, verdict) in alone where verdict == .lastProven || verdict == .wayBack {
            #expect(all[candidate.id] != .remove, "\(candidate)")
        }
    }

    @Test func `another installation's sets neither go nor count`() throws {
        let sets = try [
            candidate(1), candidate(2), candidate(3, ours: false), candidate(4, release: "1.0"),
            candidate(5, release: "1.1", ours: false),
        ]
        let verdicts = Retention(keep: 1).decide(sets, inUse: [sets[0].id], highWaterMark: try ReleaseVersion("2.0"))
        #expect(verdicts.map(\.verdict) == [.foreign, .lastProven, .foreign, .remove, .inUse])
    }

    @Test func `records tell a set of our own, one from elsewhere, and one that was changed`() {
        #expect(SetStanding(of: "aa", recorded: []) == .unknown)
        #expect(SetStanding(of: "aa", recorded: ["bb", "aa"]) == .recorded)
        #expect(SetStanding(of: "aa", recorded: ["bb"]) == .changed)
    }
}
