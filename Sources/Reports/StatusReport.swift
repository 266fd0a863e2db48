package import UpgradeEngine
package import UpgradeModel

/// What `pawl status` prints.
package struct StatusReport: Encodable, Sendable {
    package struct Support: Encodable, Sendable {
        @Null package var status: String?
        @Null package var endsOn: String?
        @Null package var daysLeft: Int?
    }

    package struct Update: Encodable, Sendable {
        package var available: Bool
        @Null package var latest: String?
        package var hops: Int
    }

    package struct LastBackup: Encodable, Sendable {
        package var id: String
        package var createdAt: String
        package var proof: String
    }

    package struct Drift: Encodable, Sendable {
        package struct Service: Encodable, Sendable {
            package var name: String
            @Null package var version: String?
            package var otherImage: Bool
        }

        @Null package var expected: String?
        package var older: Bool
        package var services: [Service]
        /// How what runs differs from what was deployed, where versions do not say it; one clause each.
        package var remarks: [String]
    }

    package struct WayBack: Encodable, Sendable {
        package var seconds: Double
        @Null package var provenAt: String?
    }

    package struct Run: Encodable, Sendable {
        package var id: String
        package var state: String
        @Null package var step: String?
        @Null package var hop: String?
        package var startedAt: String
        /// Whether somebody is at work on it; nil where it waits for a person.
        @Null package var carried: Bool?
    }

    package var product: String
    package var deployment: String
    @Null package var installed: InstalledReport?
    /// Whether any of its services runs; nil where that cannot be told.
    @Null package var running: Bool?
    @Null package var support: Support?
    @Null package var update: Update?
    @Null package var lastBackup: LastBackup?
    @Null package var highWaterMark: String?
    @Null package var drift: Drift?
    @Null package var wayBack: WayBack?
    @Null package var run: Run?
    /// When the source is asked, by a console that is served; nil where it cannot be told.
    @Null package var checks: AutomationReport.Checks?
    /// When upgrades are meant to begin; nil where it cannot be told.
    @Null package var windows: AutomationReport.Windows?
    /// What an operator should know now, each a sentence.
    package var notices: [String]
    package var supportContact: String?

    /// The facts that the report is made of.
    package struct Facts: Sendable {
        package var product: Product
        package var deployment: DeploymentKind
        package var installed: ReleaseVersion?
        package var drifted: [DriftedService]
        /// How what runs differs from what was deployed, where versions do not say it; one clause each.
        package var drift: [String] = []
        /// The version of the chart that was installed; nil where there is none.
        package var chartVersion: ReleaseVersion?
        package var isRunning: Bool
        package var catalog: Catalog?
        package var plan: UpgradePlan?
        package var today: Day
        package var sets: [ListedSet]
        package var highWaterMark: ReleaseVersion?
        package var run: RunView?
        package var troubles: [Trouble]
        /// Recipients of new sets for whom nobody has shown yet that they can decrypt.
        package var unshownRecipients: [String] = []
        /// How long a restore takes; nil where no set is proven.
        package var wayBack: UpgradeModel.WayBack?
        /// Databases that a restore has replaced and that are still there.
        package var replaced: [String] = []
        /// How the things stand that consoles do by themselves; nil where it cannot be told.
        package var automation: AutomationFacts?

        /// Puts the facts together; lists of sets newest first, a run only where it has not ended.
        package init(
            product: Product,
            deployment: DeploymentKind,
            installed: ReleaseVersion?,
            drifted: [DriftedService],
            isRunning: Bool,
            catalog: Catalog?,
            plan: UpgradePlan?,
            today: Day,
            sets: [ListedSet],
            highWaterMark: ReleaseVersion?,
            run: RunView?,
            troubles: [Trouble]
        ) {
            self.product = product
            self.deployment = deployment
            self.installed = installed
            self.drifted = drifted
            self.isRunning = isRunning
            self.catalog = catalog
            self.plan = plan
            self.today = today
            self.sets = sets
            self.highWaterMark = highWaterMark
            self.run = run
            self.troubles = troubles
        }
    }

    /// Reports where an installation stands.
    package init(_ facts: Facts) {
        product = facts.product.name
        deployment = facts.deployment.rawValue
        installed = facts.installed.map { InstalledReport($0, chart: facts.chartVersion, in: facts.catalog) }
        running = facts.installed.map { _ in facts.isRunning }
        let released = facts.installed.flatMap { facts.catalog?.release($0)?.releasedAt }
        let policy = facts.product.supportWindow
        let standing = released.flatMap { policy.standing(releasedAt: $0, on: facts.today) }
        support = Support(
            status: standing?.status.rawValue,
            endsOn: standing?.endsOn.description,
            daysLeft: standing?.daysLeft
        )
        let newest = facts.catalog?.newest(for: facts.deployment)?.version
        let isNewer = newest.flatMap { newest in facts.installed.map { $0 < newest } } ?? false
        update = Update(
            available: isNewer,
            latest: newest?.description,
            hops: facts.plan?.hops.count ?? 0
        )
        lastBackup = facts.sets.first.map {
            LastBackup(
                id: $0.id.description,
                createdAt: $0.summary.createdAt.description,
                proof: $0.summary.proof.state.rawValue
            )
        }
        highWaterMark = facts.highWaterMark?.description
        let isOlder = facts.highWaterMark.flatMap { mark in facts.installed.map { $0 < mark } } ?? false
        let isOpen = facts.run != nil
        drift =
            facts.drifted.isEmpty && (isOpen || facts.drift.isEmpty) && (!isOlder || isOpen)
            ? nil
            : Drift(
                expected: (facts.highWaterMark ?? facts.installed)?.description,
                older: isOlder,
                services: facts.drifted.map {
                    Drift.Service(
                        name: $0.name,
                        version: $0.version?.description,
                        otherImage: $0.isOtherImage
                    )
                },
                remarks: facts.drift
            )
        wayBack = facts.wayBack.map { WayBack(seconds: $0.seconds, provenAt: $0.provenAt?.description) }
        run = facts.run.map {
            Run(
                id: $0.request.id.description,
                state: $0.machine.phase.rawValue,
                step: $0.step?.rawValue,
                hop: $0.machine.hop?.target.description,
                startedAt: $0.request.startedAt.description,
                carried: $0.standing.isCarried
            )
        }
        let automation = facts.automation.map { AutomationReport($0) }
        checks = automation?.checks
        windows = automation?.windows
        notices = facts.troubles.map { "\($0.message) \($0.remedy)" }
        if !facts.replaced.isEmpty {
            notices.append(
                "A restore has replaced databases; they are kept until you drop them: "
                    + facts.replaced.joined(separator: ", ") + "."
            )
        }
        if let standing { notices += Self.notices(standing, facts) }
        if !facts.isRunning, facts.installed != nil { notices.append("The installation is not running.") }
        notices += facts.unshownRecipients.map {
            "Nobody has shown yet that backups encrypted to \($0) can be decrypted. Show it once: "
                + "`pawl backup verify SET --identity FILE`."
        }
        supportContact = [facts.product.support.contact, facts.product.support.url].compactMap { $0 }
            .joined(separator: ", ")
    }

    private static func notices(_ standing: SupportPolicy.Standing, _ facts: Facts) -> [String] {
        switch standing.status {
        case .unsupported:
            ["Support for this release ended on \(standing.endsOn). Upgrade: `pawl plan` shows the way."]
        case .expiring:
            standing.notice.map { _ in
                ["Support for this release ends on \(standing.endsOn), in \(standing.daysLeft) days. Upgrade before."]
            } ?? []
        case .supported: []
        }
    }

    /// What comes by itself, and when an upgrade is meant to begin.
    private static func rows(_ checks: AutomationReport.Checks?, _ windows: AutomationReport.Windows?) -> [[String]] {
        var rows: [[String]] = []
        if let checks {
            let next = checks.next.map { "\($0.at), by a console that is served (\(checks.schedule), \(checks.zone))" }
            rows.append(["Next check", next ?? "none by itself (\(checks.schedule))"])
        }
        if let windows {
            let next = windows.next.map { "from \($0.from) to \($0.to)" }
            rows.append([
                "Window",
                !windows.configured
                    ? "none is set; upgrades may begin at any time"
                    : windows.opening.map { "open until \($0.to)" + (next.map { ", then \($0)" } ?? "") }
                        ?? next.map { "closed; the next is \($0)" } ?? "closed, and none is to come",
            ])
        }
        return rows
    }

    /// The status for a terminal.
    package var text: String {
        var rows: [[String]] = []
        rows.append(["Product", "\(product), \(deployment)"])
        rows.append([
            "Installed",
            installed.map { $0.version + ($0.releasedAt.map { ", released \($0)" } ?? "") }
                ?? "nothing that can be told",
        ])
        if let endsOn = support?.endsOn, let days = support?.daysLeft {
            rows.append(["Support", days < 0 ? "ended on \(endsOn)" : "until \(endsOn), \(days) days left"])
        }
        if let update {
            rows.append([
                "Update",
                update.available
                    ? "New version available: \(update.latest ?? "")"
                        + (update.hops > 0
                            ? ", \(update.hops) \(update.hops == 1 ? "hop" : "hops") away" : ", see `pawl plan`")
                    : update.latest == nil || installed == nil ? "unknown" : "Up to date",
            ])
        }
        rows.append(["Last backup", lastBackup.map { "\($0.id), \($0.proof)" } ?? "none"])
        if let wayBack {
            let day = wayBack.provenAt.map { ", last proven on \($0.prefix(10))" } ?? ""
            rows.append(["Way back", "a restore takes about \(TextLayout.duration(wayBack.seconds))\(day)"])
        }
        if let run {
            let carrier = run.carried == false ? "; nobody carries it: `pawl resume`" : ""
            rows.append([
                "Run", "\(run.id) is \(run.state)" + (run.hop.map { ", on the way to \($0)" } ?? "") + carrier,
            ])
        }
        rows += Self.rows(checks, windows)
        if let drift {
            let services = drift.services.map {
                "\($0.name) \($0.version ?? "unknown")" + ($0.otherImage ? " in another image" : "")
            }.joined(separator: ", ")
            let isMixed = drift.services.contains { !$0.otherImage }
            let isOther = drift.services.contains { $0.otherImage }
            rows.append([
                "DRIFT",
                (drift.older
                    ? "something older than \(drift.expected ?? "") runs"
                    : isMixed
                        ? "not all services run one release"
                        : isOther ? "other images run than were deployed" : "something else runs than was deployed")
                    + (services.isEmpty ? "" : ": " + services)
                    + (drift.remarks.isEmpty ? "" : "; " + drift.remarks.joined(separator: "; ")),
            ])
        }
        let table = rows.map { row in
            TextLayout.wrap(
                row[0] + String(repeating: " ", count: 14 - row[0].count) + TextLayout.plain(row[1]),
                indent: 14
            )
        }
        let words = notices.map { TextLayout.wrap("! " + TextLayout.plain($0), indent: 2) }
        let help =
            run?.state == "needs-operator" && supportContact?.isEmpty == false
            ? ["Whom to ask: \(supportContact ?? "")"] : []
        return (table + (words.isEmpty && help.isEmpty ? [] : [""]) + words + help).joined(separator: "\n")
    }
}
