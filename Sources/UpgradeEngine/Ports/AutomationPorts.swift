package import UpgradeModel

/// What is kept of the things that the console does by itself. What is written is on the disk when a call returns.
package protocol AutomationRecords: Sendable {
    /// The settings; the ones of a new installation where nobody has set any.
    func settings() throws(Trouble) -> ConsoleSettings
    /// A text that is another one whenever a setting is, of what is secret in it too, and that tells nothing of it.
    func edition(of part: ConsoleSettings.Part) throws(Trouble) -> String
    /// Sets when the source is asked. Where an edition is given, the setting must still be of it, here and below.
    ///
    /// - Throws: code `setting-changed` where it is not; nothing is changed then.
    func set(_ checks: ConsoleSettings.Checks, over edition: String?) throws(Trouble)
    /// Sets when upgrades are meant to begin.
    func set(_ windows: ConsoleSettings.Windows, over edition: String?) throws(Trouble)
    /// Sets who is told. What waits for a channel that is gone is dropped. A channel that is new is told, the next time
    /// that notices are kept, also of those among them that were kept before.
    func set(_ notifications: ConsoleSettings.Notifications, over edition: String?) throws(Trouble)

    /// A text that belongs to this installation only, made when it is asked for first.
    func seed() throws(Trouble) -> String
    /// How the last checks went.
    func checkRecord() throws(Trouble) -> CheckTimetable.Record
    /// Changes how the last checks went, in one step with reading it.
    func changeCheckRecord(_ change: (inout CheckTimetable.Record) -> Void) throws(Trouble)

    /// The newest row of the journal that notices were made of; nil before the first time.
    func noticeCursor() throws(Trouble) -> Int64?
    /// The newest row of the journal; 0 where there is none.
    func newestEntry() throws(Trouble) -> Int64
    /// Keeps notices for the channels that want them, and where the journal was read up to, in one commit. A notice
    /// that was kept before is not kept again.
    func keep(_ notices: [Notice], for channels: [NoticeChannel], upTo cursor: Int64?) throws(Trouble)
    /// What has not been sent and not been given up, oldest first.
    func waitingDeliveries() throws(Trouble) -> [Delivery]
    /// Writes down how a delivery stands.
    func note(_ delivery: Delivery) throws(Trouble)
    /// The last delivery that was tried, by channel.
    func lastDeliveries() throws(Trouble) -> [String: Delivery]
    /// Forgets what was sent or given up before an instant. Notices that a later look could make again stay known.
    func forgetDeliveries(before moment: Moment) throws(Trouble)
}

/// One notice on its way to one channel.
package struct Delivery: Sendable, Hashable {
    /// How it stands.
    package enum State: String, Sendable, Hashable {
        case waiting, sent
        case givenUp = "given-up"
    }

    /// What is told.
    package var notice: Notice
    /// The channel.
    package var channel: String
    /// How it stands.
    package var state: State
    /// How often it was tried.
    package var attempts: Int
    /// When it is to be tried (again).
    package var due: Moment
    /// When it was last tried; nil where it was not.
    package var triedAt: Moment?
    /// What came of that: an answer or a failure, in words.
    package var answer: String?

    /// Puts it together; only a store does.
    package init(
        notice: Notice,
        channel: String,
        state: State,
        attempts: Int,
        due: Moment,
        triedAt: Moment?,
        answer: String?
    ) {
        self.notice = notice
        self.channel = channel
        self.state = state
        self.attempts = attempts
        self.due = due
        self.triedAt = triedAt
        self.answer = answer
    }
}

/// How sending ended.
package struct SendResult: Sendable, Hashable {
    /// Whether the receiver has taken it.
    package var isSent: Bool
    /// The answer or the failure, in words without secrets.
    package var answer: String

    /// Puts it together.
    package init(isSent: Bool, answer: String) {
        self.isSent = isSent
        self.answer = answer
    }
}

/// Brings notices to where they go.
package protocol NoticeSender: Sendable {
    /// Tries once, within half a minute. `allowsLocal` says whether it may go to this machine and its own link.
    func send(_ notice: Notice, to route: NoticeChannel.Route, allowsLocal: Bool) async -> SendResult
}

/// What asking the source has shown.
package struct ReleaseNews: Sendable, Hashable {
    /// The newest release, where it is newer than the installed one.
    package var newer: ReleaseVersion?
    /// What is installed; nil where that cannot be told.
    package var installed: ReleaseVersion?
    /// How long that is supported; nil where that cannot be told.
    package var standing: SupportPolicy.Standing?

    /// Puts it together.
    package init(newer: ReleaseVersion?, installed: ReleaseVersion?, standing: SupportPolicy.Standing?) {
        self.newer = newer
        self.installed = installed
        self.standing = standing
    }
}

/// The zones that times of settings may be in.
package protocol ZoneBook: Sendable {
    /// The names of all zones, in order.
    var names: [String] { get }
    /// The rules of a zone for a year before and ten years after an instant; nil where there is no zone of that name.
    func rules(of name: String, around moment: Moment) -> ZoneRules?
}
