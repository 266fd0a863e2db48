package import UpgradeModel

/// What an operator is told before a restore: what comes back, what is replaced, what would be lost.
package struct RestoreOutlook: Sendable {
    private let observation: RestoreObservation

    /// Tells of a restore that can be begun.
    package init(_ observation: RestoreObservation) {
        self.observation = observation
    }

    /// What a difference of counts does not show.
    package static let unseen =
        "Rows that were changed, or that came where others were deleted, will be lost too and are not counted."

    /// The most tables that are named.
    private static let most = 20

    /// The text for a terminal.
    package var text: String {
        let plan = observation.plan
        guard !plan.isInPlace else { return record }
        var lines = [
            "Restore of \(plan.set), made \(observation.createdAt.description.prefix(19))Z", "",
            "  Release    \(plan.release), with its configuration and keys",
            "  Databases  \(plan.databases.joined(separator: ", "))",
        ]
        if !plan.extra.isEmpty {
            lines.append("  Set aside  \(plan.extra.joined(separator: ", ")): not in this set, and of another state")
        }
        lines += ["", TextLayout.wrap(PreflightDocument(PreflightReport(of: observation), before: "restore").summary)]
        lines += ["", losses]
        lines += [
            "",
            TextLayout.wrap(
                "The databases that are there now are not removed: they are kept under dated names until you drop them."
            ), "",
        ]
        return lines.joined(separator: "\n")
    }

    /// Where nothing is brought back.
    private var record: String {
        let plan = observation.plan
        return [
            "\(plan.set), made \(observation.createdAt.description.prefix(19))Z, is restored already", "",
            "  Release    \(plan.release), which runs",
            "  Databases  \(plan.databases.joined(separator: ", ")), with every object as in the set", "",
            TextLayout.wrap(PreflightDocument(PreflightReport(of: observation), before: "restore").summary), "",
            TextLayout.wrap(
                "Rows are not compared. Nothing is changed but Pawl's record: the high-water mark becomes \(plan.release), and "
                    + "a run that waits ends as restored."
            ), "",
        ].joined(separator: "\n")
    }

    private var losses: String {
        var rows: [(database: String, loss: LostRows)] = []
        var unknown: [String] = []
        var isCounted = false
        for database in observation.databases {
            switch database.server {
            case .known(.open(let replaced)):
                isCounted = isCounted || replaced.exists
                rows += replaced.losses.map { (database.name, $0) }
                if let why = replaced.uncounted {
                    unknown.append("Not everything that \(database.name) would lose is known: \(why)")
                }
            case .known(.toBeStarted(_, .nothing)): continue
            case .known(.toBeStarted(let service, _)):
                unknown.append(
                    "What \(database.name) would lose was not counted: the service \(service) does not run, but its data "
                        + "may be there."
                )
            case .unknown(let why):
                unknown.append("What \(database.name) would lose was not counted: \(why).")
            }
        }
        rows.sort { ($1.loss.lost, $0.database, $0.loss.table) < ($0.loss.lost, $1.database, $1.loss.table) }
        guard isCounted || !unknown.isEmpty else { return "There is no database yet that could lose anything." }
        let none =
            unknown.isEmpty
            ? "No table has more rows now than in the set. \(Self.unseen)"
            : isCounted
                ? "Of the tables that were counted none has more rows now than in the set. \(Self.unseen)"
                : "Nothing was counted."
        var text =
            rows.isEmpty
            ? TextLayout.wrap(none)
            : TextLayout.wrap("At least these rows are there now and not in the set. \(Self.unseen)") + "\n"
                + TextLayout.table(
                    ["DATABASE", "TABLE", "NOW", "IN THE SET", "AT LEAST"],
                    rows.prefix(Self.most).map {
                        [$0.database, $0.loss.table, "\($0.loss.present)", "\($0.loss.inSet)", "\($0.loss.lost)"]
                    }
                )
        if rows.count > Self.most { text += "\nand \(rows.count - Self.most) more tables" }
        for line in unknown { text += "\n" + TextLayout.wrap(line) }
        return text
    }
}

/// What `pawl restore --into` prints.
package struct RestoredIntoReport: Encodable, Sendable {
    package var backup: String
    package var database: String
    package var into: String
    package var release: String
    package var tables: Int
    package var rows: Int64
    /// The run that waits, and that would go on over what was restored; null where none does.
    @Null package var waiting: String?

    /// Reports a database that was restored into a given one, and proven.
    package init(
        backup: String,
        database: String,
        into: String,
        release: String,
        tables: Int,
        rows: Int64,
        waiting: String? = nil
    ) {
        self.backup = backup
        self.database = database
        self.into = into
        self.release = release
        self.tables = tables
        self.rows = rows
        self.waiting = waiting
    }

    /// The answer for a terminal, with what is left to the operator.
    package var text: String {
        """
        Restored \(database) of \(backup) into \(into), and compared:
        \(tables) tables, \(rows) rows, all as the set says.

        Nothing else was changed. To use it:
        1. stop the services that write;
        2. let `databases.\(database)` in pawl.yaml, and the installation's own
           environment, name this database;
        3. start release \(release): its files are in the set's folder `release`;
        4. tell Pawl: pawl restore --backup \(backup) --in-place

        \(warning)
        """
    }

    private var warning: String {
        let why =
            waiting.map { "the run \($0) waits, and would go on with another release over what was restored" }
            ?? "Pawl takes the databases for those of the newest release that it has deployed here"
        return TextLayout.wrap("Until then neither `pawl retry` nor `pawl upgrade`: \(why).")
    }
}
