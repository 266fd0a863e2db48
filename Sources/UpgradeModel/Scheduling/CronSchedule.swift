/// When something is done again and again: five fields as cron has them, or a preset.
///
/// Minute, hour, day of the month, month and day of the week; each a `*`, a number, a name, a range, a list of these,
/// with steps. As in Vixie's cron, the two fields of days are alternatives where neither begins with `*`, and must both
/// agree where one does. `n/s` counts from `n` to the end of the field; a range of days may end on Sunday.
package struct CronSchedule: Sendable, Hashable {
    /// As it was written, with single spaces.
    package let text: String
    /// Nil for `@never`.
    private let fields: Fields?

    /// What five fields allow; a bit for every value.
    fileprivate struct Fields: Sendable, Hashable {
        var minutes: UInt64
        var hours: UInt64
        var days: UInt64
        var months: UInt64
        var weekdays: UInt64
        /// Whether the fields of days must both agree.
        var daysAgree: Bool
    }

    /// The presets by their names, and what they stand for; `@never` for nothing.
    package static let presets: [(name: String, fields: String?)] = [
        ("@default", "0 */4 * * *"), ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"), ("@never", nil),
    ]

    /// Every four hours.
    package static let standard = CronSchedule(text: "@default", fields: Fields.everyFourHours)

    private init(text: String, fields: Fields?) {
        self.text = text
        self.fields = fields
    }

    /// Reads five fields or a preset.
    ///
    /// - Throws: code `configuration-setting`, naming the field and what is wrong with it.
    package init(_ text: String) throws(Trouble) {
        guard text.utf8.count <= 200 else { throw Self.invalid("A schedule has at most 200 characters.") }
        let parts = text.split { $0 == " " || $0 == "\t" }.map(String.init)
        self.text = parts.joined(separator: " ")
        if parts.count == 1, parts[0].hasPrefix("@") {
            guard let preset = Self.presets.first(where: { $0.name == parts[0] }) else {
                throw Self.invalid("There is no preset \(parts[0]).")
            }
            fields = try preset.fields.map { (text) throws(Trouble) in
                try Self.fields(text.split(separator: " ").map(String.init))
            }
            return
        }
        guard parts.count == 5 else {
            throw Self.invalid("A schedule has five fields; this one has \(parts.count).")
        }
        fields = try Self.fields(parts)
    }

    /// Whether it never comes.
    package var isNever: Bool { fields == nil }

    /// The first instant after another at which it comes; nil where it never does, or not before the year 10000.
    package func next(after moment: Moment, in zone: ZoneRules) -> Moment? {
        guard let fields, let minute = fields.first(from: zone.firstUnseen(at: moment)) else { return nil }
        return zone.moment(of: minute)
    }

    private static func fields(_ parts: [String]) throws(Trouble) -> Fields {
        let days = try CronField.day.read(parts[2])
        let months = try CronField.month.read(parts[3])
        var weekdays = try CronField.weekday.read(parts[4])
        if weekdays & 1 << 7 != 0 { weekdays = (weekdays | 1) & 0x7F }
        let fields = Fields(
            minutes: try CronField.minute.read(parts[0]),
            hours: try CronField.hour.read(parts[1]),
            days: days,
            months: months,
            weekdays: weekdays,
            daysAgree: parts[2].hasPrefix("*") || parts[4].hasPrefix("*")
        )
        let longest = (1...12).filter { months & 1 << $0 != 0 }.map {
            $0 == 2 ? 29 : [4, 6, 9, 11].contains($0) ? 30 : 31
        }
        if fields.daysAgree, days.trailingZeroBitCount > longest.max() ?? 0 {
            throw invalid("None of these months has a day \(days.trailingZeroBitCount).")
        }
        return fields
    }

    static func invalid(_ message: String) -> Trouble {
        .setting(message, "Write minute, hour, day, month and weekday, such as `30 2 * * mon-fri`, or a preset.")
    }
}

extension CronSchedule.Fields {
    fileprivate static let everyFourHours = Self(
        minutes: 1,
        hours: 0x111111,
        days: 0xFFFF_FFFE,
        months: 0x1FFE,
        weekdays: 0x7F,
        daysAgree: true
    )

    /// The first minute from one on that all fields allow.
    fileprivate func first(from start: LocalMinute) -> LocalMinute? {
        var earliest = start.minuteOfDay
        // A leap day on a certain weekday comes after at most 40 years.
        for number in start.day...(start.day + 41 * 366) {
            guard let day = Day(number: number) else { return nil }
            if allows(day), let minute = minute(from: earliest) { return LocalMinute(number: number * 1440 + minute) }
            earliest = 0
        }
        return nil
    }

    private func allows(_ day: Day) -> Bool {
        let (_, month, number) = day.components
        guard months & 1 << month != 0 else { return false }
        let isDay = days & 1 << number != 0
        let isWeekday = weekdays & 1 << Weekday(dayNumber: day.number).rawValue != 0
        return daysAgree ? isDay && isWeekday : isDay || isWeekday
    }

    private func minute(from earliest: Int) -> Int? {
        for hour in (earliest / 60)..<24 where hours & 1 << hour != 0 {
            let first = hour == earliest / 60 ? earliest % 60 : 0
            for minute in first..<60 where minutes & 1 << minute != 0 { return hour * 60 + minute }
        }
        return nil
    }
}

/// One of the five fields.
struct CronField: Sendable {
    let title: String
    let range: ClosedRange<Int>
    let names: [String: Int]

    static let minute = CronField(title: "minute", range: 0...59, names: [:])
    static let hour = CronField(title: "hour", range: 0...23, names: [:])
    static let day = CronField(title: "day", range: 1...31, names: [:])
    static let month = CronField(
        title: "month",
        range: 1...12,
        names: [
            "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
            "nov": 11, "dec": 12,
        ]
    )
    /// Sunday is 0 and 7.
    static let weekday = CronField(
        title: "weekday",
        range: 0...7,
        names: ["sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6]
    )

    /// The values that a field's text allows, as bits.
    func read(_ text: String) throws(Trouble) -> UInt64 {
        var bits: UInt64 = 0
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            bits |= try read(item: String(item))
        }
        return bits
    }

    private func read(item: String) throws(Trouble) -> UInt64 {
        let parts = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, !item.isEmpty else { throw unreadable(item) }
        var step = 1
        if parts.count == 2 {
            guard let number = Digits.number(Array(parts[1].utf8)[...]), number > 0 else {
                throw CronSchedule.invalid("The step \(shown(parts[1])) of the \(title) is not a number from 1 on.")
            }
            step = number
        }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var values: ClosedRange<Int>
        if parts[0] == "*" {
            values = title == "weekday" ? 0...6 : range
        } else if ends.count == 2 {
            let first = try value(ends[0])
            var last = try value(ends[1])
            if title == "weekday", last == 0, first > 0 { last = 7 }
            guard first <= last else {
                throw CronSchedule.invalid("The range \(shown(item)) of the \(title) runs backwards.")
            }
            values = first...last
        } else if ends.count == 1 {
            let first = try value(ends[0])
            values = parts.count == 2 ? first...max(first, title == "weekday" ? 6 : range.upperBound) : first...first
        } else {
            throw unreadable(item)
        }
        var bits: UInt64 = 0
        var value = values.lowerBound
        while value <= values.upperBound {
            bits |= 1 << UInt64(value)
            guard step <= values.upperBound - value else { break }
            value += step
        }
        return bits
    }

    private func value(_ text: String) throws(Trouble) -> Int {
        if let named = names[text.lowercased()] { return named }
        guard let number = Digits.number(Array(text.utf8)[...]) else { throw unreadable(text) }
        guard range.contains(number) else {
            throw CronSchedule.invalid(
                "The \(title) \(number) is not between \(range.lowerBound) and \(range.upperBound)."
            )
        }
        return number
    }

    private func unreadable(_ text: String) -> Trouble {
        CronSchedule.invalid("The \(title) cannot be read: \(shown(text)).")
    }

    private func shown(_ text: String) -> String { "“\(text.prefix(40))”" }
}
