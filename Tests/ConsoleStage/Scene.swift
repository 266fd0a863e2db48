import UpgradeModel

/// What is on the stage.
enum Scene: String, CaseIterable, Sendable {
    /// Nothing was ever run, and the source was never asked.
    case fresh
    /// An installation that is well, with a past, and a new version.
    case calm
    /// The newest release is installed.
    case newest
    /// An upgrade at work.
    case running
    /// An upgrade whose migration has failed.
    case failed
    /// Everything that can be warned of, many releases, long names; checks that fail.
    case warnings

    /// What the source offers: days since the release, notes, and whether it is required.
    func entries(today: Day) -> [CatalogEntry] {
        guard self != .fresh else { return [] }
        var offered: [(days: Int, notes: String?, isRequired: Bool)] = [
            (540, "First release of the new map renderer.", false),
            (455, nil, false),
            (390, "Fixes only.", false),
            (300, "Databases move to PostgreSQL 15; this release must not be passed by.", true),
            (210, "Workspaces may be shared.\n\n- Faster tiles\n- A new import from spreadsheets", false),
            (120, Self.longNotes, true),
            (61, "Fixes:\n\n- Exports keep their column order\n- Sessions end after 12 hours", false),
            (
                9,
                "New:\n\n- AI assistants in workspaces\n- Dark mode for embedded maps\n\nMigrations: 2, about a minute.",
                false
            ),
        ]
        if self == .warnings {
            offered += (1...26).map { (540 + $0 * 33, "Release number \($0) of the early ones.", $0.isMultiple(of: 9)) }
        }
        var entries = offered.compactMap { row -> CatalogEntry? in
            guard let day = today.adding(days: -row.days) else { return nil }
            let (year, month, number) = day.components
            var entry = CatalogEntry(version: "\(year).\(month).\(number)", releasedAt: day.description)
            entry.chartVersion = "1.\(300 - row.days / 10).0"
            entry.notes = row.notes
            entry.isRequired = row.isRequired
            return entry
        }
        if let day = today.adding(days: -2) {
            let (year, month, number) = day.components
            entries.append(CatalogEntry(version: "\(year).\(month).\(number)-beta1", releasedAt: day.description))
            entries.append(CatalogEntry(version: "2098.12.12", releasedAt: day.description))
        }
        return entries
    }

    private static let longNotes = """
        Metadata of workspaces moves to a schema of its own. The first migration rewrites the table of layers: allow a \
        minute for each million of rows.

        - Row limits for shared maps
        - Audit of downloads
        - The setting `WORKSPACE_SYNC_ENABLED` is no longer read

        Thanks to everybody who has tried the betas.
        """

    /// Which of the releases, counted from the oldest of the eight newest, runs at first.
    var installed: Int {
        switch self {
        case .warnings: 2
        case .newest: 7
        default: 4
        }
    }
}
