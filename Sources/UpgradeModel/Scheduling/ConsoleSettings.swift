/// What the console does by itself, as its admins have set it.
package struct ConsoleSettings: Sendable, Codable, Hashable {
    /// One of the settings, each of which is changed by itself.
    package enum Part: String, Sendable, Hashable {
        case checks, windows, notifications
    }

    /// When the source is asked for releases.
    package struct Checks: Sendable, Codable, Hashable {
        /// The schedule.
        package var schedule: CronSchedule
        /// The zone of its times, such as `Europe/Madrid`.
        package var zone: String

        /// Puts the setting together; by itself every four hours, by UTC.
        package init(schedule: CronSchedule = .standard, zone: String = "UTC") {
            self.schedule = schedule
            self.zone = zone
        }
    }

    /// When upgrades are meant to begin.
    package struct Windows: Sendable, Codable, Hashable {
        /// The windows; none means always.
        package var windows: MaintenanceWindows
        /// The zone of their times.
        package var zone: String

        /// Puts the setting together.
        package init(windows: MaintenanceWindows = MaintenanceWindows(), zone: String = "UTC") {
            self.windows = windows
            self.zone = zone
        }
    }

    /// Who is told.
    package struct Notifications: Sendable, Codable, Hashable {
        /// Where notices go.
        package var channels: [NoticeChannel]
        /// Whether they may go to this machine and its own link, too.
        package var allowsLocal: Bool

        /// Puts the setting together.
        package init(channels: [NoticeChannel] = [], allowsLocal: Bool = false) {
            self.channels = channels
            self.allowsLocal = allowsLocal
        }
    }

    /// When the source is asked.
    package var checks: Checks
    /// When upgrades are meant to begin.
    package var windows: Windows
    /// Who is told.
    package var notifications: Notifications

    /// Puts settings together; by themselves they are the ones of a new installation.
    package init(
        checks: Checks = Checks(),
        windows: Windows = Windows(),
        notifications: Notifications = Notifications()
    ) {
        self.checks = checks
        self.windows = windows
        self.notifications = notifications
    }

    /// The most windows there may be.
    package static let mostWindows = 20
}

extension CronSchedule: Codable {
    package init(from decoder: any Decoder) throws {
        self = try CronSchedule(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension MaintenanceWindows: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([Window].self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(windows)
    }
}

extension MaintenanceWindows.Window: Codable {
    private enum CodingKeys: String, CodingKey { case days, from, to }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            days: container.decode([String].self, forKey: .days),
            from: container.decode(String.self, forKey: .from),
            to: container.decode(String.self, forKey: .to)
        )
    }

    /// Reads a window of days by their names.
    ///
    /// - Throws: code `configuration-setting`.
    package init(days: [String], from: String, to: String) throws(Trouble) {
        var weekdays: Set<Weekday> = []
        for day in days {
            guard let weekday = Weekday(day) else {
                throw .setting(
                    "“\(day.prefix(20))” is not a day of the week.",
                    "Write mon, tue, wed, thu, fri, sat or sun."
                )
            }
            weekdays.insert(weekday)
        }
        try self.init(on: weekdays, from: from, to: to)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(days, forKey: .days)
        try container.encode(opening, forKey: .from)
        try container.encode(closing, forKey: .to)
    }

    /// The short names of its days, Monday first.
    package var days: [String] {
        weekdays.sorted { ($0.rawValue + 6) % 7 < ($1.rawValue + 6) % 7 }.map(\.short)
    }
}
