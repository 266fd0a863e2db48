/// What somebody may want to be told of.
package enum NoticeKind: String, Sendable, Codable, Hashable, CaseIterable {
    case newVersion = "new-version"
    case supportEnds = "support-ends"
    case runStarted = "run-started"
    case runSucceeded = "run-succeeded"
    case runRestored = "run-restored"
    case needsOperator = "run-needs-operator"
    case runAborted = "run-aborted"
    case runRefused = "run-refused"
    case backupNotProven = "backup-not-proven"
    /// A run goes on no more, though it waits for nobody.
    case runStuck = "run-stuck"
    case jobFailed = "job-failed"
    case checkFailing = "check-failing"
    /// Somebody has pressed the test button. Goes to one channel, whatever it is told of.
    case test

    /// The kinds that a channel can choose.
    package static let choices = allCases.filter { $0 != .test }

    /// The kind that a channel is told of with this one, also where it was set up before this one was known.
    package var broader: NoticeKind? {
        switch self {
        case .backupNotProven: .runAborted
        case .runStuck: .needsOperator
        case .jobFailed: .backupNotProven
        default: nil
        }
    }

    /// Whether it is told of for as long as it holds, not when it happens: a channel that is new is told as well.
    package var lasts: Bool { [.newVersion, .supportEnds, .checkFailing].contains(self) }

    /// In words, for whoever chooses.
    package var title: String {
        switch self {
        case .newVersion: "New version available"
        case .supportEnds: "Support ends in 90, 30 or 7 days, or has ended"
        case .runStarted: "Run started"
        case .runSucceeded: "Run succeeded"
        case .runRestored: "Run ended with a restore"
        case .needsOperator: "Run needs an operator"
        case .runAborted: "Run aborted, everything put back"
        case .runRefused: "Run refused, nothing tried"
        case .backupNotProven: "Backup not proven"
        case .runStuck: "Run stands still, nobody can carry it on"
        case .jobFailed: "Backup or proof that was asked for in the console failed"
        case .checkFailing: "Checking for updates fails repeatedly"
        case .test: "Test"
        }
    }
}

/// Something to be told. What it says is plain text.
package struct Notice: Sendable, Codable, Hashable {
    /// The same for the same thing, however often it is noticed: whoever gets one twice can tell.
    package var id: String
    /// What it is about.
    package var kind: NoticeKind
    /// When it happened.
    package var at: Moment
    /// What the installation is called.
    package var installation: String
    /// One line.
    package var title: String
    /// What was seen and what to do, in whole sentences.
    package var message: String
    /// The run, where it is about one.
    package var run: RunID?
    /// The release that it is about.
    package var release: ReleaseVersion?

    /// Puts a notice together.
    package init(
        id: String,
        kind: NoticeKind,
        at: Moment,
        installation: String,
        title: String,
        message: String,
        run: RunID? = nil,
        release: ReleaseVersion? = nil
    ) {
        self.id = id
        self.kind = kind
        self.at = at
        self.installation = installation
        self.title = title
        self.message = message
        self.run = run
        self.release = release
    }

    /// How long something stays worth telling, in seconds: what happened earlier while nobody could tell it is left out.
    package static let lifetime = 24.0 * 3600
}

/// How often something is tried again that could not be sent.
package enum Resending {
    /// Seconds from one attempt to the next.
    package static let pauses = [30, 120, 600, 3600, 4 * 3600, 12 * 3600]

    /// When to try again after so many attempts; nil where it is to be given up.
    package static func next(after attempts: Int, at now: Moment) -> Moment? {
        guard attempts <= pauses.count else { return nil }
        return Moment(wholeSeconds: now.wholeSeconds + pauses[max(attempts, 1) - 1])
    }

    /// Whether an attempt is due. One that lies further ahead than any pause comes from a clock that was wrong.
    package static func isDue(_ due: Moment, at now: Moment) -> Bool {
        due <= now || due.wholeSeconds - now.wholeSeconds > (pauses.max() ?? 0)
    }
}
