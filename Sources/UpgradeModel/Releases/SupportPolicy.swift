/// How long a product supports its releases, in calendar months from the day of release.
package struct SupportPolicy: Sendable, Hashable, Codable {
    /// Whether a release is supported.
    package enum Status: String, Sendable, Codable, Hashable {
        /// Supported for more than 90 days from now.
        case supported
        /// Supported, and within 90 days of the end.
        case expiring
        /// No longer supported.
        case unsupported
    }

    /// How a release stands on a day.
    package struct Standing: Sendable, Hashable, Codable {
        /// Whether the release is supported.
        package let status: Status
        /// The last supported day.
        package let endsOn: Day
        /// Days from today to the last supported day: 0 on that day, negative after it.
        package let daysLeft: Int
        /// The notice that is due: 90, 30 or 7, the nearest that has been reached; 0 after the end; nil before all.
        package let notice: Int?
    }

    /// When notices become due, in days before the end.
    package static let notices = [90, 30, 7]

    /// The window in calendar months.
    package let months: Int

    /// A window of some calendar months, 1 to 1200; nil outside that.
    package init?(months: Int) {
        guard (1...1200).contains(months) else { return nil }
        self.months = months
    }

    /// Reads an ISO 8601 period of years and months, such as `P12M` or `P1Y6M`; nil for anything else.
    package init?(period: String) {
        var rest = period.utf8[...]
        guard rest.popFirst() == UInt8(ascii: "P"), rest.count <= 16 else { return nil }
        var months = 0
        for (unit, factor) in [(UInt8(ascii: "Y"), 12), (UInt8(ascii: "M"), 1)] {
            guard let end = rest.firstIndex(of: unit) else { continue }
            guard let number = Digits.number(Array(rest[..<end])[...]), number <= 1200 else { return nil }
            months += number * factor
            rest = rest[rest.index(after: end)...]
        }
        guard rest.isEmpty else { return nil }
        self.init(months: months)
    }

    /// The last day on which a release is supported; nil past the year 9999.
    package func endsOn(releasedAt: Day) -> Day? {
        releasedAt.adding(months: months)
    }

    /// How a release stands on a day; nil where its end lies past the year 9999.
    package func standing(releasedAt: Day, on today: Day) -> Standing? {
        guard let endsOn = endsOn(releasedAt: releasedAt) else { return nil }
        let daysLeft = today.days(until: endsOn)
        let widest = Self.notices.max() ?? 0
        let status: Status = daysLeft < 0 ? .unsupported : daysLeft <= widest ? .expiring : .supported
        let notice = daysLeft < 0 ? 0 : Self.notices.filter { daysLeft <= $0 }.min()
        return Standing(status: status, endsOn: endsOn, daysLeft: daysLeft, notice: notice)
    }
}
