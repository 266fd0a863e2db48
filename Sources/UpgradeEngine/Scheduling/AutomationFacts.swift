package import UpgradeModel

/// How the things stand that the console does by itself.
package struct AutomationFacts: Sendable, Hashable {
    /// A channel whose last attempt failed.
    package struct Failing: Sendable, Hashable {
        /// The channel.
        package var id: String
        /// What people call it.
        package var name: String
        /// When it was last tried.
        package var triedAt: Moment
        /// What came of it.
        package var answer: String
    }

    /// The schedule as it is written.
    package var schedule: String
    /// The zone of its times.
    package var zone: String
    /// When the source was last asked with success, by anybody.
    package var checkedAt: Moment?
    /// When it will be asked next; nil where it never will be.
    package var next: CheckTimetable.Planned?
    /// How often in a row it has failed.
    package var failures: Int
    /// What went wrong the last time.
    package var trouble: Trouble?
    /// Whether there are maintenance windows at all.
    package var hasWindows: Bool
    /// Whether upgrades are meant to begin now.
    package var isOpen: Bool
    /// The stretch that is open now; nil outside all, and where there are no windows.
    package var opening: MaintenanceWindows.Opening?
    /// The stretch that comes next.
    package var nextOpening: MaintenanceWindows.Opening?
    /// The channels whose last attempt failed.
    package var failing: [Failing]
}

extension Automation {
    /// When the source was last asked with success.
    package func checkedAt() throws(Trouble) -> Moment? { try parts.records.checkRecord().succeededAt }

    /// How things stand now.
    package func facts() throws(Trouble) -> AutomationFacts {
        let now = parts.now()
        let settings = try parts.records.settings()
        let record = try parts.records.checkRecord()
        let timetable = CheckTimetable(
            settings.checks.schedule,
            in: zone(settings.checks.zone),
            seed: try parts.records.seed()
        )
        let next: CheckTimetable.Planned? =
            switch timetable.step(record, at: now) {
            case .never: nil
            case .check: CheckTimetable.Planned(scheduled: now, at: now)
            case .wait(let planned): planned
            case .settle(let moment): timetable.next(after: moment)
            }
        let rules = zone(settings.windows.zone)
        let windows = settings.windows.windows
        let last = try parts.records.lastDeliveries()
        return AutomationFacts(
            schedule: settings.checks.schedule.text,
            zone: settings.checks.zone,
            checkedAt: record.succeededAt,
            next: next,
            failures: record.failures,
            trouble: record.trouble,
            hasWindows: !windows.windows.isEmpty,
            isOpen: windows.isOpen(at: now, in: rules),
            opening: windows.opening(at: now, in: rules),
            nextOpening: windows.next(after: now, in: rules),
            failing: settings.notifications.channels.filter(\.isOn).compactMap { channel in
                guard let delivery = last[channel.id], delivery.state != .sent, let tried = delivery.triedAt else {
                    return nil
                }
                return AutomationFacts.Failing(
                    id: channel.id,
                    name: channel.name,
                    triedAt: tried,
                    answer: delivery.answer ?? ""
                )
            }
        )
    }

    /// The next instants of a schedule, for whoever is about to choose it.
    package func preview(_ checks: ConsoleSettings.Checks, count: Int) throws(Trouble) -> [CheckTimetable.Planned] {
        let timetable = CheckTimetable(checks.schedule, in: zone(checks.zone), seed: try parts.records.seed())
        var planned: [CheckTimetable.Planned] = []
        var after = parts.now()
        while planned.count < count, let next = timetable.next(after: after) {
            planned.append(next)
            after = next.scheduled
        }
        return planned
    }

    /// The settings.
    package func settings() throws(Trouble) -> ConsoleSettings { try parts.records.settings() }

    /// A text that is another one whenever a setting is, and that tells nothing of it.
    package func edition(of part: ConsoleSettings.Part) throws(Trouble) -> String {
        try parts.records.edition(of: part)
    }

    /// Sets when the source is asked. What came before is settled: nothing is made up for. Where an edition is given,
    /// the setting must still be of it, here and below.
    ///
    /// - Throws: code `setting-changed` where it is not.
    package func set(_ checks: ConsoleSettings.Checks, over edition: String? = nil) throws(Trouble) {
        try requireZone(checks.zone)
        try parts.records.set(checks, over: edition)
        let now = parts.now()
        try parts.records.changeCheckRecord { $0.settled = now }
    }

    /// Sets when upgrades are meant to begin.
    package func set(_ windows: ConsoleSettings.Windows, over edition: String? = nil) throws(Trouble) {
        try requireZone(windows.zone)
        guard windows.windows.windows.count <= ConsoleSettings.mostWindows else {
            throw Self.tooMany("maintenance windows", ConsoleSettings.mostWindows)
        }
        try parts.records.set(windows, over: edition)
    }

    /// Sets who is told.
    package func set(_ notifications: ConsoleSettings.Notifications, over edition: String? = nil) throws(Trouble) {
        guard notifications.channels.count <= NoticeChannel.most else {
            throw Self.tooMany("channels", NoticeChannel.most)
        }
        try parts.records.set(notifications, over: edition)
    }

    /// Makes sure that an upgrade is meant to begin now, or that whoever asks means it all the same.
    ///
    /// - Throws: code `outside-window`. Retries, aborts and restores are not asked.
    package func requireWindow(deliberately: Bool) throws(Trouble) {
        let facts = try facts()
        guard !facts.isOpen, !deliberately else { return }
        throw Trouble(
            .operator,
            "outside-window",
            "No maintenance window is open" + (facts.nextOpening.map { "; the next one opens at \($0.from)" } ?? "")
                + ".",
            remedy: "Wait for the window, or say that you mean to upgrade outside it."
        )
    }

    private func requireZone(_ name: String) throws(Trouble) {
        guard parts.zones.rules(of: name, around: parts.now()) != nil else {
            throw Trouble(
                .operator,
                "configuration-setting",
                "There is no time zone “\(name.prefix(60))”.",
                remedy: "Write it as Area/City, such as Europe/Madrid, or UTC."
            )
        }
    }

    private static func tooMany(_ what: String, _ most: Int) -> Trouble {
        Trouble(
            .operator,
            "configuration-setting",
            "There may be at most \(most) \(what).",
            remedy: "Remove some."
        )
    }
}
