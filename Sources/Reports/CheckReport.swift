package import UpgradeModel

/// What `pawl check` prints.
package struct CheckReport: Encodable, Sendable {
    package var checkedAt: String
    package var source: String
    package var new: [ReleaseRow]
    @Null package var latest: String?
    package var quarantined: [QuarantinedRow]
    @Null package var installed: String?
    /// What is to be said first.
    private let verdict: String

    private enum CodingKeys: String, CodingKey {
        case checkedAt, source, new, latest, quarantined, installed
    }

    /// Reports the releases that were not known before, and the newest one for a single VM. `reachable` are those that a
    /// legal path leads to.
    package init(
        checkedAt: Moment,
        source: String,
        new: [Release],
        catalog: Catalog,
        support: SupportPolicy,
        today: Day,
        installed: ReleaseVersion?,
        reachable: Set<ReleaseVersion>
    ) {
        self.checkedAt = checkedAt.description
        self.source = source
        self.new = new.reversed().map { release in
            ReleaseRow(
                release,
                support: support,
                today: today,
                installed: release.version == installed,
                reachable: reachable.contains(release.version)
            )
        }
        let newest = catalog.newest(for: .singleVM)?.version
        latest = newest?.description
        quarantined = catalog.quarantined.map { QuarantinedRow($0) }
        self.installed = installed?.description
        verdict = Self.verdict(newest: newest, installed: installed)
    }

    private static func verdict(newest: ReleaseVersion?, installed: ReleaseVersion?) -> String {
        switch (newest, installed) {
        case (let newest?, let installed?) where installed < newest:
            "New version available: \(newest) (installed: \(installed))"
        case (_, let installed?): "Up to date: \(installed)"
        case (let newest?, nil): "Newest version: \(newest) (what is installed cannot be told)"
        case (nil, nil): "The source offers no release, and what is installed cannot be told."
        }
    }

    /// The answer for a terminal.
    package var text: String {
        var lines = [verdict]
        if !new.isEmpty {
            lines.append("")
            lines.append(
                TextLayout.table(
                    ["NEW", "RELEASED", "SUPPORTED UNTIL"],
                    new.map { [$0.version, $0.releasedAt ?? "-", $0.supportEndsOn ?? "-"] }
                )
            )
        }
        for entry in quarantined {
            lines.append(
                TextLayout.wrap(TextLayout.plain("! \(entry.version) is in quarantine: \(entry.reason)"), indent: 2)
            )
        }
        return lines.joined(separator: "\n")
    }
}
