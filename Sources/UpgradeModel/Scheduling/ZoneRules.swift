/// How the clocks of a time zone stand: their offset from UTC, and when it changes.
///
/// The model knows no zones; whoever does hands one over for the years that matter. Before the first change and after
/// the last one the offset stays as it is.
///
/// One rule decides what daylight saving does to a time of the day: it comes when the clocks *first* show it or anything
/// later. So a time that is skipped comes at the instant of the change, and one that is shown twice comes once, the
/// first time.
package struct ZoneRules: Sendable, Hashable {
    /// From this instant on the clocks have this offset.
    package struct Change: Sendable, Hashable {
        /// Seconds since 1970-01-01T00:00:00Z.
        package var at: Int
        /// Seconds east of UTC.
        package var offset: Int

        /// Puts a change together.
        package init(at: Int, offset: Int) {
            self.at = at
            self.offset = offset
        }
    }

    /// What the zone is called, such as `Europe/Madrid`.
    package let name: String
    /// Stretches of one offset each, in order; the first begins before all times.
    private let stretches: [Change]

    /// A zone with this offset at first, in seconds east of UTC, and these changes, in any order.
    package init(name: String, offset: Int, changes: [Change] = []) {
        self.name = name
        stretches = [Change(at: .min, offset: offset)] + changes.sorted { $0.at < $1.at }
    }

    /// The clocks of UTC.
    package static let utc = ZoneRules(name: "UTC", offset: 0)

    /// Seconds east of UTC at an instant.
    package func offset(at moment: Moment) -> Int { stretches[stretch(of: moment.wholeSeconds)].offset }

    /// What the clocks show at an instant.
    package func local(_ moment: Moment) -> LocalMinute {
        LocalMinute(seconds: moment.wholeSeconds + offset(at: moment))
    }

    /// The first minute that the clocks have not shown yet at an instant, nor anything later.
    func firstUnseen(at moment: Moment) -> LocalMinute {
        let seconds = moment.wholeSeconds
        let current = stretch(of: seconds)
        var unseen = LocalMinute(seconds: seconds + stretches[current].offset).number + 1
        for index in stretches.indices.dropLast() where index < current {
            // Up to, and without, what the clocks would have shown at the change.
            let end = stretches[index + 1].at + stretches[index].offset
            unseen = max(unseen, LocalMinute(seconds: end + 59).number)
        }
        return LocalMinute(number: unseen)
    }

    /// The instant at which the clocks first show a minute or anything later.
    package func moment(of minute: LocalMinute) -> Moment {
        let wanted = minute.number * 60
        for (index, stretch) in stretches.enumerated() {
            let instant = wanted - stretch.offset
            if index + 1 == stretches.count || instant < stretches[index + 1].at {
                return Moment(wholeSeconds: max(instant, stretch.at))
            }
        }
        return Moment(wholeSeconds: wanted)
    }

    private func stretch(of seconds: Int) -> Int {
        stretches.lastIndex { $0.at <= seconds } ?? 0
    }
}

/// A minute as clocks on a wall show it, without a zone.
package struct LocalMinute: Sendable, Hashable, Comparable {
    /// Minutes since 1970-01-01 00:00 on those clocks.
    package let number: Int

    /// The minute some minutes after 1970-01-01 00:00.
    package init(number: Int) { self.number = number }

    /// The minute that a number of seconds after 1970-01-01 00:00 falls into.
    init(seconds: Int) { number = seconds.flooredQuotient(60) }

    /// The day, as its number since 1970-01-01.
    package var day: Int { number.flooredQuotient(1440) }

    /// Minutes since midnight.
    package var minuteOfDay: Int { number - day * 1440 }

    package static func < (left: LocalMinute, right: LocalMinute) -> Bool { left.number < right.number }
}

/// A day of the week, as cron counts them.
package enum Weekday: Int, Sendable, Hashable, CaseIterable, Comparable {
    case sunday, monday, tuesday, wednesday, thursday, friday, saturday

    /// The weekday of the day with this number since 1970-01-01, which was a Thursday.
    package init(dayNumber: Int) {
        let remainder = (dayNumber + 4) - (dayNumber + 4).flooredQuotient(7) * 7
        self = Self.allCases[remainder]
    }

    /// Reads `mon` or `Monday`, whatever the case; nil for anything else.
    package init?(_ text: String) {
        let text = text.lowercased()
        guard let found = Self.allCases.first(where: { $0.name.lowercased() == text || $0.short == text }) else {
            return nil
        }
        self = found
    }

    /// `Monday`.
    package var name: String {
        ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"][rawValue]
    }

    /// `mon`.
    package var short: String { String(name.lowercased().prefix(3)) }

    package static func < (left: Weekday, right: Weekday) -> Bool { left.rawValue < right.rawValue }
}

extension Int {
    /// The quotient, rounded down.
    func flooredQuotient(_ divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Moment {
    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    package var wholeSeconds: Int { Int(microseconds).flooredQuotient(1_000_000) }

    /// The instant some seconds after 1970-01-01T00:00:00Z.
    package init(wholeSeconds: Int) {
        let (product, overflow) = Int64(wholeSeconds).multipliedReportingOverflow(by: 1_000_000)
        self.init(microseconds: overflow ? (wholeSeconds < 0 ? .min : .max) : product)
    }
}

extension Trouble {
    /// A setting of the console that cannot be.
    static func setting(_ message: String, _ remedy: String) -> Trouble {
        Trouble(.operator, "configuration-setting", message, remedy: remedy)
    }

    /// A setting of the console that somebody has changed since it was read.
    package static var settingChanged: Trouble {
        Trouble(
            .operator,
            "setting-changed",
            "The setting is another one than the one that this change was made for.",
            remedy: "Read it again, and send the change to what it is now."
        )
    }
}
