import Foundation
import Simulators
import Testing
import UpgradeModel

struct CronScheduleTests {
    /// 2026-01-01T00:00:00Z.
    static let newYear = 1_767_225_600

    private static func moments(_ schedule: CronSchedule, _ zone: ZoneRules, from first: Int, to last: Int) -> [Int] {
        var found: [Int] = []
        var at = Moment(wholeSeconds: first - 1)
        while let next = schedule.next(after: at, in: zone), next.wholeSeconds < last {
            found.append(next.wholeSeconds)
            at = next
        }
        return found
    }

    @Test(
        arguments: ["UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"],
        [
            "0 */4 * * *", "30 2 * * *", "*/20 1-3 * * 0", "15 2,3 29 3 *", "0 0 1,15 * 1-5", "59 23 31 * *",
            "0 0 */5 * 1", "7 5/6 * 3,10 7", "0 12 13 * 5", "45 1 25 10 *",
        ]
    )
    func `a schedule comes exactly when a walk minute by minute says, daylight saving included`(
        name: String,
        text: String
    ) throws {
        let naive = NaiveCron(text)
        var count = 0
        // Forty days around each change of clocks, on both halves of the earth.
        for first in [Self.newYear + 62 * 86_400, Self.newYear + 272 * 86_400] {
            let minutes = 40 * 1440
            let last = first + minutes * 60
            let zone = try FoundationZones.rules(name, from: first - 86_400, to: last + 86_400)
            var expected: [Int] = []
            try WallClock(zone: FoundationZones.zone(name)).walk(from: first, minutes: minutes) { seconds, new in
                if new.contains(where: naive.matches) { expected.append(seconds) }
            }
            count += expected.count
            #expect(try Self.moments(CronSchedule(text), zone, from: first, to: last) == expected)
        }
        #expect(count > 0)
    }

    @Test func `schedules of chance agree with the walk over two months around a change of clocks`() throws {
        var chance = SeededGenerator(seed: 20_260_329)
        let (first, minutes) = (1_772_323_200, 61 * 1440)
        let zone = try FoundationZones.rules("Europe/Madrid", from: first - 86_400, to: first + minutes * 60)
        var sights: [(Int, [WallClock.Reading])] = []
        try WallClock(zone: FoundationZones.zone("Europe/Madrid")).walk(from: first, minutes: minutes) {
            sights.append(($0, $1))
        }
        func field(_ low: Int, _ high: Int) -> String {
            let from = Int.random(in: low...high, using: &chance)
            let to = Int.random(in: from...high, using: &chance)
            let step = Int.random(in: 1...7, using: &chance)
            switch Int.random(in: 0..<6, using: &chance) {
            case 0, 1: return "*"
            case 2: return "*/\(step)"
            case 3: return "\(from)-\(to)/\(step)"
            case 4: return "\(from),\(to)"
            default: return "\(from)"
            }
        }
        for _ in 0..<60 {
            let text = "\(field(0, 59)) \(field(0, 23)) \(field(1, 28)) \(field(3, 4)) \(field(0, 6))"
            let naive = NaiveCron(text)
            let expected = sights.filter { $0.1.contains(where: naive.matches) }.map(\.0)
            let found = try Self.moments(CronSchedule(text), zone, from: first, to: first + minutes * 60)
            #expect(found == expected, "\(text)")
        }
    }

    @Test func `a time that is skipped comes at the change, and one that is shown twice comes once`() throws {
        let zone = try FoundationZones.rules("Europe/Madrid", from: Self.newYear, to: Self.newYear + 366 * 86_400)
        let nightly = try CronSchedule("30 2 * * *")
        let before = try #require(Moment("2026-03-28T12:00:00Z"))
        #expect(nightly.next(after: before, in: zone)?.description == "2026-03-29T01:00:00Z")
        let autumn = try #require(Moment("2026-10-24T12:00:00Z"))
        let once = try #require(nightly.next(after: autumn, in: zone))
        #expect(once.description == "2026-10-25T00:30:00Z")
        #expect(nightly.next(after: once, in: zone)?.description == "2026-10-26T01:30:00Z")
    }

    @Test func `a day that a zone has left out is made up for at its end`() throws {
        // Samoa had no 30 December 2011.
        let zone = ZoneRules(name: "Pacific/Apia", offset: -36_000, changes: [.init(at: 1_325_239_200, offset: 50_400)])
        let noon = try CronSchedule("0 12 30 12 *")
        let before = try #require(Moment("2011-12-01T00:00:00Z"))
        #expect(noon.next(after: before, in: zone)?.description == "2011-12-30T10:00:00Z")
    }

    @Test func `presets mean what they say`() throws {
        let start = try #require(Moment("2026-11-26T17:48:00Z"))
        let next = try CronSchedule.presets.map { try CronSchedule($0.name).next(after: start, in: .utc)?.description }
        #expect(
            next == [
                "2026-11-26T20:00:00Z", "2026-11-26T18:00:00Z", "2026-11-27T00:00:00Z", "2026-11-29T00:00:00Z",
                "2026-12-01T00:00:00Z", nil,
            ]
        )
        #expect(try CronSchedule("@never").isNever)
        #expect(try CronSchedule.standard == CronSchedule("@default"))
    }

    @Test func `names stand for numbers, and Sunday ends a week`() throws {
        let start = try #require(Moment("2026-11-26T17:48:00Z"))
        for (named, plain) in [
            ("0 0 * jan-MAR Mon", "0 0 * 1-3 1"), ("0 0 * * fri-sun", "0 0 * * 5,6,0"), ("0 0 * * 7", "0 0 * * 0"),
        ] {
            let first = try CronSchedule(named)
            let second = try CronSchedule(plain)
            var at = start
            for _ in 0..<20 {
                let next = try #require(first.next(after: at, in: .utc))
                #expect(next == second.next(after: at, in: .utc))
                at = next
            }
        }
    }

    @Test func `a leap day is found though it is eight years away`() throws {
        let start = try #require(Moment("2096-03-01T00:00:00Z"))
        #expect(try CronSchedule("0 0 29 2 *").next(after: start, in: .utc)?.description == "2104-02-29T00:00:00Z")
    }

    @Test(arguments: [
        ("", "A schedule has five fields; this one has 0."),
        ("* * * *", "A schedule has five fields; this one has 4."),
        ("* * * * * *", "A schedule has five fields; this one has 6."),
        ("@reboot", "There is no preset @reboot."),
        ("60 * * * *", "The minute 60 is not between 0 and 59."),
        ("* 24 * * *", "The hour 24 is not between 0 and 23."),
        ("* * 0 * *", "The day 0 is not between 1 and 31."),
        ("* * * 13 *", "The month 13 is not between 1 and 12."),
        ("* * * * 8", "The weekday 8 is not between 0 and 7."),
        ("* * * * funday", "The weekday cannot be read: “funday”."),
        ("5-3 * * * *", "The range “5-3” of the minute runs backwards."),
        ("*/0 * * * *", "The step “0” of the minute is not a number from 1 on."),
        ("*/x * * * *", "The step “x” of the minute is not a number from 1 on."),
        ("1,,2 * * * *", "The minute cannot be read: “”."),
        ("1-2-3 * * * *", "The minute cannot be read: “1-2-3”."),
        ("-1 * * * *", "The minute cannot be read: “”."),
        ("0 0 30 2 *", "None of these months has a day 30."),
        ("0 0 31 apr,jun *", "None of these months has a day 31."),
    ])
    func `what is wrong with a schedule is said exactly`(text: String, message: String) throws {
        let trouble = #expect(throws: Trouble.self) { try CronSchedule(text) }
        #expect(trouble?.message == message)
        #expect(trouble?.code == "configuration-setting")
    }

    @Test func `no text brings the reader down`() {
        var chance = SeededGenerator(seed: 7)
        let letters = Array("0123456789*/,- \tmonsuj@é")
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0...24, using: &chance)).map { _ in letters.randomElement(using: &chance) ?? " " }
            )
            if let schedule = try? CronSchedule(text) {
                _ = schedule.next(after: Moment(wholeSeconds: Self.newYear), in: .utc)
            }
        }
        _ = try? CronSchedule("*/999999999999999999 * * * *")
    }
}
