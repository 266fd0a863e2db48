/// What a plan is asked for.
package struct PlanRequest: Sendable, Hashable {
    /// Where a plan starts.
    package enum Origin: Sendable, Hashable {
        /// A version that somebody names, as offline; it must be in the catalog, since a typing error would be.
        case stated(ReleaseVersion)
        /// A release that is known to run. The catalog need not list it any more: publishers drop old releases, and
        /// what the catalog does not say of it was observed, or its rules are silent.
        case observed(ObservedRelease)
    }

    /// A release that runs, with what was seen of it.
    package struct ObservedRelease: Sendable, Hashable {
        /// The version.
        package var version: ReleaseVersion
        /// The chart version; nil where it was not seen, so that the catalog's counts.
        package var chartVersion: ReleaseVersion?
        /// The minor version of the cluster that it runs in; nil where it was not seen, so that the catalog's counts.
        package var kubernetes: KubernetesMinor?

        /// Makes an observation.
        package init(
            version: ReleaseVersion,
            chartVersion: ReleaseVersion? = nil,
            kubernetes: KubernetesMinor? = nil
        ) {
            self.version = version
            self.chartVersion = chartVersion
            self.kubernetes = kubernetes
        }
    }

    /// The version of the customer package.
    package enum PackageVersion: Sendable, Hashable {
        /// Nobody said it, as offline: package minimums are not compared.
        case notCompared
        /// The version.
        case known(ReleaseVersion)
        /// There is one and it cannot be read, so that any package minimum blocks.
        case unreadable
    }

    /// How the installation runs.
    package var deployment: DeploymentKind
    /// The installed release.
    package var origin: Origin
    /// The newest release whose migrations have started here; nil where none has.
    package var highWaterMark: ReleaseVersion?
    /// The release to go to; nil for the newest.
    package var target: ReleaseVersion?
    /// Whether prereleases may be deployed.
    package var allowsPrereleases: Bool
    /// The version of the customer package.
    package var packageVersion: PackageVersion
    /// Pawl's own version; nil where console minimums are not compared.
    package var consoleVersion: ReleaseVersion?

    /// Makes a request; what is left out is not asked for.
    package init(
        deployment: DeploymentKind,
        origin: Origin,
        highWaterMark: ReleaseVersion? = nil,
        target: ReleaseVersion? = nil,
        allowsPrereleases: Bool = false,
        packageVersion: PackageVersion = .notCompared,
        consoleVersion: ReleaseVersion? = nil
    ) {
        self.deployment = deployment
        self.origin = origin
        self.highWaterMark = highWaterMark
        self.target = target
        self.allowsPrereleases = allowsPrereleases
        self.packageVersion = packageVersion
        self.consoleVersion = consoleVersion
    }

    /// The installed version.
    package var installed: ReleaseVersion {
        switch origin {
        case .stated(let version): version
        case .observed(let release): release.version
        }
    }

    /// The version that the plan starts at: the installed one, or the high-water mark where that is newer.
    package var start: ReleaseVersion {
        highWaterMark.map { max($0, installed) } ?? installed
    }
}
