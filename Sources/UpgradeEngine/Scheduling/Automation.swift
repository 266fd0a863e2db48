import Synchronization
package import UpgradeModel

/// What the console does by itself: ask the source at its times, and tell people what has happened. It deploys nothing.
///
/// Each of several processes over one data folder has one; `isOnDuty` says whose turn it is.
package struct Automation: Sendable {
    /// What it works with.
    package struct Parts: Sendable {
        let records: any AutomationRecords
        let journal: any Journal
        let sender: any NoticeSender
        let zones: any ZoneBook
        let installation: String
        let ask: @Sendable () async throws -> ReleaseNews
        let recall: @Sendable () async throws -> ReleaseNews
        let isOnDuty: @Sendable () -> Bool
        let clean: @Sendable (Trouble) -> Trouble
        let now: @Sendable () -> Moment

        /// Puts the parts together. `installation` is its name in notices; `ask` asks the source; `recall` says
        /// the same without asking it, as far as it is on record; `isOnDuty` says whether this process is the one that acts; `clean` takes secrets out of what went wrong, which may have what
        /// a tool has said, before it leaves the machine; `now` is the clock.
        package init(
            records: any AutomationRecords,
            journal: any Journal,
            sender: any NoticeSender,
            zones: any ZoneBook,
            installation: String,
            ask: @escaping @Sendable () async throws -> ReleaseNews,
            recall: @escaping @Sendable () async throws -> ReleaseNews,
            isOnDuty: @escaping @Sendable () -> Bool,
            clean: @escaping @Sendable (Trouble) -> Trouble,
            now: @escaping @Sendable () -> Moment
        ) {
            self.records = records
            self.journal = journal
            self.sender = sender
            self.zones = zones
            self.installation = installation
            self.ask = ask
            self.recall = recall
            self.isOnDuty = isOnDuty
            self.clean = clean
            self.now = now
        }
    }

    let parts: Parts
    private let recalled = LastRecall()

    /// Works with these.
    package init(_ parts: Parts) { self.parts = parts }

    /// The names of all time zones.
    package var zoneNames: [String] { parts.zones.names }

    /// Acts until the task is cancelled, looking every few seconds of real time what is due. Nothing that goes wrong
    /// ends it.
    package func run() async {
        await withTaskGroup { group in
            group.addTask { await repeatedly(every: .seconds(5)) { try await check() } }
            group.addTask {
                await repeatedly(every: .seconds(3)) {
                    try collect()
                    try await deliver()
                }
            }
            // By itself: it asks the Engine, which may not answer for long.
            group.addTask { await repeatedly(every: .seconds(60)) { try await recall() } }
        }
    }

    private func repeatedly(every pause: Duration, _ act: () async throws -> Void) async {
        while !Task.isCancelled {
            if parts.isOnDuty() { try? await act() }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    // Checks

    /// Asks the source where its time has come.
    package func check() async throws {
        let now = parts.now()
        switch try timetable().step(parts.records.checkRecord(), at: now) {
        case .never, .wait: return
        case .settle(let moment): try parts.records.changeCheckRecord { $0.settled = moment }
        case .check: try await askNow(now)
        }
    }

    private func askNow(_ now: Moment) async throws {
        let notices: [Notice]
        do {
            let news = try await parts.ask()
            try parts.records.changeCheckRecord { $0.succeeded(at: now, scheduled: true) }
            notices = NewsNotices.of(news, at: now, installation: parts.installation)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let trouble =
                error as? Trouble
                ?? Trouble(
                    .internal,
                    "unforeseen",
                    "Asking the source failed in a way that was not foreseen.",
                    remedy: "Run `pawl check` and see what it says."
                )
            try parts.records.changeCheckRecord { $0.failed(at: now, parts.clean(trouble)) }
            notices = NewsNotices.of(
                failing: try parts.records.checkRecord(),
                at: now,
                installation: parts.installation
            )
        }
        try parts.records.keep(notices, for: parts.records.settings().notifications.channels, upTo: nil)
    }

    private func timetable() throws(Trouble) -> CheckTimetable {
        let checks = try parts.records.settings().checks
        return CheckTimetable(checks.schedule, in: zone(checks.zone), seed: try parts.records.seed())
    }

    /// The rules of a zone; UTC's where it is gone from the machine's book.
    func zone(_ name: String) -> ZoneRules { parts.zones.rules(of: name, around: parts.now()) ?? .utc }

    // Notices

    /// Tells that support ends, a few times a day: that comes nearer whether the source is asked or not, by whatever
    /// schedule, and whether it answers.
    package func recall() async throws {
        let now = parts.now()
        guard recalled.isDue(at: now), let cursor = try parts.records.noticeCursor() else { return }
        let news = try await parts.recall()
        let notices = NewsNotices.ofSupport(news, at: now, installation: parts.installation)
        // With the cursor: that a new channel has yet to hear of a new version is for the next check.
        try parts.records.keep(notices, for: parts.records.settings().notifications.channels, upTo: cursor)
        recalled.note(now)
    }

    /// Tells of something that went wrong and that no row of the journal says, once for an `id`.
    package func tell(
        of trouble: Trouble,
        _ kind: NoticeKind,
        id: String,
        at moment: Moment,
        title: String,
        run: RunID?
    )
        throws
    {
        guard parts.isOnDuty(), parts.now().seconds(after: moment) < Notice.lifetime else { return }
        let trouble = parts.clean(trouble)
        let notice = Notice(
            id: id,
            kind: kind,
            at: moment,
            installation: parts.installation,
            title: title,
            message: "\(trouble.message) \(trouble.remedy)",
            run: run
        )
        try parts.records.keep([notice], for: parts.records.settings().notifications.channels, upTo: nil)
    }

    /// Makes notices of what the journal has got since the last time. The first time nothing: it is all old news.
    package func collect() throws {
        let newest = try parts.records.newestEntry()
        guard let cursor = try parts.records.noticeCursor() else {
            return try parts.records.keep([], for: [], upTo: newest)
        }
        guard newest > cursor else { return }
        let now = parts.now()
        let fresh = try parts.journal.entries(of: nil, after: cursor)
        var notices: [Notice] = []
        // Only events are told of, and a run may have thousands of rows of progress.
        let told = fresh.filter { if case .event = $0.payload { true } else { false } }
        for run in Set(told.map(\.run)) {
            // A run that cannot be read is told of where it is shown; the others still are told of.
            let entries = try parts.journal.milestones(of: run).filter { $0.id <= fresh.last?.id ?? newest }
            let told = try? RunNotices.of(
                entries,
                after: cursor,
                installation: parts.installation,
                clean: parts.clean
            )
            notices += told ?? []
        }
        notices = notices.filter { now.seconds(after: $0.at) < Notice.lifetime }
        let channels = try parts.records.settings().notifications.channels
        try parts.records.keep(
            notices.sorted { ($0.at, $0.id.count, $0.id) < ($1.at, $1.id.count, $1.id) },
            for: channels,
            upTo: fresh.last?.id ?? newest
        )
    }

    /// Sends what is due: to each channel in order, to all of them at once.
    package func deliver() async throws {
        let now = parts.now()
        let notifications = try parts.records.settings().notifications
        let waiting = try parts.records.waitingDeliveries()
        await withTaskGroup { group in
            for (id, deliveries) in Dictionary(grouping: waiting, by: \.channel) {
                guard let channel = notifications.channels.first(where: { $0.id == id }), channel.isOn else {
                    for delivery in deliveries { try? giveUp(delivery, "The channel was switched off.") }
                    continue
                }
                group.addTask {
                    for delivery in deliveries where Resending.isDue(delivery.due, at: now) {
                        // A receiver that has just failed is not asked for the rest of what waits, too.
                        guard !Task.isCancelled, (try? await send(delivery, channel, notifications)) == true else {
                            return
                        }
                    }
                }
            }
        }
        let month = 30 * 86_400
        try parts.records.forgetDeliveries(before: Moment(wholeSeconds: now.wholeSeconds - month))
    }

    private func giveUp(_ delivery: Delivery, _ why: String) throws {
        var delivery = delivery
        delivery.state = .givenUp
        delivery.answer = why
        try parts.records.note(delivery)
    }

    private func send(
        _ delivery: Delivery,
        _ channel: NoticeChannel,
        _ notifications: ConsoleSettings.Notifications
    ) async throws -> Bool {
        // Written before it is sent: what cannot be noted afterwards is not sent again and again.
        let begun = parts.now()
        var delivery = delivery
        let before = delivery
        delivery.attempts += 1
        if let due = Resending.next(after: delivery.attempts, at: begun) { delivery.due = due }
        try parts.records.note(delivery)
        let result = await parts.sender.send(
            delivery.notice,
            to: channel.route,
            allowsLocal: notifications.allowsLocal
        )
        // Stopped in the middle: it is tried again after the next start.
        if !result.isSent, Task.isCancelled {
            try parts.records.note(before)
            return false
        }
        let now = parts.now()
        delivery.triedAt = now
        delivery.answer = result.answer
        if result.isSent {
            delivery.state = .sent
        } else if let due = Resending.next(after: delivery.attempts, at: now) {
            delivery.due = due
        } else {
            delivery.state = .givenUp
        }
        try parts.records.note(delivery)
        return result.isSent
    }

    /// Sends a test to a channel at once, whether it is on or not.
    ///
    /// - Throws: code `unknown-channel`.
    package func test(_ id: String, by person: String) async throws -> SendResult {
        let notifications = try parts.records.settings().notifications
        guard let channel = notifications.channels.first(where: { $0.id == id }) else {
            throw Trouble(.operator, "unknown-channel", "There is no such channel.", remedy: "Load the page again.")
        }
        let now = parts.now()
        return await parts.sender.send(
            Notice(
                id: "test/\(now)",
                kind: .test,
                at: now,
                installation: parts.installation,
                title: "Test of the channel \(channel.name)",
                message: "\(person) has asked for this test. Nothing has happened."
            ),
            to: channel.route,
            allowsLocal: notifications.allowsLocal
        )
    }
}

/// When it was last looked what is on record, in this process.
private final class LastRecall: Sendable {
    /// Seconds between two looks.
    private static let pause = 6.0 * 3600
    private let at = Mutex<Moment?>(nil)

    /// Whether it is time. A clock that was set back makes it time.
    func isDue(at now: Moment) -> Bool {
        at.withLock { last in last.map { !(0..<Self.pause).contains(now.seconds(after: $0)) } ?? true }
    }

    func note(_ now: Moment) { at.withLock { $0 = now } }
}

extension Moment {
    /// How many seconds this lies after another; negative where it lies before it.
    func seconds(after other: Moment) -> Double { Double(microseconds - other.microseconds) / 1_000_000 }
}
