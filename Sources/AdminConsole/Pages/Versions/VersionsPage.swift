import Reports
import UpgradeModel

/// A release as lists show it.
struct ReleaseLine {
    var version: String
    var path: String
    var chart: String?
    var releasedOn: String?
    var supportEndsOn: String?
    var isInstalled: Bool
    var badges: [Badge]

    init(_ row: ReleaseRow, deployed: Set<String>) {
        self.init(
            version: row.version,
            chart: row.chartVersion,
            releasedAt: row.releasedAt,
            endsOn: row.supportEndsOn,
            isInstalled: row.installed,
            badges: Self.badges(
                installed: row.installed,
                deployed: deployed.contains(row.version),
                reachable: row.reachable,
                required: row.required,
                prerelease: row.prerelease,
                support: row.support
            )
        )
    }

    init(
        version: String,
        chart: String?,
        releasedAt: String?,
        endsOn: String?,
        isInstalled: Bool,
        badges: [Badge]
    ) {
        self.version = version
        path = "/versions/\(version)"
        self.chart = chart
        releasedOn = releasedAt.map { When.day($0) }
        supportEndsOn = endsOn.map { When.day($0) }
        self.isInstalled = isInstalled
        self.badges = badges
    }

    static func badges(
        installed: Bool,
        deployed: Bool,
        reachable: Bool,
        required: Bool,
        prerelease: Bool,
        support: String?
    ) -> [Badge] {
        var badges: [Badge] = []
        if installed { badges.append(Badge(words: "Installed", tone: "ok")) }
        if reachable, !installed { badges.append(Badge(words: "Can be reached", tone: "info")) }
        if deployed, !installed { badges.append(Badge(words: "Deployed before", tone: "quiet")) }
        if required { badges.append(Badge(words: "Required", tone: "warn")) }
        if prerelease { badges.append(Badge(words: "Prerelease", tone: "quiet")) }
        if support != "supported", let badge = Badge.support(support) { badges.append(badge) }
        return badges
    }
}

/// What the list of releases shows.
struct VersionsPage {
    struct Quarantined {
        var version: String
        var reason: String
    }

    var releases: [ReleaseLine]
    var quarantined: [Quarantined]
    var count: String
    var hasQuarantined: Bool
    var hasReleases: Bool

    init(_ report: ReleasesReport, deployed: Set<String>) {
        releases = report.releases.map { ReleaseLine($0, deployed: deployed) }
        quarantined = report.quarantined.map {
            Quarantined(version: $0.version.isEmpty ? "(no version)" : $0.version, reason: $0.reason)
        }
        count = Words.count(releases.count, "release", "releases")
        hasReleases = !releases.isEmpty
        hasQuarantined = !quarantined.isEmpty
    }
}

/// What the page of one release shows.
struct VersionPage {
    struct Fact {
        var name: String
        var value: String
    }

    var line: ReleaseLine
    var facts: [Fact]
    var notes: NotesText?
    var way: Way

    init(_ release: ReleaseReport, deployed: Set<String>, way: Way) {
        line = ReleaseLine(
            version: release.version,
            chart: release.chartVersion,
            releasedAt: release.releasedAt,
            endsOn: release.supportEndsOn,
            isInstalled: release.installed,
            badges: ReleaseLine.badges(
                installed: release.installed,
                deployed: deployed.contains(release.version),
                reachable: release.reachable,
                required: release.required,
                prerelease: release.prerelease,
                support: release.support
            )
        )
        var facts = [
            Fact(name: "Released", value: line.releasedOn ?? "Not known"),
            Fact(name: "Supported until", value: line.supportEndsOn ?? "Not known"),
        ]
        func add(_ name: String, _ value: String?) { if let value { facts.append(Fact(name: name, value: value)) } }
        add("Chart version", release.chartVersion)
        if release.required { add("Required", "No path may pass it by") }
        add("Needs package", release.packageMinVersion.map { "\($0) or newer" })
        add("Needs console", release.minConsoleVersion.map { "\($0) or newer" })
        add("Kubernetes", release.kubernetes)
        add("Published for", release.deployments.map { Words.list($0) })
        self.facts = facts
        notes = NotesText(release.notes)
        self.way = way
    }
}

/// The way to a release, stop by stop.
struct Way {
    struct Stop {
        var version: String
        var path: String
        var chart: String?
        var releasedOn: String?
        var reasons: [String]
        var isGoal: Bool
    }

    var from: String?
    var to: String
    var stops: [Stop]
    var hops: String?
    /// Whether there is something to deploy.
    var isOpen: Bool
    var refusal: Prose?
    var remedy: Prose?
    /// What is said where there is nothing to do.
    var rest: String?

    init(_ plan: PlanReport) {
        from = plan.from
        to = plan.to
        stops = plan.hops.enumerated().map { index, hop in
            Stop(
                version: hop.version,
                path: "/versions/\(hop.version)",
                chart: hop.chartVersion,
                releasedOn: hop.releasedAt.map { When.day($0) },
                reasons: hop.reasons.map(\.message),
                isGoal: index == plan.hops.count - 1
            )
        }
        isOpen = plan.refusal == nil && !plan.hops.isEmpty
        hops = isOpen ? Words.count(stops.count, "hop", "hops") : nil
        refusal = plan.refusal.map { Prose($0.message) }
        remedy = plan.refusal.map { Prose($0.remedy) }
        rest = plan.refusal == nil && plan.hops.isEmpty ? "\(plan.from) is installed: there is nothing to do." : nil
    }

    init(_ trouble: Trouble) {
        to = ""
        stops = []
        isOpen = false
        refusal = Prose(trouble.message)
        remedy = Prose(trouble.remedy)
    }
}
