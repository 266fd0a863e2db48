/// The releases that a source offers, validated: those that may be deployed, and those in quarantine with the reason.
package struct Catalog: Sendable {
    /// What the catalog says about itself.
    package let header: CatalogHeader
    /// The releases that may be deployed, each version once, oldest first.
    package let releases: [Release]
    /// The releases that may not, in the order of the catalog.
    package let quarantined: [QuarantinedRelease]
    /// What path rules ask of the releases.
    let facts: CatalogFacts
    /// Everything that was offered and can be told apart, for `ReplayGuard`.
    package let memory: CatalogMemory

    /// Validates the entries of a catalog. One bad entry never takes the rest with it.
    ///
    /// An entry that cannot be read is put in quarantine. Of several entries with one version, the one with the
    /// highest chart version stands; where that is offered with different contents, none does.
    package static func validating(_ entries: [CatalogEntry], header: CatalogHeader = CatalogHeader()) -> Catalog {
        var reasons: [QuarantinedRelease?] = []
        var candidates: [(index: Int, release: Release)] = []
        for (index, entry) in entries.enumerated() {
            switch EntryValidation.judge(entry, in: header) {
            case .success(let release):
                reasons.append(nil)
                candidates.append((index, release))
            case .failure(let quarantined):
                reasons.append(quarantined)
            }
        }
        let offered = candidates.map(\.release)
        var standing: [Release] = []
        // A stable order, so that of equal entries the first stands.
        candidates.sort { ($0.release.version, $0.index) < ($1.release.version, $1.index) }
        var rest = candidates[...]
        while let first = rest.first {
            let group = rest.prefix { $0.release.version == first.release.version }
            rest = rest.dropFirst(group.count)
            let winner = Self.winner(of: group)
            if let winner { standing.append(winner.release) }
            for (index, release) in group where index != winner?.index {
                let reason: QuarantinedRelease.Reason =
                    winner.map { winner in
                        .superseded(
                            by: release.chartVersion == winner.release.chartVersion
                                ? nil : winner.release.chartVersion?.text
                        )
                    } ?? .contradiction
                reasons[index] = EntryValidation.quarantined(entries[index], reason)
            }
        }
        return Catalog(
            header: header,
            releases: standing,
            quarantined: reasons.compactMap(\.self),
            memory: CatalogMemory(header: header, offered: offered)
        )
    }

    private init(
        header: CatalogHeader,
        releases: [Release],
        quarantined: [QuarantinedRelease],
        memory: CatalogMemory
    ) {
        self.header = header
        self.releases = releases
        self.quarantined = quarantined
        self.memory = memory
        facts = CatalogFacts(
            releases: releases,
            quarantined: quarantined,
            countsConsoleAsPawl: header.countsConsoleAsPawl
        )
    }

    /// The entry that stands for its version; nil where the highest chart version has different contents.
    private static func winner(
        of group: ArraySlice<(index: Int, release: Release)>
    ) -> (index: Int, release: Release)? {
        guard var winner = group.first else { return nil }
        var isContradicted = false
        for candidate in group.dropFirst() {
            switch (winner.release.chartVersion, candidate.release.chartVersion) {
            case (let old, let new) where old == new:
                // The spelling of the version may differ; nothing else may.
                if candidate.release != winner.release { isContradicted = true }
            case (nil, _):
                (winner, isContradicted) = (candidate, false)
            case (let old?, let new?) where old < new:
                (winner, isContradicted) = (candidate, false)
            default:
                break
            }
        }
        return isContradicted ? nil : winner
    }

    /// The release of a version, however it is spelled; nil where none may be deployed.
    package func release(_ version: ReleaseVersion) -> Release? {
        let index = index(notBefore: version)
        guard index < releases.count, releases[index].version == version else { return nil }
        return releases[index]
    }

    /// The entry in quarantine that keeps a version from being deployed; nil where the version stands or is not listed.
    package func quarantine(of version: ReleaseVersion) -> QuarantinedRelease? {
        guard release(version) == nil else { return nil }
        return quarantined.first { $0.version == version }
    }

    /// The newest release for a deployment; nil where there is none.
    package func newest(for deployment: DeploymentKind, prereleases: Bool = false) -> Release? {
        releases.last { (prereleases || !$0.isPrerelease) && $0.isPublished(for: deployment) }
    }

    /// The position of the first release that is not older than a version.
    func index(notBefore version: ReleaseVersion) -> Int {
        var (low, high) = (0, releases.count)
        while low < high {
            let middle = (low + high) / 2
            if releases[middle].version < version { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
