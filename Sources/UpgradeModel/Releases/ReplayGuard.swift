/// What is remembered of the catalogs that were seen from a source.
package struct CatalogMemory: Sendable, Hashable, Codable {
    /// What a published release is known by. None of it ever changes honestly.
    package struct Fingerprint: Sendable, Hashable, Codable {
        /// The version.
        package let version: ReleaseVersion
        /// The chart version.
        package let chartVersion: ReleaseVersion?
        /// The day of publication; nil where it proves nothing.
        package let releasedAt: Day?
        /// The SHA-256 of the package.
        package let sha256: ContentDigest?
        /// Whether no path may pass it by; nil in a memory that was written when this and the following were not kept.
        package let required: Bool?
        /// The deployments that it is for, in the order of their names; nil for all.
        package let deployments: [DeploymentKind]?
        /// The oldest customer package that it takes.
        package let packageMinVersion: ReleaseVersion?
        /// The Kubernetes that it wants.
        package let kubernetes: KubernetesMinor?
    }

    /// The format of the catalogs.
    package let format: CatalogHeader.Format
    /// When the newest catalog was made; nil where none says.
    package let generatedAt: Moment?
    /// The newest release of the newest catalog.
    package let newest: ReleaseVersion?
    /// Every release that was offered, by version and chart version.
    package let fingerprints: [Fingerprint]

    init(header: CatalogHeader, offered: [Release]) {
        format = header.format
        generatedAt = header.generatedAt
        newest = offered.map(\.version).max()
        var seen: Set<Fingerprint> = []
        fingerprints =
            offered.map { release in
                Fingerprint(
                    version: release.version,
                    chartVersion: release.chartVersion,
                    releasedAt: header.format == .catalog ? release.releasedAt : nil,
                    sha256: release.package?.sha256,
                    required: release.isRequired,
                    deployments: release.deployments?.sorted { $0.rawValue < $1.rawValue },
                    packageMinVersion: release.packageMinVersion,
                    kubernetes: release.kubernetes
                )
            }.filter { seen.insert($0).inserted }
    }

    fileprivate init(offered: CatalogMemory, fingerprints: [Fingerprint]) {
        format = offered.format
        generatedAt = offered.generatedAt
        newest = offered.newest
        self.fingerprints = fingerprints
    }
}

/// Refuses a catalog that takes back what an earlier one said.
package enum ReplayGuard {
    /// Compares an offered catalog with what was seen before.
    /// - Parameters:
    ///   - offered: `Catalog.memory` of the catalog that is offered now.
    ///   - seen: what this returned the last time; nil at the first.
    /// - Returns: what to remember from now on.
    /// - Throws: `Trouble` that blames the release: `catalog-older` or `release-rewritten`.
    package static func admit(
        _ offered: CatalogMemory,
        after seen: CatalogMemory?
    ) throws(Trouble) -> CatalogMemory {
        guard let seen else { return offered }
        try refuseOlder(offered, than: seen)
        try refuseRewritten(offered, since: seen)
        // A release that was withdrawn stays in mind: it may come back, but only as it was.
        let now = Dictionary(grouping: offered.fingerprints, by: \.version)
        let withdrawn = seen.fingerprints.filter { before in
            !(now[before.version] ?? []).contains { $0.chartVersion == before.chartVersion && agrees($0, with: before) }
        }
        return CatalogMemory(offered: offered, fingerprints: offered.fingerprints + withdrawn)
    }

    private static func refuseOlder(_ offered: CatalogMemory, than seen: CatalogMemory) throws(Trouble) {
        switch (offered.generatedAt, seen.generatedAt) {
        case (let now?, let before?):
            guard now < before else { return }
            throw older("The catalog was made at \(now), and one made at \(before) has been seen.")
        case (nil, let before?):
            throw older("The catalog does not say when it was made, and one made at \(before) has been seen.")
        case (_, nil):
            // Without dates, a catalog that lacks the newest release and has none newer is an old one.
            guard let before = seen.newest, offered.newest.map({ $0 < before }) ?? true else { return }
            throw older("The catalog ends before \(before), which has been seen.")
        }
    }

    private static func refuseRewritten(_ offered: CatalogMemory, since seen: CatalogMemory) throws(Trouble) {
        let now = Dictionary(grouping: offered.fingerprints, by: \.version)
        for before in seen.fingerprints {
            guard let entries = now[before.version], !entries.isEmpty else { continue }
            let same = entries.filter { $0.chartVersion == before.chartVersion }
            if same.isEmpty {
                let chart = before.chartVersion.map { "the chart \($0)" } ?? "no chart version"
                throw rewritten(before.version, "it had \(chart)")
            }
            guard same.contains(where: { agrees($0, with: before) }) else {
                throw rewritten(before.version, "its date, its package or its constraints were others")
            }
        }
    }

    /// A digest or a date that was not known may become known; one that was known may not change or vanish.
    private static func agrees(_ now: CatalogMemory.Fingerprint, with before: CatalogMemory.Fingerprint) -> Bool {
        (before.releasedAt == nil || before.releasedAt == now.releasedAt)
            && (before.sha256 == nil || before.sha256 == now.sha256) && hasSameConstraints(now, before)
    }

    private static func hasSameConstraints(
        _ now: CatalogMemory.Fingerprint,
        _ before: CatalogMemory.Fingerprint
    ) -> Bool {
        before.required == nil
            || before.required == now.required && before.deployments == now.deployments
                && before.packageMinVersion == now.packageMinVersion && before.kubernetes == now.kubernetes
    }

    private static func older(_ message: String) -> Trouble {
        Trouble(
            .release,
            "catalog-older",
            message,
            remedy: "Bring the source up to date. If the publisher took the catalog back, ask them for a newer one."
        )
    }

    private static func rewritten(_ version: ReleaseVersion, _ how: String) -> Trouble {
        Trouble(
            .release,
            "release-rewritten",
            "Release \(version) is not what it was when it was seen before: \(how).",
            remedy: "Ask the publisher. A release that has been published must not change; a fix needs a new version."
        )
    }
}
