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
            isProven: proven,
            release: try release.map { try ReleaseVersion($0) },
            isRecorded: recorded,
            isOurs: ours
        )
    }

    @Test func `the newest are kept and the others go`() throws {
        let sets = try (1...5).map { try candidate($0) }
        let verdicts = Retention(keep: 2).decide(sets.reversed())
        #expect(verdicts.map(\.candidate.id.text) == ["set-5", "set-4", "set-3", "set-2", "set-1"])
        #expect(verdicts.map(\.verdict) == [.lastProven, .newest, .remove, .remove, .remove])
    }

    @Test func `the last proven set stays, however old`() throws {
        let sets = try [candidate(1), candidate(2), candidate(3, proven: false), candidate(4, proven: false)]
        let verdicts = Retention(keep: 1).decide(sets.reversed())
        #expect(verdicts.map(\.verdict) == [.newest, .remove, .lastProven, .remove])
    }

    @Test func `a set that an open run refers to stays`() throws {
        let sets = try (1...4).map { try candidate($0) }
        let verdicts = Retention(keep: 1).decide(sets.reversed(), inUse: [sets[0].id])
        #expect(verdicts.map(\.verdict) == [.lastProven, .remove, .remove, .inUse])
    }

    @Test func `a set that is listed twice is judged by the first, and both stay or go`() throws {
        let sets = try [candidate(2), candidate(2, proven: false), candidate(1)]
        let verdicts = Retention(keep: 2).decide(sets, recorded: try [candidate(1).id, candidate(2).id])
        #expect(verdicts.map(\.verdict) == [.lastProven, .lastProven, .lastProven])
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
        let verdicts = Retention(keep: 1).decide(sets.reversed(), highWaterMark: try ReleaseVersion("2.0"))
        #expect(verdicts.map(\.verdict) == [.lastProven, .remove, .wayBack, .wayBack, .remove, .remove])
        let before = Retention(keep: 1).decide(sets.reversed(), highWaterMark: try ReleaseVersion("1.0"))
        #expect(before.map(\.verdict) == [.lastProven, .remove, .remove, .remove, .remove, .wayBack])
    }

    @Test func `a set from elsewhere is no substitute for one of our own`() throws {
        let sets = try [candidate(1), candidate(2), candidate(3, recorded: false)]
        #expect(Retention(keep: 1).decide(sets.reversed()).map(\.verdict) == [.unrecorded, .lastProven, .remove])
    }

    @Test func `a set from elsewhere does not displace the way back, whatever release it says it is of`() throws {
        let mark = try ReleaseVersion("2.0")
        let own = try candidate(1, release: "1.1")
        for stranger in ["1.1", "1.9"] {
            let sets = try [own, candidate(2, release: stranger, recorded: false), candidate(3, release: "2.0")]
            let verdicts = Retention(keep: 1).decide(sets.reversed(), highWaterMark: mark)
            #expect(verdicts.map(\.verdict) == [.lastProven, .unrecorded, .wayBack], "\(stranger)")
        }
    }

    @Test(arguments: UInt64(1)...300)
    func `sets that are not ours and on record never go, and change nothing for those that are`(seed: UInt64) throws {
        var numbers = SeededGenerator(seed: seed)
        let sets = try (1...Int.random(in: 1...12, using: &numbers)).map { number in
            try candidate(
                number,
                proven: Bool.random(using: &numbers),
                release: ["1.0", "1.1", "1.2", "2.0", nil].randomElement(using: &numbers) ?? nil,
                recorded: Bool.random(using: &numbers),
                ours: Bool.random(using: &numbers)
            )
        }
        let (rule, mark) = (Retention(keep: 1), try ReleaseVersion("2.0"))
        let alone = rule.decide(sets.filter { $0.isRecorded && $0.isOurs }.reversed(), highWaterMark: mark)
        let all = rule.decide(sets.reversed(), highWaterMark: mark)
        #expect(all.filter { $0.candidate.isRecorded && $0.candidate.isOurs }.map(\.verdict) == alone.map(\.verdict))
        for (candidate, verdict) in all where !candidate.isRecorded || !candidate.isOurs {
            #expect(verdict == (candidate.isOurs ? .unrecorded : .foreign))
        }
    }

    @Test func `after a restore the sets of the release that runs stay, and the one that was restored`() throws {
        let sets = try [candidate(1, release: "1.0"), candidate(2, release: "1.1"), candidate(3, release: "1.2")]
        let verdicts = Retention(keep: 1).decide(sets.reversed(), highWaterMark: try ReleaseVersion("1.0"))
        #expect(verdicts.map(\.verdict) == [.lastProven, .remove, .wayBack])
        let restored = Retention(keep: 1).decide(
            sets.reversed(),
            lastRestored: sets[1].id,
            highWaterMark: try ReleaseVersion("0.9")
        )
        #expect(restored.map(\.verdict) == [.lastProven, .wayBack, .remove])
    }

    /// Sets by their dates, oldest first, and what becomes of each, where the clock was wrong: `recorded` are their
    /// numbers in the order in which they were really made.
    private func verdicts(
        keep: Int,
        _ sets: [Retention.Candidate],
        recorded: [Int],
        mark: String? = nil
    ) throws -> [Retention.Verdict] {
        let ids = try recorded.map { try candidate($0).id }
        return Retention(keep: keep).decide(
            sets.reversed(),
            recorded: ids.reversed(),
            highWaterMark: try mark.map { try ReleaseVersion($0) }
        ).map(\.verdict).reversed()
    }

    @Test func `a set that a clock has dated too early is still the newest, the last proven and the way back`() throws {
        let sets = try (1...4).map { try candidate($0, release: "1.0") }
        #expect(
            try verdicts(keep: 1, sets, recorded: [2, 3, 4, 1]) == [.lastProven, .remove, .remove, .lastProven]
        )
        #expect(
            try verdicts(keep: 2, sets, recorded: [2, 3, 4, 1]) == [.lastProven, .remove, .newest, .lastProven]
        )
        var unproven = sets
        unproven[0].isProven = false
        #expect(
            try verdicts(keep: 1, unproven, recorded: [3, 2, 4, 1]) == [.newest, .remove, .remove, .lastProven]
        )
        let later = try candidate(5, release: "2.0")
        #expect(
            try verdicts(keep: 1, sets + [later], recorded: [2, 3, 4, 1, 5], mark: "2.0")
                == [.wayBack, .remove, .remove, .wayBack, .lastProven]
        )
    }

    @Test func `a set that a clock has dated too late shadows none that were made since`() throws {
        let sets = try (1...4).map { try candidate($0) }
        #expect(
            try verdicts(keep: 1, sets, recorded: [1, 4, 2, 3]) == [.remove, .remove, .lastProven, .lastProven]
        )
        // Nor does one that came to the records late, since it was proven only now.
        #expect(
            try verdicts(keep: 1, sets, recorded: [2, 3, 4, 1]) == [.lastProven, .remove, .remove, .lastProven]
        )
    }

    @Test func `two machines of one name in one folder remove only what they have made themselves`() throws {
        let sets = try (1...6).map { try candidate($0, recorded: $0 < 4) }
        #expect(
            try verdicts(keep: 2, sets, recorded: [1, 2, 3])
                == [.remove, .newest, .lastProven, .unrecorded, .unrecorded, .unrecorded]
        )
        // What is on record and is not there, or not ours, counts for nothing.
        #expect(try verdicts(keep: 1, [sets[0]], recorded: [1, 9]) == [.lastProven])
        let foreign = try [candidate(1), candidate(2, recorded: false, ours: false)]
        #expect(try verdicts(keep: 1, foreign, recorded: [1, 2]) == [.lastProven, .foreign])
    }

    @Test func `the set from before the newest hop whose migrations may have started stays`() throws {
        let sets = try (1...3).map { try candidate($0) }
        let verdicts = Retention(keep: 1).decide(sets.reversed(), lastPassed: sets[0].id)
        #expect(verdicts.map(\.verdict) == [.lastProven, .remove, .wayBack])
    }

    @Test func `another installation's sets neither go nor count`() throws {
        let sets = try [
            candidate(1), candidate(2), candidate(3, recorded: false, ours: false), candidate(4, release: "1.0"),
            candidate(5, release: "1.1", recorded: false, ours: false),
        ]
        let verdicts = Retention(keep: 1).decide(
            sets.reversed(),
            inUse: [sets[0].id],
            highWaterMark: try ReleaseVersion("2.0")
        )
        #expect(verdicts.map(\.verdict) == [.foreign, .lastProven, .foreign, .remove, .inUse])
    }

    @Test func `another installation's sets neither go nor count, even if they are on record`() throws {
        let own = try candidate(1, release: "1.1")
        let foreign = try (2...6).map { try candidate($0, release: "1.1", ours: false) }
        let sets = [own] + foreign
        #expect(
            try verdicts(keep: 1, sets, recorded: [1, 2, 3, 4, 5, 6], mark: "2.0")
                == [.lastProven] + Array(repeating: .foreign, count: 5)
        )
        let late = Retention(keep: 1).decide(sets.reversed(), inUse: [sets[2].id], lastPassed: sets[3].id)
        #expect(late.map(\.verdict).reversed() == [.lastProven] + Array(repeating: .foreign, count: 5))
    }

    @Test func `records tell a set of our own, one from elsewhere, and one that was changed`() {
        #expect(SetStanding(of: "aa", recorded: []) == .unknown)
        #expect(SetStanding(of: "aa", recorded: ["bb", "aa"]) == .recorded)
        #expect(SetStanding(of: "aa", recorded: ["bb"]) == .changed)
    }
}
