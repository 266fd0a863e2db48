/// When the source is to be asked for releases: a schedule in a zone, spread a little from installation to installation.
package struct CheckTimetable: Sendable {
    /// A check that is to come.
    package struct Planned: Sendable, Hashable {
        /// When the schedule says.
        package var scheduled: Moment
        /// When it is done: somewhat later, always by the same amount.
        package var at: Moment

        /// Puts it together.
        package init(scheduled: Moment, at: Moment) {
            self.scheduled = scheduled
            self.at = at
        }
    }

    /// How the last checks went.
    package struct Record: Sendable, Hashable, Codable {
        /// Up to where the schedule is settled: what came until then has been done, or was passed over.
        package var settled: Moment?
        /// When the source was last asked with success.
        package var succeededAt: Moment?
        /// When it was last asked at the scheduled time, however that ended.
        package var triedAt: Moment?
        /// How often in a row it has failed.
        package var failures: Int
        /// When the first failure of that row was.
        package var failingSince: Moment?
        /// What went wrong the last time.
        package var trouble: Trouble?

        /// Nothing yet.
        package init() { failures = 0 }
    }

    /// What is to be done now.
    package enum Step: Sendable, Hashable {
        /// Ask the source.
        case check
        /// Nothing until then.
        case wait(Planned)
        /// The record says nothing that can be: begin at this instant.
        case settle(Moment)
        /// Nothing at all.
        case never
    }

    private let schedule: CronSchedule
    private let zone: ZoneRules
    private let seed: String

    /// How much later than scheduled a check may be: a tenth of the time to the next one, and never more than this, in
    /// seconds.
    package static let latest = 15 * 60
    /// How far a clock may stand before what it has shown already until that is taken for an error, in seconds.
    static let patience = 3600.0

    /// `seed` is anything that belongs to one installation only; by it installations differ in when they ask.
    package init(_ schedule: CronSchedule, in zone: ZoneRules, seed: String) {
        self.schedule = schedule
        self.zone = zone
        self.seed = seed
    }

    /// The first check after an instant of the schedule.
    package func next(after moment: Moment) -> Planned? {
        guard let scheduled = schedule.next(after: moment, in: zone) else { return nil }
        let interval = schedule.next(after: scheduled, in: zone).map { $0.wholeSeconds - scheduled.wholeSeconds } ?? 0
        let bound = min(interval / 10, Self.latest)
        let hash = StableHash.of("\(seed) \(scheduled.wholeSeconds)")
        let later = Int(hash % UInt64(bound + 1))
        return Planned(scheduled: scheduled, at: Moment(wholeSeconds: scheduled.wholeSeconds + later))
    }

    /// What is to be done at an instant.
    ///
    /// Several times that were missed are made up for by one check. A clock that was put back by more than an hour
    /// makes the schedule begin anew. After a failure the source is asked again sooner than scheduled: after a quarter
    /// of an hour, then twice as long each time, up to six hours.
    package func step(_ record: Record, at now: Moment) -> Step {
        guard !schedule.isNever else { return .never }
        guard let settled = record.settled, now.seconds(before: settled) <= Self.patience else { return .settle(now) }
        guard var planned = next(after: settled) else { return .never }
        if record.failures > 0, let tried = record.triedAt {
            let pause = min(900 << min(record.failures - 1, 10), 6 * 3600)
            let again = Moment(wholeSeconds: tried.wholeSeconds + pause)
            if again < planned.at { planned.at = again }
        }
        return planned.at <= now ? .check : .wait(planned)
    }
}

extension CheckTimetable.Record {
    /// The record after a check that went well; `scheduled` says whether its time had come.
    package mutating func succeeded(at now: Moment, scheduled: Bool) {
        if scheduled {
            settled = now
            triedAt = now
        }
        succeededAt = now
        failures = 0
        failingSince = nil
        trouble = nil
    }

    /// The record after a scheduled check that failed.
    package mutating func failed(at now: Moment, _ why: Trouble) {
        settled = now
        triedAt = now
        if failures == 0 { failingSince = now }
        failures += 1
        trouble = why
    }
}

extension Moment {
    /// How many seconds this lies before another; negative where it lies after it.
    fileprivate func seconds(before other: Moment) -> Double {
        Double(other.microseconds - microseconds) / 1_000_000
    }
}

/// A number that a text always has, on every machine: FNV-1a of 64 bits, its bits mixed. For spreading, not for secrets.
enum StableHash {
    static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}
