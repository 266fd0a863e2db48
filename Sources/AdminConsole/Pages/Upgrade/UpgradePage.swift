import Reports
import UpgradeModel

/// What the page of an upgrade shows before it begins.
struct UpgradePage {
    struct Notes {
        var version: String
        var notes: NotesText?
    }

    /// A step of every hop, and what it means for those who use the application.
    struct StepRow {
        var number: Int
        var name: String
        var words: String
        var isBoundary: Bool
    }

    /// That no maintenance window is open, and when the next one opens.
    struct ClosedWindow {
        var opens: When?
    }

    /// The findings that ended alike.
    struct Group {
        /// By which the page knows it again when there is more of it.
        var key: String
        var heading: String
        var tone: String
        var isOpen: Bool
        var findings: [FindingLine]
    }

    struct Disk {
        var fileSystem: String
        var needed: String
        var free: String
    }

    /// The checks, and what was found out beside them.
    struct Checks {
        var isRunning = false
        /// What is looked at now, and how far that is.
        var looking: String?
        var lookedAt: Int?
        var toLookAt: Int?
        var isDone = false
        var since: When?
        var at: When?
        var badge: Badge?
        /// How they stand, in a sentence that is said when it is another.
        var said = "They were not run yet."
        var verdict: String?
        var groups: [Group] = []
        var trouble: Prose?
        var remedy: Prose?
        var duration: String?
        var downtime: String?
        var backup: String?
        var disk: [Disk] = []
        var commands: String?
        /// Whether they let an upgrade begin.
        var allow = false

        init(_ standing: LookRoom<DryRunReport>.Standing) {
            switch standing {
            case .never: break
            case .running(let moment, let progress):
                isRunning = true
                since = When(moment)
                badge = Badge(words: "Running", tone: "info")
                said = "They are about to begin."
                if let progress { take(progress) }
            case .failed(let why, let moment):
                at = When(moment)
                badge = Badge(words: "Could not be done", tone: "bad")
                said = "The checks could not be done."
                trouble = Prose(why.message)
                remedy = Prose(why.remedy)
            case .done(let report, let moment):
                isDone = true
                at = When(moment)
                take(report)
            }
        }

        /// Only what the checks have found, when they were run.
        init(_ preflight: PreflightDocument, at moment: Moment) {
            isDone = true
            at = When(moment)
            take(preflight)
        }

        private mutating func take(_ progress: LookProgress) {
            lookedAt = progress.done
            toLookAt = Look.allCases.count
            looking = """
                Looking at \(progress.words): \(progress.done + 1) of \(Look.allCases.count); \
                \(Words.count(progress.outstanding, "check", "checks")) to come
                """
            said = looking ?? said
            groups = FindingLine.groups(progress.findings.map(PreflightDocument.FindingRow.init))
        }

        private mutating func take(_ preflight: PreflightDocument) {
            allow = preflight.outcome != "fail"
            let blocking = preflight.findings.count(where: \.blocking)
            switch preflight.outcome {
            case "pass":
                badge = Badge(words: "All passed", tone: "ok")
                verdict = "All checks passed."
            case "warn":
                badge = Badge(words: "Passed with warnings", tone: "warn")
                verdict = "No check keeps the upgrade from starting; some have warnings."
            default:
                badge = Badge(words: "Blocked", tone: "bad")
                verdict =
                    "\(Words.count(blocking, "check keeps", "checks keep")) the upgrade from starting. Nothing was changed."
            }
            said = verdict ?? said
            groups = FindingLine.groups(preflight.findings)
        }

        private mutating func take(_ report: DryRunReport) {
            take(report.preflight)
            duration = report.durationSeconds?.words
            downtime = report.downtimeSeconds?.words
            backup = report.backup?.words
            disk = report.disk.map {
                Disk(
                    fileSystem: $0.fileSystem,
                    needed: TextLayout.size($0.neededBytes),
                    free: TextLayout.size($0.freeBytes)
                )
            }
            let lines = report.commands.map { "\($0.hop)  \($0.step)  \($0.argv.joined(separator: " "))" }
            commands = lines.isEmpty ? nil : lines.joined(separator: "\n")
        }
    }

    struct OpenRun {
        var path: String
        var words: String
        var state: Badge
    }

    var way: Way
    var isOpen: Bool
    var rest: String?
    var goal: String
    var hopCount: String
    var steps: [StepRow]
    var notes: [Notes]
    var checks: Checks
    var open: OpenRun?
    var problem: Prose?
    /// Where there are maintenance windows and none is open.
    var closedWindow: ClosedWindow?
    /// Whether *Deploy* is offered.
    var mayDeploy: Bool
    /// Why it is not, or that nothing is in the way.
    var standing: String

    init(_ way: Way, notes: [Notes], checks: Checks, open run: RunReport?, problem: String?) {
        self.way = way
        isOpen = way.isOpen
        rest = way.rest
        goal = way.to
        hopCount = Words.count(way.stops.count, "hop", "hops")
        steps = Self.steps
        self.notes = notes
        self.checks = checks
        self.problem = problem.map { Prose($0) }
        open = run.map {
            OpenRun(path: "/runs/\($0.id)", words: Words.title(of: $0), state: .run($0.state, carried: $0.carried))
        }
        mayDeploy = way.isOpen && checks.allow && run == nil
        standing =
            mayDeploy
            ? "Nothing keeps it from beginning."
            : run != nil
                ? "Another run has not ended; only one can be at work."
                : checks.isRunning
                    ? "The checks are still running."
                    : checks.isDone
                        ? "What the checks found must be put right first; then run them again."
                        : "The checks must be run first."
    }

    private static let steps: [StepRow] = {
        let words: [(Step, String)] = [
            (.preflight, "Everything is looked at once more, and the release is brought here. The application runs."),
            (.quiesce, "The services that write are stopped. From here on the application stands still."),
            (.backup, "Every metadata database, the configuration and the keys are written to a backup set."),
            (
                .verify,
                "The backup is restored into a scratch server, and every table is compared. No proof, no deploy."
            ),
            (.deploy, "The old services are removed, and the new release takes its place on disk."),
            (.migrate, "The release's own migrations change the databases."),
            (.settle, "The new release is started, and Pawl waits until it really serves."),
        ]
        return words.enumerated().map { index, row in
            StepRow(number: index + 1, name: row.0.title, words: row.1, isBoundary: row.0 == .verify)
        }
    }()
}

/// What one check found, for a page.
struct FindingLine {
    var heading: String
    var message: Prose
    var remedy: Prose?
    var tone: String

    /// Findings by how they ended, the worst first.
    static func groups(_ findings: [PreflightDocument.FindingRow]) -> [UpgradePage.Group] {
        let kinds: [(outcome: String, heading: String, tone: String)] = [
            ("fail", "Failed: in the way", "bad"), ("error", "Could not be checked: in the way", "bad"),
            ("warn", "Warnings: not in the way", "warn"), ("pass", "Passed", "ok"),
        ]
        return kinds.compactMap { kind in
            let findings = findings.filter { $0.outcome == kind.outcome }
            guard !findings.isEmpty else { return nil }
            return UpgradePage.Group(
                key: kind.outcome,
                heading: "\(kind.heading) (\(findings.count))",
                tone: kind.tone,
                isOpen: kind.outcome != "pass",
                findings: findings.map {
                    FindingLine(
                        heading: $0.title,
                        message: Prose($0.message),
                        remedy: $0.remedy.map { Prose($0) },
                        tone: kind.tone
                    )
                }
            )
        }
    }
}
