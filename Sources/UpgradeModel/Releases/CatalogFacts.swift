/// What path rules ask of a catalog, as numbers, so that a search over thousands of releases compares integers.
struct CatalogFacts: Sendable {
    /// What path rules ask of one release.
    struct Facts: Sendable {
        /// The deployments that it is published for.
        var deployments: DeploymentMask
        /// The deployments for which a required release, standing or in quarantine, has this very version.
        var walls: DeploymentMask = []
        /// The deployments for which a required release in quarantine lies between this one and the one before.
        var wallsBefore: DeploymentMask = []
        var isPrerelease: Bool
        /// The rank of its chart version.
        var chart: Int?
        /// The rank of its package minimum.
        var packageMinimum: Int?
        /// The rank of its console minimum, where that is compared.
        var consoleMinimum: Int?
        var kubernetes: KubernetesMinor?
    }

    /// For every release that stands, oldest first.
    var releases: [Facts]
    /// Required releases in quarantine whose version no standing release has.
    var strayWalls: [(version: ReleaseVersion, deployments: DeploymentMask)] = []
    /// Deployments for which a required release has a version that nobody can read.
    var unplacedWalls: DeploymentMask = []
    /// The chart versions, package minimums and console minimums that ranks count in.
    let charts: [ReleaseVersion]
    let packageMinimums: [ReleaseVersion]
    let consoleMinimums: [ReleaseVersion]

    init(releases: [Release], quarantined: [QuarantinedRelease], countsConsoleAsPawl: Bool) {
        charts = Self.distinct(releases.map(\.chartVersion))
        packageMinimums = Self.distinct(releases.map(\.packageMinVersion))
        consoleMinimums = Self.distinct(countsConsoleAsPawl ? releases.map(\.minConsoleVersion) : [])
        self.releases = []
        self.releases.reserveCapacity(releases.count)
        for release in releases {
            let deployments = DeploymentMask(release.deployments)
            self.releases.append(
                Facts(
                    deployments: deployments,
                    walls: release.isRequired ? deployments : [],
                    isPrerelease: release.isPrerelease,
                    chart: release.chartVersion.map { Self.rank(of: $0, in: charts) },
                    packageMinimum: release.packageMinVersion.map { Self.rank(of: $0, in: packageMinimums) },
                    consoleMinimum: countsConsoleAsPawl
                        ? release.minConsoleVersion.map { Self.rank(of: $0, in: consoleMinimums) } : nil,
                    kubernetes: release.kubernetes
                )
            )
        }
        let versions = releases.map(\.version)
        for entry in quarantined where entry.isRequired {
            let deployments = DeploymentMask(entry.deployments)
            guard let version = entry.version else {
                unplacedWalls.formUnion(deployments)
                continue
            }
            let position = Self.rank(of: version, in: versions)
            if position < versions.count, versions[position] == version {
                self.releases[position].walls.formUnion(deployments)
            } else {
                strayWalls.append((version, deployments))
                if position < versions.count { self.releases[position].wallsBefore.formUnion(deployments) }
            }
        }
    }

    /// The position of the first version that is not lower than another, in a sorted list.
    static func rank(of version: ReleaseVersion, in versions: [ReleaseVersion]) -> Int {
        var (low, high) = (0, versions.count)
        while low < high {
            let middle = (low + high) / 2
            if versions[middle] < version { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func distinct(_ versions: [ReleaseVersion?]) -> [ReleaseVersion] {
        let sorted = versions.compactMap(\.self).sorted()
        return sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }.map { sorted[$0] }
    }
}

/// A set of deployments as bits.
struct DeploymentMask: OptionSet, Sendable {
    var rawValue: UInt8

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The bits of some kinds; all where nothing was published.
    init(_ kinds: Set<DeploymentKind>?) {
        self = (kinds ?? Set(DeploymentKind.allCases)).reduce(into: []) { $0.formUnion(DeploymentMask(of: $1)) }
    }

    /// The bit under which releases for a kind are published. A catalog cannot publish for an embedded cluster alone.
    init(of kind: DeploymentKind) {
        switch kind {
        case .singleVM: self.init(rawValue: 1)
        case .orchestrated: self.init(rawValue: 2)
        case .embeddedCluster: self.init(rawValue: 4)
        }
    }
}
