/// What is only warned of where somebody has restored a set outside of any run: Pawl takes the operator's word for it.
extension RestoreChecks {
    static func rows(
        _ observation: RestoreObservation,
        _ inPlace: RestoreObservation.InPlace
    ) -> Verdict {
        let set = observation.plan.set
        let verdicts = inPlace.databases.flatMap { database -> [Verdict] in
            let name = database.name
            func uncounted(_ why: String) -> Verdict {
                .warn(
                    "Pawl could not count the rows of `\(name)`: \(why). For them it takes your word.",
                    remedy: "Look yourself whether the rows of \(set) are there."
                )
            }
            switch database.rows {
            case .unknown(let why): return [uncounted(why)]
            case .known(let rows):
                let fewer = rows.tables.map { "\($0.name) has \($0.present) instead of \($0.inSet)" }
                let found: Verdict =
                    fewer.isEmpty
                    ? .pass("No table that was counted in `\(name)` has fewer rows than in \(set).")
                    : .warn(
                        "`\(name)` lacks rows that \(set) has: \(first(fewer)). Either the application has removed them "
                            + "since, or a migration that changes rows only was run on it, or it is not what was "
                            + "restored. The high-water mark is lowered on your word.",
                        remedy: "Go on only where you know that the application has removed them; otherwise restore "
                            + "`\(name)` again, then run this again."
                    )
                return [found] + (rows.uncounted.map { [uncounted($0)] } ?? [])
            }
        }
        return .all(verdicts, none: .pass("\(set) holds no rows."))
    }

    /// Databases that are in use and not in the set. Nothing sets them aside here.
    static func lacking(_ observation: RestoreObservation) -> Verdict {
        let (set, release) = (observation.plan.set, observation.plan.release)
        switch observation.extra {
        case .unknown(let why):
            return .warn(
                "Whether the installation has databases that \(set) lacks could not be found out: \(why). Such a database "
                    + "stays as it is.",
                remedy: "See that Pawl may read the installation's configuration, and look for such databases yourself."
            )
        case .known(let extra):
            guard !extra.isEmpty else { return .pass("The set lacks no database of the installation.") }
            return .warn(
                "The installation's settings need \(ListText.and(extra.map { "`\($0)`" })), which \(set) lacks: what is "
                    + "there stays as it is, as whichever release came last has left it.",
                remedy: "See that it is what \(release) needs, or set it aside yourself (`ALTER DATABASE … RENAME TO "
                    + "…`); otherwise the next backup files it under \(release)."
            )
        }
    }
}
