import Reports
import UpgradeModel

/// What the dashboard shows.
struct DashboardPage {
    struct OpenRun {
        var path: String
        var words: String
        var state: Badge
        var tone: String
        var startedAt: When?
    }

    struct Update {
        var badge: Badge
        var latest: String?
        var hops: String?
        /// Whether there is something to deploy.
        var isAvailable: Bool
    }

    /// The support of what is installed, as a bar from its release to the last day.
    struct Support {
        var badge: Badge?
        var words: String
        var policy: String?
        var tone: String
        var elapsed: Int
        var total: Int
        var from: String
        var until: String
    }

    struct Backup {
        var path: String
        var id: String
        var at: When?
        var age: String
        var proof: Badge
    }

    struct Drift {
        var words: String
        var services: [String]
    }

    var product: String
    var deployment: String
    var installed: String?
    var chart: String?
    var releasedOn: String?
    var application: Badge
    var applicationWords: String
    var update: Update
    var support: Support?
    var backup: Backup?
    var wayBack: String?
    var wayBackProvenAt: When?
    var drift: Drift?
    var notices: [Prose]
    var contact: String?
    var run: OpenRun?
    var checkedAt: When?

    init(
        _ status: StatusReport,
        title: String,
        services: ServicesPanel? = nil,
        age: Int = 0,
        checkedAt: Moment? = nil,
        ofConsole: [String] = [],
        now: Moment
    ) {
        product = title
        deployment = Self.words(of: status.deployment)
        installed = status.installed?.version
        chart = status.installed?.chartVersion
        releasedOn = status.installed?.releasedAt.map { When.day($0) }
        update = Self.update(status)
        support = Self.support(status)
        backup = status.lastBackup.map { backup in
            Backup(
                path: "/backups/\(backup.id)",
                id: backup.id,
                at: When(backup.createdAt),
                age: Moment(backup.createdAt).map { Words.age(from: $0, to: now) } ?? "",
                proof: .proof(backup.proof)
            )
        }
        wayBack = status.wayBack.map { TextLayout.duration($0.seconds) }
        wayBackProvenAt = When(status.wayBack?.provenAt)
        drift = status.drift.map(Self.drift)
        let isOld = age > Int(StatusBoard.bound.components.seconds)
        let old = "This was seen \(age) s ago: the installation does not answer now."
        notices = ((isOld ? [old] : []) + status.notices + ofConsole).map { Prose($0) }
        contact = status.supportContact?.isEmpty == false ? status.supportContact : nil
        run = status.run.map { run in
            OpenRun(
                path: "/runs/\(run.id)",
                words: run.carried == false
                    ? "Nobody carries a run that has not ended"
                    : run.state == "needs-operator" ? "A run waits for your decision" : "A run is underway",
                state: .run(run.state, carried: run.carried),
                tone: run.state == "needs-operator" || run.carried == false ? "bad" : "info",
                startedAt: When(run.startedAt)
            )
        }
        self.checkedAt = checkedAt.map { When($0) }
        (application, applicationWords) = Self.health(status, services)
    }

    private static func words(of deployment: String) -> String {
        switch deployment {
        case "single-vm": "Single VM"
        case "embedded-cluster": "Embedded cluster"
        case "orchestrated": "Orchestrated"
        default: deployment
        }
    }

    private static func health(_ status: StatusReport, _ services: ServicesPanel?) -> (Badge, String) {
        if let drift = status.drift {
            return (Badge(words: "Drift", tone: "bad"), Self.drift(drift).words)
        }
        if let run = status.run {
            return run.carried != false && run.state != "needs-operator"
                ? (Badge(words: "Changing", tone: "info"), "A run is at work; its details say what stands still.")
                : (
                    Badge(words: "Not settled", tone: "warn"),
                    "A run has not ended, and nobody is at work on it; its details say what stands still."
                )
        }
        switch status.running {
        case true?:
            return (services?.badge ?? Badge(words: "Running", tone: "ok"), services?.words ?? "Its services run.")
        case false?: return (Badge(words: "Not running", tone: "bad"), "None of its services runs.")
        case nil: return (Badge(words: "Unknown", tone: "warn"), "What runs cannot be told; a warning above says why.")
        }
    }

    private static func update(_ status: StatusReport) -> Update {
        guard let update = status.update, let latest = update.latest, status.installed != nil else {
            return Update(
                badge: Badge(words: "Unknown", tone: "quiet"),
                latest: status.update?.latest,
                isAvailable: false
            )
        }
        guard update.available else {
            return Update(badge: Badge(words: "Up to date", tone: "ok"), latest: latest, isAvailable: false)
        }
        return Update(
            badge: Badge(words: "New version available", tone: "info"),
            latest: latest,
            hops: update.hops == 0 ? nil : Words.count(update.hops, "hop", "hops") + " away",
            isAvailable: true
        )
    }

    private static func support(_ status: StatusReport) -> Support? {
        guard let endsOn = status.support?.endsOn, let days = status.support?.daysLeft,
            let released = status.installed?.releasedAt.flatMap({ Day($0) }), let end = Day(endsOn)
        else { return nil }
        let total = max(1, released.days(until: end))
        let (first, last) = (released.components, end.components)
        let months = (last.year - first.year) * 12 + last.month - first.month
        let tone =
            switch status.support?.status {
            case "unsupported": "bad"
            case "expiring": "warn"
            default: "ok"
            }
        return Support(
            badge: .support(status.support?.status),
            words: days < 0
                ? "Ended \(Words.count(-days, "day", "days")) ago"
                : days == 0 ? "Ends today" : "\(Words.count(days, "day", "days")) left",
            policy: "Each release is supported for \(Words.count(months, "month", "months")) from its release date.",
            tone: tone,
            elapsed: min(total, max(0, total - max(0, days))),
            total: total,
            from: When.words(released),
            until: When.words(end)
        )
    }

    private static func drift(_ drift: StatusReport.Drift) -> Drift {
        let isMixed = drift.services.contains { !$0.otherImage }
        let words =
            drift.older
            ? "Something older than \(drift.expected ?? "what was deployed") runs. It must not write to these databases: "
                + "stop it, then deploy the release that they belong to, or a newer one."
            : drift.services.isEmpty
                ? "What runs is not what was deployed. Find out who changed it; an upgrade puts it right."
                : isMixed
                    ? "Not all services run one release. Find out who started the others; an upgrade puts them right."
                    : "Other images run than were deployed. Find out who changed them; an upgrade puts them right."
        return Drift(
            words: words,
            services: drift.services.map { service in
                service.otherImage
                    ? "\(service.name): another image than was deployed"
                    : "\(service.name): \(service.version ?? "unknown release")"
            } + drift.remarks
        )
    }
}
