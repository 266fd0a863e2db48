import Testing
import UpgradeModel

struct CheckTimetableTests {
    static let start = Moment(wholeSeconds: 1_795_000_000)

    private static func table(_ text: String, seed: String = "a") throws -> CheckTimetable {
        CheckTimetable(try CronSchedule(text), in: .utc, seed: seed)
    }

    @Test(arguments: ["*/5 * * * *", "@hourly", "@default", "@daily", "@monthly"])
    func `a check is late by no more than a tenth of the interval and a quarter of an hour`(text: String) throws {
        let schedule = try CronSchedule(text)
        var lateness: Set<Int> = []
        for seed in 0..<200 {
            let planned = try #require(try Self.table(text, seed: "\(seed)").next(after: Self.start))
            let after = try #require(schedule.next(after: planned.scheduled, in: .utc))
            let late = planned.at.wholeSeconds - planned.scheduled.wholeSeconds
            #expect(late >= 0 && late <= min(900, (after.wholeSeconds - planned.scheduled.wholeSeconds) / 10))
            lateness.insert(late)
            #expect(try Self.table(text, seed: "\(seed)").next(after: Self.start) == planned)
        }
        #expect(lateness.count > 15)
    }

    /// Goes through times as a clock shows them and counts the checks.
    private func checks(_ table: CheckTimetable, _ times: [Int], fails: Bool = false) -> Int {
        var record = CheckTimetable.Record()
        var count = 0
        for seconds in times {
            let now = Moment(wholeSeconds: seconds)
            switch table.step(record, at: now) {
            case .check:
                count += 1
                if fails {
                    record.failed(at: now, Trouble(.environment, "x", "X.", remedy: "Y."))
                } else {
                    record.succeeded(at: now, scheduled: true)
                }
            case .settle(let moment): record.settled = moment
            case .wait, .never: break
            }
        }
        return count
    }

    @Test func `in thirty days the source is asked six times a day`() throws {
        let times = Array(stride(from: 1_795_000_000, to: 1_795_000_000 + 30 * 86_400, by: 15))
        let count = checks(try Self.table("@default"), times)
        #expect(count == 180)
    }

    @Test func `a year that was missed is made up for by one check`() throws {
        let first = Array(stride(from: 1_795_000_000, to: 1_795_000_000 + 86_400, by: 60))
        let later = Array(stride(from: 1_795_000_000 + 365 * 86_400, to: 1_795_000_000 + 366 * 86_400, by: 60))
        let table = try Self.table("@default")
        let count = checks(table, first)
        #expect(count == 6)
        let both = checks(table, first + later)
        #expect((12...13).contains(both))
    }

    @Test func `a clock that is put back by a year does not stop the checks`() throws {
        let first = Array(stride(from: 1_795_000_000, to: 1_795_000_000 + 86_400, by: 60))
        let earlier = first.map { $0 - 365 * 86_400 }
        let count = checks(try Self.table("@default"), first + earlier)
        #expect((11...12).contains(count))
    }

    @Test func `a clock that is put right by a minute changes nothing`() throws {
        let times = (0..<(86_400 / 15)).map { 1_795_000_000 + $0 * 15 - ($0 % 8 == 7 ? 60 : 0) }
        let count = checks(try Self.table("@default"), times)
        #expect(count == 6)
    }

    @Test func `a source that fails is asked again after longer and longer, and never in a storm`() throws {
        let day = Array(stride(from: 1_795_000_000, to: 1_795_000_000 + 86_400, by: 15))
        let daily = checks(try Self.table("@daily"), day, fails: true)
        #expect((4...8).contains(daily))
        let often = checks(try Self.table("*/5 * * * *"), day, fails: true)
        #expect(often <= 288)
    }

    @Test func `what never comes is never asked for`() throws {
        #expect(try Self.table("@never").step(.init(), at: Self.start) == .never)
    }
}
