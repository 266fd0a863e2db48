import Foundation
import UpgradeModel

/// Walks a zone minute by minute and says what its clocks show, as slowly and plainly as can be.
struct WallClock {
    /// A minute that clocks show, taken apart.
    struct Reading: Hashable {
        var minute: Int
        var hour: Int
        var day: Int
        var month: Int
        /// 0 is Sunday.
        var weekday: Int
        /// Minutes since 1970-01-01 00:00 on these clocks.
        var number: Int
    }

    let zone: TimeZone

    /// Calls `see` for every minute of real time with all the readings that are new at it: none where the clocks show
    /// again what they have shown, more than one where they skip.
    func walk(from first: Int, minutes: Int, _ see: (_ seconds: Int, _ new: [Reading]) -> Void) {
        var highest = local(first - 60)
        for step in 0..<minutes {
            let seconds = first + step * 60
            let now = local(seconds)
            guard now > highest else {
                see(seconds, [])
                continue
            }
            see(seconds, ((highest + 1)...now).map(Self.reading))
            highest = now
        }
    }

    private func local(_ seconds: Int) -> Int {
        (seconds + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))) / 60
    }

    /// Counts years and months off one after the other.
    static func reading(_ number: Int) -> Reading {
        var day = number / 1440
        let weekday = (day + 4) % 7
        var year = 1970
        func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        while day >= (isLeap(year) ? 366 : 365) {
            day -= isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 1
        for length in [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
            guard day >= length else { break }
            day -= length
            month += 1
        }
        let minute = number % 1440
        return Reading(
            minute: minute % 60,
            hour: minute / 60,
            day: day + 1,
            month: month,
            weekday: weekday,
            number: number
        )
    }
}

/// What cron means, matched field by field without any cleverness.
struct NaiveCron {
    let fields: [String]

    init(_ text: String) { fields = text.split(separator: " ").map(String.init) }

    func matches(_ reading: WallClock.Reading) -> Bool {
        let isDay = allows(fields[2], reading.day, 1, 31)
        let isWeekday =
            allows(fields[4], reading.weekday, 0, 6) || reading.weekday == 0 && allows(fields[4], 7, 0, 7, wild: false)
        let isDate = fields[2].hasPrefix("*") || fields[4].hasPrefix("*") ? isDay && isWeekday : isDay || isWeekday
        return isDate && allows(fields[0], reading.minute, 0, 59) && allows(fields[1], reading.hour, 0, 23)
            && allows(fields[3], reading.month, 1, 12)
    }

    private func allows(_ field: String, _ value: Int, _ low: Int, _ high: Int, wild: Bool = true) -> Bool {
        field.split(separator: ",").contains { item in
            let parts = item.split(separator: "/")
            let step = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
            let ends = parts[0].split(separator: "-").compactMap { Int($0) }
            if parts[0] == "*" { return wild && (value - low) % step == 0 }
            if ends.count == 2 { return value >= ends[0] && value <= ends[1] && (value - ends[0]) % step == 0 }
            if parts.count == 2 {
                return value >= ends[0] && value <= high && (value - ends[0]) % step == 0 && (wild || high < 7)
            }
            return value == ends[0]
        }
    }
}
