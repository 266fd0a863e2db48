@testable import UpgradeModel

/// The path rules by brute force: every sequence of releases is tried. Written from the sentences of the contract and
/// sharing nothing with the planner but the values.
struct PathOracle {
    var catalog: Catalog
    var request: PlanRequest

    private struct Place {
        var version: ReleaseVersion
        var chart: ReleaseVersion?
        var kubernetes: KubernetesMinor?
    }

    /// The versions of the hops, or the code of the refusal.
    func answer() -> Result<[ReleaseVersion], Refusal> {
        let start = request.start
        let newest = offered.map(\.version).max()
        let target = request.target ?? max(newest ?? start, start)
        func no(_ code: Refusal.Code) -> Result<[ReleaseVersion], Refusal> {
            .failure(Refusal(code, "", remedy: ""))
        }
        let isStated = if case .stated = request.origin { true } else { false }
        if !isStated, target == start { return .success([]) }
        if isQuarantined(target) { return no(.quarantinedRelease) }
        if isQuarantined(start) {
            let lies = catalog.quarantined.first { $0.version == start }?.reason
            if isStated { return no(.quarantinedRelease) }
            if case .implausibleYear = lies { return no(.quarantinedRelease) }
        }
        if isStated, !isListed(start) { return no(.unknownRelease) }
        guard let release = catalog.releases.first(where: { $0.version == target }) else { return no(.unknownRelease) }
        if target == start { return .success([]) }
        if target < start { return no(.downgrade) }
        if let before = origin.chart, let after = release.chartVersion, after < before { return no(.downgrade) }
        if release.isPrerelease, !request.allowsPrereleases { return no(.prerelease) }
        if !packageSuffices(release) { return no(.packageTooOld) }
        if !consoleSuffices(release) { return no(.consoleTooOld) }
        guard release.isPublished(for: request.deployment), !hasUnplacedWall else { return no(.noPath) }
        var best: [ReleaseVersion]?
        search(from: origin, to: target, path: [], best: &best)
        guard let best else { return no(.noPath) }
        return .success(best)
    }

    private func search(
        from place: Place,
        to target: ReleaseVersion,
        path: [ReleaseVersion],
        best: inout [ReleaseVersion]?
    ) {
        if place.version == target {
            guard let known = best, known.count < path.count || (known.count == path.count && !isNewer(path, known))
            else {
                best = path
                return
            }
            return
        }
        for release in candidates where place.version < release.version && release.version <= target {
            guard isLegal(place, release) else { continue }
            let next = Place(version: release.version, chart: release.chartVersion, kubernetes: release.kubernetes)
            search(from: next, to: target, path: path + [release.version], best: &best)
        }
    }

    private func isNewer(_ left: [ReleaseVersion], _ right: [ReleaseVersion]) -> Bool {
        zip(left, right).first { $0 != $1 }.map { $0 > $1 } ?? false
    }

    private func isLegal(_ place: Place, _ release: Release) -> Bool {
        if let before = place.chart, let after = release.chartVersion, after < before { return false }
        if request.deployment == .embeddedCluster, let before = place.kubernetes, let after = release.kubernetes {
            if after < before || after.major != before.major || after.minor > before.minor + 1 { return false }
        }
        let standing = catalog.releases.filter { $0.isRequired && $0.isPublished(for: request.deployment) }
        let quarantined = catalog.quarantined.filter { $0.isRequired && $0.isPublished(for: request.deployment) }
        let walls = standing.map(\.version) + quarantined.compactMap(\.version)
        return !walls.contains { place.version < $0 && $0 < release.version }
    }

    private var offered: [Release] {
        catalog.releases.filter {
            $0.isPublished(for: request.deployment) && (request.allowsPrereleases || !$0.isPrerelease)
        }
    }

    private var candidates: [Release] {
        offered.filter { packageSuffices($0) && consoleSuffices($0) }
    }

    private var origin: Place {
        let listed = catalog.releases.first { $0.version == request.start }
        var place = Place(version: request.start, chart: listed?.chartVersion, kubernetes: listed?.kubernetes)
        if case .observed(let seen) = request.origin {
            if seen.version == request.start, let chart = seen.chartVersion { place.chart = chart }
            if let kubernetes = seen.kubernetes { place.kubernetes = kubernetes }
        }
        return place
    }

    private var hasUnplacedWall: Bool {
        catalog.quarantined.contains { $0.isRequired && $0.version == nil && $0.isPublished(for: request.deployment) }
    }

    private func isListed(_ version: ReleaseVersion) -> Bool {
        catalog.releases.contains { $0.version == version }
    }

    private func isQuarantined(_ version: ReleaseVersion) -> Bool {
        !isListed(version) && catalog.quarantined.contains { $0.version == version }
    }

    private func packageSuffices(_ release: Release) -> Bool {
        guard let minimum = release.packageMinVersion else { return true }
        switch request.packageVersion {
        case .notCompared: return true
        case .unreadable: return false
        case .known(let version): return version >= minimum
        }
    }

    private func consoleSuffices(_ release: Release) -> Bool {
        guard catalog.header.countsConsoleAsPawl, let minimum = release.minConsoleVersion,
            let console = request.consoleVersion
        else { return true }
        return console >= minimum
    }
}
