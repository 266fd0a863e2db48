package import UpgradeModel

/// A release that is installed, as reports name it.
package struct InstalledReport: Encodable, Sendable {
    /// The version.
    package var version: String
    @Null package var chartVersion: String?
    @Null package var releasedAt: String?

    /// Reports a version that runs, with what the catalog says about it; `chart` is the version of the chart that was
    /// really installed, where there is one.
    package init(_ version: ReleaseVersion, chart: ReleaseVersion? = nil, in catalog: Catalog?) {
        let release = catalog?.release(version)
        self.version = version.description
        chartVersion = (chart ?? release?.chartVersion)?.description
        releasedAt = release?.releasedAt?.description
    }
}

/// One row of the list of releases.
package struct ReleaseRow: Encodable, Sendable {
    package var version: String
    @Null package var chartVersion: String?
    @Null package var releasedAt: String?
    package var prerelease: Bool
    package var required: Bool
    @Null package var supportEndsOn: String?
    @Null package var support: String?
    package var installed: Bool
    package var reachable: Bool

    /// Reports a release as it stands on a day.
    package init(_ release: Release, support: SupportPolicy, today: Day, installed: Bool, reachable: Bool) {
        version = release.version.description
        chartVersion = release.chartVersion?.description
        releasedAt = release.releasedAt?.description
        prerelease = release.isPrerelease
        required = release.isRequired
        let standing = release.releasedAt.flatMap { support.standing(releasedAt: $0, on: today) }
        supportEndsOn = standing?.endsOn.description
        self.support = standing?.status.rawValue
        self.installed = installed
        self.reachable = reachable
    }
}

/// A release that may not be deployed, and why.
package struct QuarantinedRow: Encodable, Sendable {
    package var version: String
    package var reason: String

    /// Reports an entry in quarantine.
    package init(_ entry: QuarantinedRelease) {
        version = entry.text
        reason = "\(entry.reason)"
    }
}

/// What `pawl releases` prints.
package struct ReleasesReport: Encodable, Sendable {
    package var releases: [ReleaseRow]
    package var quarantined: [QuarantinedRow]

    /// Reports a catalog, newest release first.
    package init(
        _ catalog: Catalog,
        support: SupportPolicy,
        today: Day,
        installed: ReleaseVersion?,
        reachable: Set<ReleaseVersion>
    ) {
        releases = catalog.releases.reversed().map { release in
            ReleaseRow(
                release,
                support: support,
                today: today,
                installed: release.version == installed,
                reachable: reachable.contains(release.version)
            )
        }
        quarantined = catalog.quarantined.map { QuarantinedRow($0) }
    }

    /// The table for a terminal.
    package var text: String {
        let rows = releases.map { row in
            [
                row.version, row.chartVersion ?? "-", row.releasedAt ?? "-", row.supportEndsOn ?? "-",
                [
                    row.installed ? "installed" : row.reachable ? "can be reached" : nil,
                    row.prerelease ? "prerelease" : nil, row.support == "unsupported" ? "no longer supported" : nil,
                ].compactMap { $0 }.joined(separator: ", "),
            ]
        }
        let table = TextLayout.table(["VERSION", "CHART", "RELEASED", "SUPPORTED UNTIL", ""], rows)
        guard !quarantined.isEmpty else { return table }
        let held = quarantined.map {
            TextLayout.plain("  \($0.version.isEmpty ? "(no version)" : $0.version): \($0.reason)")
        }
        return table + "\n\nIn quarantine, never deployed:\n"
            + held.map { TextLayout.wrap($0, indent: 4) }
            .joined(separator: "\n")
    }
}

/// What `pawl releases VERSION` prints.
package struct ReleaseReport: Encodable, Sendable {
    package struct Package: Encodable, Sendable {
        package var path: String
        @Null package var sha256: String?
        @Null package var bytes: Int64?
    }

    package var version: String
    @Null package var chartVersion: String?
    @Null package var releasedAt: String?
    package var prerelease: Bool
    @Null package var supportEndsOn: String?
    @Null package var support: String?
    package var installed: Bool
    package var reachable: Bool
    package var required: Bool
    @Null package var deployments: [String]?
    @Null package var packageMinVersion: String?
    @Null package var kubernetes: String?
    @Null package var minConsoleVersion: String?
    @Null package var notes: String?
    @Null package var package: Package?

    /// Reports one release with everything that was published about it.
    package init(_ release: Release, row: ReleaseRow) {
        version = row.version
        chartVersion = row.chartVersion
        releasedAt = row.releasedAt
        prerelease = row.prerelease
        supportEndsOn = row.supportEndsOn
        support = row.support
        installed = row.installed
        reachable = row.reachable
        required = release.isRequired
        deployments = release.deployments?.map(\.rawValue).sorted()
        packageMinVersion = release.packageMinVersion?.description
        kubernetes = release.kubernetes.map { "\($0)" }
        minConsoleVersion = release.minConsoleVersion?.description
        notes = release.notes
        package = release.package.map {
            Package(
                path: $0.path,
                sha256: $0.sha256?.hexadecimal,
                bytes: $0.bytes
            )
        }
    }

    /// The release for a terminal.
    package var text: String {
        var lines = [
            "Release \(version)" + (prerelease ? " (prerelease)" : "") + (installed ? ", installed" : ""),
            "  released         \(releasedAt ?? "unknown")", "  supported until  \(supportEndsOn ?? "unknown")",
        ]
        if let chartVersion { lines.append("  chart            \(chartVersion)") }
        if required { lines.append("  required         no path may pass it by") }
        if let packageMinVersion { lines.append("  needs package    \(packageMinVersion) or newer") }
        if let minConsoleVersion { lines.append("  needs console    \(minConsoleVersion) or newer") }
        if let kubernetes { lines.append("  Kubernetes       \(kubernetes)") }
        if let notes { lines.append("\n" + TextLayout.wrap(TextLayout.plain(notes))) }
        return lines.joined(separator: "\n")
    }
}

/// What `pawl plan` prints.
package struct PlanReport: Encodable, Sendable {
    package struct HopRow: Encodable, Sendable {
        package struct Reason: Encodable, Sendable {
            package var code: String
            package var message: String
        }

        package var version: String
        @Null package var chartVersion: String?
        @Null package var releasedAt: String?
        @Null package var supportEndsOn: String?
        @Null package var kubernetes: String?
        package var reasons: [Reason]
    }

    package struct RefusalBody: Encodable, Sendable {
        package var code: String
        package var message: String
        package var remedy: String
    }

    package var from: String
    package var to: String
    package var deployment: String
    package var hops: [HopRow]
    @Null package var refusal: RefusalBody?

    /// Reports a plan.
    package init(_ plan: UpgradePlan, support: SupportPolicy) {
        from = plan.from.description
        to = plan.to.description
        deployment = plan.deployment.rawValue
        hops = plan.hops.map { hop in
            HopRow(
                version: hop.release.version.description,
                chartVersion: hop.release.chartVersion?.description,
                releasedAt: hop.release.releasedAt?.description,
                supportEndsOn: hop.release.releasedAt.flatMap { support.endsOn(releasedAt: $0)?.description },
                kubernetes: hop.release.kubernetes.map { "\($0)" },
                reasons: hop.reasons.map { HopRow.Reason(code: $0.code.rawValue, message: $0.message) }
            )
        }
        refusal = plan.refusal.map {
            RefusalBody(code: $0.code.rawValue, message: $0.message, remedy: $0.remedy)
        }
    }

    /// The plan for a terminal.
    package var text: String {
        if let refusal {
            return TextLayout.wrap("Refused: \(refusal.message)") + "\n"
                + TextLayout.wrap("Nothing was changed. \(refusal.remedy)")
        }
        guard !hops.isEmpty else { return "\(from) is where you are: there is nothing to do." }
        let rows = hops.enumerated().map { index, hop in
            [
                "\(index + 1)", hop.version, hop.releasedAt ?? "-", hop.supportEndsOn ?? "-",
                hop.reasons.map(\.message).joined(separator: " "),
            ]
        }
        return "From \(from) to \(to) in \(hops.count) \(hops.count == 1 ? "hop" : "hops"):\n\n"
            + TextLayout.table(["HOP", "RELEASE", "RELEASED", "SUPPORTED UNTIL", "WHY IT STOPS HERE"], rows)
    }
}
