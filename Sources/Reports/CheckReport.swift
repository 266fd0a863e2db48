package import UpgradeModel

/// What `pawl check` prints.
package struct CheckReport: Encodable, Sendable {
    package var checkedAt: String
    package var source: String
    package var new: [ReleaseRow]
    @Null package var latest: String?
    package var quarantined: [QuarantinedRow]
    @Null package var installed: String?

    /// Reports the releases that were not known before, and the newest one for a single VM.
    package init(
        checkedAt: Moment,
        source: String,
        new: [Release],
        catalog: Catalog,
        support: SupportPolicy,
        today: Day,
        installed: ReleaseVersion?
    ) {
        self.checkedAt = checkedAt.description
        self.source = source
        self.new = new.reversed().map { release in
            ReleaseRow(
                release,
                support: support,
                today: today,
                installed: release.version == installed,
                reachable: false
            )
        }
        latest = catalog.newest(for: .singleVM)?.version.description
        quarantined = catalog.quarantined.map { QuarantinedRow($0) }
        self.installed = installed?.description
    }

    /// The answer for a terminal.
    package var text: String {
        var lines: [String] = []
        if let latest, latest != installed {
            lines.append("New version available: \(latest)" + (installed.map { " (installed: \($0))" } ?? ""))
        } else {
            lines.append("Up to date" + (installed.map { ": \($0)" } ?? ""))
        }
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
