/// When upgrades are meant to begin: stretches of some days of the week. Without any, always.
package struct MaintenanceWindows: Sendable, Hashable {
    /// From a time of the day to another, on some days of the week.
    package struct Window: Sendable, Hashable {
        /// The days on which it opens.
        package let weekdays: Set<Weekday>
        /// Minutes from midnight to its opening.
        package let from: Int
        /// Minutes from midnight to its closing; where that is not after the opening, on the next day.
        package let to: Int

        /// Puts a window together.
        ///
        /// - Throws: code `configuration-setting` where it has no day or a time is none.
        package init(on weekdays: Set<Weekday>, from: String, to: String) throws(Trouble) {
            guard !weekdays.isEmpty else {
                throw .setting("A window has no day of the week.", "Choose at least one day.")
            }
            self.weekdays = weekdays
            self.from = try Self.minutes(from)
            self.to = try Self.minutes(to)
        }

        /// The opening as `HH:MM`.
        package var opening: String { Self.text(from) }
        /// The closing as `HH:MM`.
        package var closing: String { Self.text(to) }

        /// Minutes that it stays open on clocks that are not changed meanwhile.
        var length: Int { to > from ? to - from : to - from + 1440 }

        private static func text(_ minutes: Int) -> String {
            Digits.text(minutes / 60, width: 2) + ":" + Digits.text(minutes % 60, width: 2)
        }

        private static func minutes(_ text: String) throws(Trouble) -> Int {
            let bytes = Array(text.utf8)
            guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"), let hour = Digits.number(bytes[0..<2]), hour < 24,
                let minute = Digits.number(bytes[3..<5]), minute < 60
            else {
                throw .setting(
                    "“\(text.prefix(20))” is not a time of the day.",
                    "Write it as HH:MM, from 00:00 to 23:59."
                )
            }
            return hour * 60 + minute
        }
    }

    /// A stretch in which upgrades are meant to begin.
    package struct Opening: Sendable, Hashable {
        /// When it begins.
        package var from: Moment
        /// When it is over.
        package var to: Moment
    }

    /// The windows.
    package var windows: [Window]

    /// Takes windows, which may overlap.
    package init(_ windows: [Window] = []) { self.windows = windows }

    /// Whether an upgrade is meant to begin at an instant.
    package func isOpen(at moment: Moment, in zone: ZoneRules) -> Bool {
        windows.isEmpty || opening(at: moment, in: zone) != nil
    }

    /// The stretch that an instant lies in, windows that touch each other taken together; nil outside all of them.
    package func opening(at moment: Moment, in zone: ZoneRules) -> Opening? {
        openings(around: moment, in: zone).first { $0.from <= moment && moment < $0.to }
    }

    /// The next stretch that begins after an instant; nil where there is no window.
    package func next(after moment: Moment, in zone: ZoneRules) -> Opening? {
        openings(around: moment, in: zone).first { $0.from > moment }
    }

    /// Every stretch from ten days before to ten days after an instant, in order. One that is open for a week or more is
    /// cut off there.
    private func openings(around moment: Moment, in zone: ZoneRules) -> [Opening] {
        let today = zone.local(moment).day
        let single = ((today - 10)...(today + 10)).flatMap { day in
            windows.filter { $0.weekdays.contains(Weekday(dayNumber: day)) }.map { window in
                let start = day * 1440 + window.from
                return Opening(
                    from: zone.moment(of: LocalMinute(number: start)),
                    to: zone.moment(of: LocalMinute(number: start + window.length))
                )
            }
        }
        var merged: [Opening] = []
        for opening in single.sorted(by: { $0.from < $1.from }) where opening.from < opening.to {
            if let last = merged.last, opening.from <= last.to {
                merged[merged.count - 1].to = max(last.to, opening.to)
            } else {
                merged.append(opening)
            }
        }
        return merged
    }
}
