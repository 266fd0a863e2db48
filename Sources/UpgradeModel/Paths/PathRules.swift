/// The path rules of one request over one catalog: which releases a path may stop at, and what stands in its way.
struct PathRules: Sendable {
    /// A required release at which no path may stop.
    struct BlockedWall {
        var version: String
        var why: String
        var remedy: String
    }

    private let catalog: Catalog
    private let request: PlanRequest
    private let mask: DeploymentMask
    /// The rank of the start's chart version: that of the first chart of the catalog that is not lower.
    private let startChart: Int?
    private let startKubernetes: KubernetesMinor?
    /// The number of package minimums that are met; nil where they are not compared.
    private let metPackages: Int?
    /// The number of console minimums that are met; nil where they are not compared.
    private let metConsoles: Int?

    init(_ request: PlanRequest, _ catalog: Catalog) {
        self.catalog = catalog
        self.request = request
        mask = DeploymentMask(of: request.deployment.publishedAs)
        let listed = catalog.release(request.start)
        var chart = listed?.chartVersion
        var kubernetes = listed?.kubernetes
        if case .observed(let seen) = request.origin {
            if request.start == seen.version { chart = seen.chartVersion ?? chart }
            kubernetes = seen.kubernetes ?? kubernetes
        }
        startChart = chart.map { CatalogFacts.rank(of: $0, in: catalog.facts.charts) }
        startKubernetes = request.deployment == .embeddedCluster ? kubernetes : nil
        metPackages =
            switch request.packageVersion {
            case .notCompared: nil
            case .unreadable: 0
            case .known(let version): Self.met(by: version, in: catalog.facts.packageMinimums)
            }
        metConsoles = request.consoleVersion.map { Self.met(by: $0, in: catalog.facts.consoleMinimums) }
    }

    /// Whether a required release for this deployment has a version that nobody can read.
    var hasUnplacedWall: Bool { !catalog.facts.unplacedWalls.isDisjoint(with: mask) }

    func isPublished(_ position: Int) -> Bool {
        !catalog.facts.releases[position].deployments.isDisjoint(with: mask)
    }

    func packageSuffices(_ position: Int) -> Bool {
        guard let metPackages, let minimum = catalog.facts.releases[position].packageMinimum else { return true }
        return minimum < metPackages
    }

    func consoleSuffices(_ position: Int) -> Bool {
        guard let metConsoles, let minimum = catalog.facts.releases[position].consoleMinimum else { return true }
        return minimum < metConsoles
    }

    /// Whether the chart of a release is lower than that of the start, where both are known.
    func lowersChart(at position: Int) -> Bool {
        guard let startChart, let chart = catalog.facts.releases[position].chart else { return false }
        return chart < startChart
    }

    /// Whether the chart of a stop is lower than that of the start, where both are known.
    func lowersChart(_ stop: PathSearch.Stop) -> Bool {
        guard let startChart, let chart = stop.chart else { return false }
        return chart < startChart
    }

    private func mayStop(_ position: Int) -> Bool {
        let facts = catalog.facts.releases[position]
        return isPublished(position) && (request.allowsPrereleases || !facts.isPrerelease)
            && packageSuffices(position) && consoleSuffices(position)
    }

    /// The start, then every release newer than it and before a position at which a path may stop.
    func stops(upTo end: Int) -> [PathSearch.Stop] {
        let start = request.start
        var position = catalog.index(notBefore: start)
        let isListed = position < catalog.releases.count && catalog.releases[position].version == start
        var walls = 0
        var stops = [
            PathSearch.Stop(
                position: nil,
                chart: startChart,
                kubernetes: startKubernetes,
                wallsBelow: 0,
                wallsThrough: 0
            )
        ]
        if isListed { position += 1 }
        var isFirst = true
        while position < end {
            let facts = catalog.facts.releases[position]
            // Only between the start and the first release after it may a wall lie on either side of the start.
            let isWallBefore =
                isFirst && !isListed
                ? hasStrayWall(after: start, before: catalog.releases[position].version)
                : !facts.wallsBefore.isDisjoint(with: mask)
            isFirst = false
            if isWallBefore { walls += 1 }
            let isWall = !facts.walls.isDisjoint(with: mask)
            if mayStop(position) {
                stops.append(
                    PathSearch.Stop(
                        position: position,
                        chart: facts.chart,
                        kubernetes: request.deployment == .embeddedCluster ? facts.kubernetes : nil,
                        wallsBelow: walls,
                        wallsThrough: walls + (isWall ? 1 : 0)
                    )
                )
            }
            if isWall { walls += 1 }
            position += 1
        }
        return stops
    }

    private func hasStrayWall(after start: ReleaseVersion, before end: ReleaseVersion) -> Bool {
        catalog.facts.strayWalls.contains { wall in
            start < wall.version && wall.version < end && !wall.deployments.isDisjoint(with: mask)
        }
    }

    /// The oldest required release between the start and a version at which no path may stop, and why.
    func firstBlockedWall(before end: ReleaseVersion) -> BlockedWall? {
        let start = request.start
        var blocked: (version: ReleaseVersion, wall: BlockedWall)?
        for position in catalog.releases.indices {
            let version = catalog.releases[position].version
            let isWall = !catalog.facts.releases[position].walls.isDisjoint(with: mask)
            guard start < version, version < end, isWall, let wall = whyBlocked(position) else { continue }
            blocked = (version, wall)
            break
        }
        for entry in catalog.quarantined where entry.isRequired {
            guard let version = entry.version, catalog.release(version) == nil, start < version, version < end,
                !DeploymentMask(entry.deployments).isDisjoint(with: mask), blocked.map({ version < $0.version }) ?? true
            else { continue }
            let wall = BlockedWall(
                version: entry.text,
                why: "it is in quarantine: \(entry.reason)",
                remedy: "Ask the publisher to repair the catalog."
            )
            blocked = (version, wall)
        }
        return blocked?.wall
    }

    /// Why no path may stop at a release; nil where one may.
    private func whyBlocked(_ position: Int) -> BlockedWall? {
        let release = catalog.releases[position]
        let text = release.version.text
        if !isPublished(position) {
            return BlockedWall(
                version: text,
                why: "it is not published for \(request.deployment.rawValue)",
                remedy: "Ask the publisher to repair the catalog."
            )
        }
        if release.isPrerelease, !request.allowsPrereleases {
            return BlockedWall(version: text, why: "it is a prerelease", remedy: "Ask for prereleases.")
        }
        if !packageSuffices(position), let minimum = release.packageMinVersion {
            return BlockedWall(
                version: text,
                why: "it needs a customer package of \(minimum.text) or newer",
                remedy: "Get a newer customer package from whoever gives support, install it, and try again."
            )
        }
        if !consoleSuffices(position), let minimum = release.minConsoleVersion {
            return BlockedWall(
                version: text,
                why: "it needs Pawl \(minimum.text) or newer",
                remedy: "Upgrade Pawl first."
            )
        }
        return nil
    }

    /// How many minimums of a sorted list a version meets.
    private static func met(by version: ReleaseVersion, in minimums: [ReleaseVersion]) -> Int {
        let rank = CatalogFacts.rank(of: version, in: minimums)
        return rank < minimums.count && minimums[rank] == version ? rank + 1 : rank
    }
}
