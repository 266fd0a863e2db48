package import UpgradeEngine
import UpgradeModel

/// A run as every face reports it.
package struct RunReport: Encodable, Sendable {
    package struct Reason: Encodable, Sendable {
        package var blame: String
        package var code: String
        package var message: String
        package var changed: Bool
        package var remedy: String
    }

    package struct StepRow: Encodable, Sendable {
        package var name: String
        package var hop: String
        package var state: String
        @Null package var startedAt: String?
        @Null package var seconds: Double?
        @Null package var expectedSeconds: Double?
    }

    package var id: String
    package var kind: String
    package var from: String
    package var to: String
    package var hops: [String]
    package var state: String
    @Null package var hop: String?
    @Null package var step: String?
    /// The effect at work, such as `0/dump#1`.
    @Null package var effect: String?
    package var pastPointOfNoReturn: Bool
    /// The hops that have passed their point of no return, so that migrations of them may have started.
    package var hopsPassed: [String]
    /// The release of the hop before, which this run has deployed and which stays; nil in the first hop.
    @Null package var deployedBefore: String?
    /// Whether what was stopped or restored is being put back as it was.
    package var puttingBack: Bool
    package var startedAt: String
    @Null package var endedAt: String?
    package var startedBy: String
    @Null package var reason: Reason?
    package var choices: [String]
    @Null package var backup: String?
    /// The set that was or is being restored.
    @Null package var restored: String?
    /// Whether that set was restored outside of the run, which only sees and records it.
    package var inPlace: Bool
    /// The names that databases bear which a restore has replaced; they are kept until somebody drops them.
    package var replaced: [String]
    @Null package var progress: String?
    package var steps: [StepRow]
    package var events: Int
    /// Whether somebody is at work on it; nil where it has ended or waits for a person.
    @Null package var carried: Bool?
    /// What somebody has decided and nobody has taken up yet: `retry`, `restore` or `abort`.
    @Null package var decision: String?

    /// Reports a run.
    package init(_ view: RunView) {
        let machine = view.machine
        id = view.request.id.description
        kind = view.request.plan.restore == nil ? "upgrade" : "restore"
        from = view.request.plan.from.description
        to = machine.plan.hops.last?.description ?? from
        hops = machine.plan.hops.map(\.description)
        state = machine.phase.rawValue
        hop = machine.hop?.target.description
        step = [.succeeded, .restored].contains(machine.phase) ? nil : view.step?.rawValue
        effect = machine.pending?.identity
        pastPointOfNoReturn = machine.isPastPointOfNoReturn
        hopsPassed = view.hopsPassed.map(\.description)
        deployedBefore = machine.deployedBefore?.description
        puttingBack = machine.isPuttingBack
        startedAt = view.request.startedAt.description
        endedAt = view.endedAt?.description
        startedBy = view.request.startedBy
        reason = (machine.reason ?? view.standing.obstacle).map {
            Reason(
                blame: $0.blame.rawValue,
                code: $0.code,
                message: $0.message,
                // What the run has done counts, not only what the effect did that failed.
                changed: machine.hasChanged,
                remedy: $0.remedy
            )
        }
        choices = machine.choices.map(\.rawValue)
        backup = (view.request.plan.restore?.set ?? view.backup)?.description
        restored = view.restored?.description
        inPlace = view.isInPlace
        replaced = view.replaced
        progress = view.progress?.message
        steps = view.steps.map { step in
            StepRow(
                name: step.step.rawValue,
                hop: step.hop.description,
                state: step.state.rawValue,
                startedAt: step.startedAt?.description,
                seconds: step.seconds,
                expectedSeconds: step.expectedSeconds
            )
        }
        events = view.events
        carried = view.standing.isCarried
        decision = view.standing.decision?.choice.rawValue
    }

    /// The timeline for a terminal: one line a step, then how it stands and what can be done.
    package var text: String {
        var lines = [
            TextLayout.wrap(
                kind == "restore"
                    ? "Run \(id): restore of \(backup ?? "a set")"
                    : "Run \(id): \(from) → \(hops.joined(separator: " → "))",
                indent: 4
            ),
            TextLayout.wrap("Started by \(startedBy) at \(startedAt.prefix(19))Z", indent: 4),
        ]
        for hop in hops {
            lines.append("\n\(hop)")
            for step in steps where step.hop == hop {
                let title = Step(rawValue: step.name)?.title ?? step.name
                let mark =
                    switch step.state {
                    case "done": "✓"
                    case "failed": "✗"
                    case "running": "▸"
                    default: "·"
                    }
                let time = step.seconds.map { TextLayout.duration($0) } ?? ""
                let line = "  \(mark) \(title)"
                lines.append(time.isEmpty ? line : line + String(repeating: " ", count: max(1, 30 - line.count)) + time)
                if step.name == Step.verify.rawValue, hasPassedPointOfNoReturn(of: hop) {
                    lines.append("    ── point of no return ──")
                }
            }
        }
        lines.append("")
        lines.append(standing)
        return lines.joined(separator: "\n")
    }

    /// Whether migrations of a hop may have started, now or earlier in the run.
    package func hasPassedPointOfNoReturn(of hop: String) -> Bool {
        kind == "upgrade" && (hopsPassed.contains(hop) || pastPointOfNoReturn && hop == self.hop)
    }

    /// What has become of a run that was refused or aborted.
    package var giveUpWords: String {
        let hop = hop ?? to
        return switch (state, deployedBefore) {
        case ("refused", nil): "Refused, nothing was tried"
        case ("refused", let before?): "\(before) is deployed and stays; \(hop) was refused, nothing of it was tried"
        case (_, nil): "Aborted, everything was put back"
        case (_, let before?): "\(before) is deployed and stays; \(hop) was aborted, all of it was put back"
        }
    }

    /// Whether putting back has failed, so that nothing else can be done than to try it again.
    package var cannotPutBack: Bool { state == "needs-operator" && choices == ["abort"] }

    private var standing: String {
        switch state {
        case "succeeded": return "Succeeded: \(to) is healthy."
        case "restored":
            let kept =
                replaced.isEmpty
                ? ""
                : "\nThe databases that it replaced are kept until you drop them:\n  "
                    + replaced.joined(separator: "\n  ")
            return "Restored: \(hop ?? to) \(inPlace ? "runs" : "is healthy"), with the databases of "
                + (restored ?? "the backup") + (inPlace ? ", as they were found." : ".") + kept
        case "refused", "aborted":
            return reason.map { TextLayout.wrap("\(giveUpWords): \($0.message)") + "\n" + TextLayout.wrap($0.remedy) }
                ?? giveUpWords
        case "needs-operator":
            var text =
                reason.map { TextLayout.wrap("It needs you: \($0.message)") + "\n" + TextLayout.wrap($0.remedy) } ?? ""
            if choices.contains("retry") {
                text += "\n\nSafe to do now:\n  pawl retry              go on with \(hop ?? to)"
                if choices.contains("restore"), restored == nil {
                    text += "\n  pawl retry --to RELEASE go on with a newer, corrected release"
                }
            }
            if choices.contains("restore"), restored != nil {
                text += "\n  pawl restore --backup SET\n                          bring another backup set back instead"
            } else if choices.contains("restore"), let backup {
                text +=
                    "\n  pawl restore --backup \(backup)\n                          go back to the backup from before this hop"
                text += "\n  pawl restore --backup \(backup) --in-place" + Self.inPlaceAdvice
            }
            if choices.contains("abort") {
                text += "\n\nPutting back has failed: services may stand still."
                text += "\nSafe to do now:\n  pawl abort   try again to put everything back as it was"
            }
            return text
        default:
            guard carried != false else {
                return "It is \(state), and nobody carries it. Go on with it: `pawl resume`."
            }
            let now = progress.map { ": " + TextLayout.plain($0) } ?? "."
            guard puttingBack, let reason else { return "It is \(state)" + now }
            return TextLayout.wrap("It is given up: \(reason.message)") + "\nWhat it has changed is being put back"
                + now
        }
    }

    /// What there is to say of a restore that no run makes.
    private static let inPlaceAdvice = """

                                  once you have brought it back yourself, by --into or
                                  by hand, and its release runs; from when you begin
                                  with that until then neither retry nor upgrade
        """

    /// What the end of the run means for whoever waited for it.
    package static func exit(of view: RunView) -> ExitStatus {
        switch view.machine.phase {
        case .succeeded, .restored: return .done
        case .needsOperator: return .needsOperator
        case .refused: return .refused
        case .aborted:
            if view.machine.reason?.code == "backup-not-proven" { return .refused }
            return switch view.machine.reason?.blame {
            case .environment: .environment
            case .internal: .internalError
            case .operator, .release, nil: .refused
            }
        case .planned, .preflight, .quiescing, .backingUp, .verifying, .migrating, .settling, .restoring: return .done
        }
    }
}

/// One event of a run's stream.
package struct EventReport: Encodable, Sendable {
    package struct Body: Encodable, Sendable {
        @Null package var effect: String?
        @Null package var fraction: Double?
        @Null package var code: String?
        @Null package var changed: Bool?
        @Null package var remedy: String?
    }

    package var id: Int64
    package var at: String
    package var run: String
    @Null package var hop: String?
    @Null package var step: String?
    package var kind: String
    package var message: String
    @Null package var data: Body?

    /// Reports an event.
    package init(_ event: EventView) {
        id = event.id
        at = event.at.description
        run = event.run.description
        hop = event.hop?.description
        step = event.step?.rawValue
        kind = event.kind.rawValue
        message = event.message
        let isBare = event.effect == nil && event.fraction == nil && event.trouble == nil
        data =
            isBare
            ? nil
            : Body(
                effect: event.effect,
                fraction: event.fraction,
                code: event.trouble?.code,
                changed: event.trouble?.changed,
                remedy: event.trouble?.remedy
            )
    }
}

/// What `pawl history` prints, newest first.
package struct HistoryReport: Encodable, Sendable {
    package var runs: [RunReport]

    /// Reports all runs, given oldest first.
    package init(_ views: [RunView]) {
        runs = views.reversed().map { RunReport($0) }
    }

    /// The table for a terminal.
    package var text: String {
        guard !runs.isEmpty else { return "Nothing was ever run here." }
        return TextLayout.table(
            ["RUN", "FROM", "TO", "STARTED BY", "END"],
            runs.map { [$0.id, $0.from, $0.to, $0.startedBy, $0.state] }
        )
    }
}
