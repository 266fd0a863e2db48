/// Plans the way from what runs to what should run.
///
/// The rules: only forward, in version and in chart version; only releases published for the deployment; never past a
/// required release, standing or in quarantine; prereleases only when asked for; package and console minimums; on an
/// embedded cluster never more than one Kubernetes minor per hop. A rule is silent about what is unknown. Of the
/// legal paths: the fewest hops, then from the first hop on the newest release.
package struct Planner: Sendable {
    private let catalog: Catalog
    private let request: PlanRequest
    private let rules: PathRules

    /// Plans what a request asks for.
    package static func plan(_ request: PlanRequest, in catalog: Catalog) -> UpgradePlan {
        let planner = Planner(catalog: catalog, request: request, rules: PathRules(request, catalog))
        let target = planner.target
        do throws(Refusal) {
            let hops = try planner.hops(to: target)
            return UpgradePlan(
                from: request.start,
                to: target,
                deployment: request.deployment,
                hops: hops,
                refusal: nil
            )
        } catch {
            return UpgradePlan(
                from: request.start,
                to: target,
                deployment: request.deployment,
                hops: [],
                refusal: error
            )
        }
    }

    /// The versions newer than the start to which a plan leads; the request's own target does not matter.
    package static func reachable(from request: PlanRequest, in catalog: Catalog) -> Set<ReleaseVersion> {
        let planner = Planner(catalog: catalog, request: request, rules: PathRules(request, catalog))
        guard (try? planner.checkStart()) != nil, !planner.rules.hasUnplacedWall else { return [] }
        let stops = planner.rules.stops(upTo: catalog.releases.count)
        let reached = PathSearch.reachable(through: stops).compactMap { stop in
            planner.rules.lowersChart(stop) ? nil : stop.position
        }
        return Set(reached.map { catalog.releases[$0].version })
    }

    /// The releases that may take the place of one which has failed, oldest first: newer ones to which a single hop leads
    /// from it. `request` starts there; its own target does not matter.
    package static func replacements(for request: PlanRequest, in catalog: Catalog) -> [ReleaseVersion] {
        reachable(from: request, in: catalog).sorted().filter { version in
            var request = request
            request.target = version
            let plan = plan(request, in: catalog)
            return plan.refusal == nil && plan.hops.count == 1
        }
    }

    /// What was asked for; otherwise the newest release, or the start where nothing is newer.
    private var target: ReleaseVersion {
        if let target = request.target { return target }
        let newest = catalog.newest(for: request.deployment, prereleases: request.allowsPrereleases)?.version
        return newest.map { max($0, request.start) } ?? request.start
    }

    private func hops(to target: ReleaseVersion) throws(Refusal) -> [Hop] {
        if case .observed = request.origin, target == request.start { return [] }
        if let entry = catalog.quarantine(of: target) { throw refusal(quarantined: entry) }
        try checkStart()
        guard let release = catalog.release(target) else { throw unknown(target) }
        guard target != request.start else { return [] }
        let position = catalog.index(notBefore: target)
        try check(release, at: position)
        guard rules.isPublished(position) else {
            throw Refusal(
                .noPath,
                "Release \(release.version) is not published for \(request.deployment.rawValue).",
                remedy: "Choose a release that is published for this deployment."
            )
        }
        guard !rules.hasUnplacedWall else {
            throw Refusal(
                .noPath,
                "A required release has a version that cannot be read, so nobody can say which paths it blocks.",
                remedy: "Ask the publisher to repair the catalog."
            )
        }
        let stops = rules.stops(upTo: position + 1)
        guard let path = PathSearch.path(through: stops), let start = stops.first else { throw noPath(to: release) }
        return describe(path, from: start)
    }

    /// A version that is merely stated must be one that the catalog vouches for; one that runs is a fact.
    private func checkStart() throws(Refusal) {
        if let entry = catalog.quarantine(of: request.start) {
            if case .implausibleYear = entry.reason { throw refusal(quarantined: entry) }
            if case .stated = request.origin { throw refusal(quarantined: entry) }
        }
        guard case .stated = request.origin, catalog.release(request.start) == nil else { return }
        throw unknown(request.start)
    }

    /// The refusals that look at the target alone, in their order.
    private func check(_ release: Release, at position: Int) throws(Refusal) {
        let version = release.version
        guard version > request.start else {
            let mark = request.start == request.installed ? "the installed release" : "the high-water mark"
            throw Refusal(
                .downgrade,
                "Release \(version) is older than \(request.start), \(mark).",
                remedy: "Pawl never goes back. To return to an earlier state, restore a backup."
            )
        }
        if rules.lowersChart(at: position), let chart = release.chartVersion {
            throw Refusal(
                .downgrade,
                "Release \(version) has the chart \(chart.text), which is lower than the chart of \(request.start).",
                remedy: "Choose a release whose chart version is higher."
            )
        }
        if release.isPrerelease, !request.allowsPrereleases {
            throw Refusal(
                .prerelease,
                "Release \(version) is a prerelease.",
                remedy: "Choose a final release, or ask for prereleases."
            )
        }
        if !rules.packageSuffices(position), let minimum = release.packageMinVersion {
            throw Refusal(
                .packageTooOld,
                "Release \(version) needs a customer package of \(minimum) or newer; \(packageWords).",
                remedy: "Get a newer customer package from whoever gives support, install it, and try again."
            )
        }
        if !rules.consoleSuffices(position), let minimum = release.minConsoleVersion, let own = request.consoleVersion {
            throw Refusal(
                .consoleTooOld,
                "Release \(version) needs Pawl \(minimum) or newer; this is \(own.text).",
                remedy: "Upgrade Pawl first."
            )
        }
    }

    private var packageWords: String {
        switch request.packageVersion {
        case .known(let version): "this installation has \(version)"
        case .unreadable, .notCompared: "the version of this installation's package cannot be read"
        }
    }

    private func unknown(_ version: ReleaseVersion) -> Refusal {
        Refusal(
            .unknownRelease,
            "The catalog has no release \(version).",
            remedy: "Look at the releases that the catalog offers; check the spelling."
        )
    }

    private func refusal(quarantined entry: QuarantinedRelease) -> Refusal {
        Refusal(
            .quarantinedRelease,
            "Release \(entry.text) is in quarantine: \(entry.reason).",
            remedy: "Choose another release, or ask the publisher to repair the catalog."
        )
    }
}

extension Planner {
    /// Why no sequence of hops leads to a release that is allowed by itself.
    private func noPath(to release: Release) -> Refusal {
        if let blocked = rules.firstBlockedWall(before: release.version) {
            return Refusal(
                .noPath,
                "The way to \(release.version) leads through \(blocked.version), which is required, but \(blocked.why).",
                remedy: blocked.remedy
            )
        }
        if request.deployment == .embeddedCluster {
            return Refusal(
                .noPath,
                "No sequence of releases leads to \(release.version) with at most one Kubernetes minor per hop.",
                remedy: "Ask the publisher for the releases between, or choose an older one."
            )
        }
        return Refusal(
            .noPath,
            "Every way to \(release.version) would lower the chart version at a required release.",
            remedy: "Ask the publisher to repair the catalog."
        )
    }

    private func describe(_ path: [PathSearch.Stop], from start: PathSearch.Stop) -> [Hop] {
        path.indices.compactMap { index in
            path[index].position.map { position in
                let release = catalog.releases[position]
                let before = index > 0 ? path[index - 1] : start
                let after = index + 1 < path.count ? path[index + 1] : nil
                return Hop(release: release, reasons: reasons(path[index], release, before, after))
            }
        }
    }

    private func reasons(
        _ stop: PathSearch.Stop,
        _ release: Release,
        _ before: PathSearch.Stop,
        _ after: PathSearch.Stop?
    ) -> [Hop.Reason] {
        guard let after else {
            return request.target == nil
                ? [Hop.Reason(code: .newest, message: "\(release.version) is the newest release")]
                : [Hop.Reason(code: .target, message: "\(release.version) is the release that was asked for")]
        }
        var reasons: [Hop.Reason] = []
        if stop.wallsThrough != stop.wallsBelow {
            reasons.append(
                Hop.Reason(code: .required, message: "\(release.version) is required and cannot be passed by")
            )
        }
        if let first = before.kubernetes, let last = after.kubernetes, !first.allowsHop(to: last) {
            let here = stop.kubernetes.map { "Kubernetes \($0)" } ?? "a Kubernetes that the catalog does not name"
            reasons.append(
                Hop.Reason(
                    code: .kubernetesMinor,
                    message: "the cluster goes from Kubernetes \(first) to \(last) by way of \(here), one minor per hop"
                )
            )
        }
        if reasons.isEmpty {
            reasons.append(
                Hop.Reason(
                    code: .newest,
                    message: "\(release.version) is the newest release from which the chart version need not go back"
                )
            )
        }
        return reasons
    }
}
