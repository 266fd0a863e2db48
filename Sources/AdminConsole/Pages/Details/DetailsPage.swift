import Reports
import UpgradeEngine
import UpgradeModel

/// What the page of a run shows.
struct DetailsPage {
    struct StepRow {
        var name: String
        var state: String
        var words: String
        /// How long it took; of a running one since when it runs.
        var time: String?
        var since: When?
        var expected: String?
        var boundary: String?
    }

    struct HopPanel {
        var heading: String
        var steps: [StepRow]
    }

    /// What is going on, or how it ended.
    struct Now {
        var message: Prose
        /// The part of the whole run that is done, in thousandths.
        var done: Int
        var percent: String
        var left: String
        var tone: String
    }

    struct Reason {
        var heading: String
        var message: Prose
        var changed: String
        var remedy: Prose
        var tone: String
        var code: String
    }

    struct Line {
        var id: Int64
        var iso: String
        var clock: String
        var message: String
        var tone: String
    }

    struct Log {
        var name: String
        var text: String
        /// What is said of a beginning that is left out.
        var cut: String?
    }

    /// What a report for whoever gives support has beyond the page.
    struct Evidence {
        var tools: [Log]
        /// What is said where there are none.
        var none: String
        var json: String
        var writtenBy: String
    }

    var id: String
    var path: String
    var heading: String
    var badge: Badge
    var startedBy: String
    var startedAt: When?
    var endedAt: When?
    var took: String?
    var backup: String?
    var restored: String?
    var replaced: [String]
    var hasReplaced: Bool
    var hops: [HopPanel]
    var now: Now
    var reason: Reason?
    var hop: String
    var mayRetry: Bool
    var others: [String]
    var hasOthers: Bool
    var mayRestore: Bool
    var mayAbort: Bool
    /// Whether it waits for a decision.
    var isWaiting: Bool
    /// Whether it is at work and can still be stopped.
    var isAbortable: Bool
    /// What somebody has decided and nobody has taken up yet.
    var decision: String?
    /// What is said where it cannot.
    var standing: String
    /// What aborting does now.
    var abortWords: String
    var isLive: Bool
    var lines: [Line]
    /// What is said where not every line is among them; of a report, which has no progress.
    var isCut: Bool
    var leftOut: String?
    var logs: [Log]
    /// Why the logs are not shown.
    var withheld: Prose?
    /// What runs now; nil for a run that others have followed.
    var containers: ServicesPanel?
    /// Nil for the page.
    var evidence: Evidence?
    /// The newest event on the page: the stream goes on after it.
    var last: Int64

    init(
        _ run: RunReport,
        events: [EventReport],
        logs: [LogTail],
        others: [String],
        now moment: Moment
    ) {
        id = run.id
        path = "/runs/\(run.id)"
        heading = Words.title(of: run)
        badge = .run(run.state, carried: run.carried)
        startedBy = run.startedBy
        startedAt = When(run.startedAt)
        endedAt = When(run.endedAt)
        took = Moment(run.startedAt).flatMap { start in
            run.endedAt.flatMap { Moment($0) }.map { TextLayout.duration(start.seconds(to: $0)) }
        }
        backup = run.backup
        restored = run.restored
        replaced = run.replaced
        hasReplaced = !run.replaced.isEmpty
        hops = Self.panels(run)
        now = Self.now(run, events)
        reason = Self.reason(run)
        hop = run.hop ?? run.to
        mayRetry = run.choices.contains("retry")
        self.others = others
        hasOthers = !others.isEmpty && run.choices.contains("retry") && run.restored == nil
        mayRestore = run.choices.contains("restore")
        mayAbort = run.choices.contains("abort")
        // One decision at a time.
        isWaiting = run.state == "needs-operator" && run.decision == nil
        isAbortable = mayAbort && run.state != "needs-operator" && run.decision == nil
        decision = run.decision.map(Self.decision)
        standing =
            isWaiting
            ? "Nothing happens until somebody decides."
            : run.pastPointOfNoReturn
                ? "Past the point of no return: it only goes forward." : "It cannot be stopped just now."
        abortWords =
            run.pastPointOfNoReturn
            ? "Gives the restore up: what it has restored is discarded, and the upgrade that failed waits again."
            : "Before the point of no return: it can be stopped, and everything is put back."
        isLive = run.endedAt == nil
        lines = events.map(Self.line)
        let missing = run.events - events.count
        isCut = missing > 0
        leftOut =
            missing > 0
            ? Words.count(missing, "line of progress is", "lines of progress are")
                + " left out; the log of the run in the Admin Console has every one." : nil
        self.logs = logs.map { Log(name: $0.name, text: $0.text, cut: Self.cut($0)) }
        last = events.last?.id ?? 0
    }

    /// What is said of a tool's log whose beginning is left out.
    static func cut(_ log: LogTail) -> String? {
        guard log.omittedBytes > 0 else { return nil }
        return "\(TextLayout.size(Int64(log.omittedBytes))) before this are left out; "
            + "the whole log is in the run's folder on Pawl's machine."
    }

    private static func decision(_ choice: String) -> String {
        let what =
            switch UpgradeMachine.Choice(rawValue: choice) {
            case .retry?: "to go on"
            case .restore?: "to restore a backup"
            case .abort?, nil: "to abort"
            }
        return "It was decided \(what). That is taken up as soon as nobody else is at work on the installation."
    }

    private static func panels(_ run: RunReport) -> [HopPanel] {
        run.hops.enumerated().map { index, hop in
            HopPanel(
                heading: run.kind == "restore"
                    ? "Restore \(hop)" : run.hops.count == 1 ? hop : "Hop \(index + 1) of \(run.hops.count): \(hop)",
                steps: run.steps.filter { $0.hop == hop }.map { row($0, of: run) }
            )
        }
    }

    private static func row(_ step: RunReport.StepRow, of run: RunReport) -> StepRow {
        let words =
            switch step.state {
            case "done": "done"
            case "running": run.state == "needs-operator" || run.carried == false ? "stopped" : "running"
            case "failed": "failed"
            default: "waiting"
            }
        let isBoundary = run.kind == "upgrade" && step.name == Step.verify.rawValue
        let isPassed = run.hasPassedPointOfNoReturn(of: step.hop)
        return StepRow(
            name: Step(rawValue: step.name)?.title ?? step.name,
            state: step.state,
            words: words,
            time: step.state == "running" ? nil : step.seconds.map { TextLayout.duration($0) },
            since: step.state == "running" ? When(step.startedAt) : nil,
            expected: step.state == "done" ? nil : step.expectedSeconds.map { "usually " + TextLayout.duration($0) },
            boundary: isBoundary ? (isPassed ? "Point of no return: passed" : "Point of no return") : nil
        )
    }

    private static func now(_ run: RunReport, _ events: [EventReport]) -> Now {
        // A step that nobody has measured yet weighs as much as a middling one.
        let known = run.steps.compactMap { $0.state == "done" ? $0.seconds : $0.expectedSeconds }.sorted()
        let middling = known.isEmpty ? 1 : max(known[known.count / 2], 0.1)
        var done = 0.0
        var total = 0.0
        var left = 0.0
        var isMeasured = true
        for step in run.steps {
            let expected = step.state == "done" ? step.seconds ?? middling : step.expectedSeconds
            let weight = max(expected ?? middling, 0.1)
            total += weight
            switch step.state {
            case "done": done += weight
            default:
                if expected == nil { isMeasured = false }
                let spent = step.state == "running" ? min(step.seconds ?? 0, weight * 0.95) : 0
                done += spent
                left += weight - spent
            }
        }
        let hasEnded = run.endedAt != nil
        let part = ["succeeded", "restored"].contains(run.state) ? 1 : total > 0 ? min(done / total, 0.99) : 0
        let leftWords =
            hasEnded || run.carried == false || run.puttingBack
            ? ""
            : run.state == "needs-operator"
                ? (run.decision == nil ? "It waits for your decision." : "")
                : isMeasured
                    ? "About \(TextLayout.duration(left * 0.7)) to \(TextLayout.duration(left * 1.5)) left."
                    : "How long it takes is not known: not every step was measured here before."
        return Now(
            message: Prose(message(run, events)),
            done: Int(part * 1000),
            percent: "\(Int(part * 100)) %",
            left: leftWords,
            tone: Badge.run(run.state, carried: run.carried).tone
        )
    }

    private static func message(_ run: RunReport, _ events: [EventReport]) -> String {
        if run.carried == false {
            let since = events.last.map { "; the last that was heard of it is of \($0.at)" }
            let next = run.reason == nil ? " It is gone on with by itself within a minute, or by `pawl resume`." : ""
            return "Nobody carries it\(since ?? "")." + next
        }
        switch run.state {
        case "succeeded": return "\(run.to) is healthy."
        case "restored":
            let standing = run.inPlace ? "runs" : "is healthy"
            return "\(run.hop ?? run.to) \(standing), with the databases of \(run.restored ?? "the backup")."
        case "refused", "aborted": return run.giveUpWords + "."
        case "needs-operator":
            return run.cannotPutBack
                ? "Putting back has failed: services may stand still." : "It has stopped where it is safe."
        default:
            let quiet: Set<String> = [EventView.Kind.taken.rawValue, EventView.Kind.declined.rawValue]
            return run.progress ?? events.last { !quiet.contains($0.kind) }?.message ?? "It begins."
        }
    }

    private static func reason(_ run: RunReport) -> Reason? {
        run.reason.map { reason in
            let heading =
                switch run.state {
                case "needs-operator": "It needs your decision"
                case "refused": "Why it was refused"
                default: run.puttingBack ? "Why it is given up" : "What went wrong"
                }
            return Reason(
                heading: heading,
                message: Prose(reason.message),
                changed: changed(run, reason),
                remedy: Prose(reason.remedy),
                tone: run.state == "needs-operator" ? "bad" : "warn",
                code: "\(reason.code), \(reason.blame)"
            )
        }
    }

    private static func changed(_ run: RunReport, _ reason: RunReport.Reason) -> String {
        if run.puttingBack { return "What was changed is being put back." }
        if run.endedAt != nil, let before = run.deployedBefore {
            return "\(before) was deployed by this run and stays. Of the release after it nothing was changed, "
                + "or everything was put back."
        }
        return reason.changed
            ? "Something was changed and not put back." : "Nothing was changed, or everything was put back."
    }

    private static func line(_ event: EventReport) -> Line {
        let tone =
            switch EventView.Kind(rawValue: event.kind) {
            case .effectFailed, .effectRefused: "bad"
            case .declined, .abortRequested, .restoreRequested, .retryRequested: "warn"
            default: ""
            }
        return Line(
            id: event.id,
            iso: event.at.prefix(19) + "Z",
            clock: String(event.at.dropFirst(11).prefix(8)),
            message: TextLayout.plain(event.message),
            tone: tone
        )
    }
}
