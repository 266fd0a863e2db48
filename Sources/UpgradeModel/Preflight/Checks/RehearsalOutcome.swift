extension Check {
    /// How old a rehearsal may be, in days, before it is worth another one: data grows meanwhile.
    private static let freshDays = 7

    /// The target's migrations did not fail on a copy of the databases.
    static let rehearsal = Check("rehearsal", "Migrations were rehearsed", needs: .release) { observation in
        let version = observation.target.release.version
        let today = observation.console.today
        return observation.rehearsal.judged(
            "how the last rehearsal of \(version) went",
            remedy: "See that the data folder can be read."
        ) { known in
            judge(known, version, today)
        }
    }

    private static func judge(_ known: ObservedRehearsal, _ version: ReleaseVersion, _ today: Day) -> Verdict {
        if let obstacle = known.obstacle {
            guard known.isWanted else { return .pass("No rehearsal is possible here: \(obstacle).") }
            return .fail(
                "Every run is to rehearse its migrations, but that is not possible here: \(obstacle).",
                remedy: "Complete the Product file, or set `rehearsal: never` in pawl.yaml."
            )
        }
        guard let newest = known.newest else {
            return .pass("The migrations of \(version) were not rehearsed; `pawl rehearse` would do it beforehand.")
        }
        let day = newest.startedAt.day
        if let failure = newest.failure {
            return .fail(
                "The migrations of \(version) failed when they were rehearsed on \(day). \(failure.message)",
                remedy: "Wait for a corrected release; or mend the cause and run `pawl rehearse --to \(version)` again."
            )
        }
        let seconds = Int(newest.migrationSeconds.rounded(.up))
        let words = "The migrations of \(version) were rehearsed on \(day), and took \(seconds) s."
        guard day.days(until: today) > freshDays else { return .pass(words) }
        return .warn(
            words + " The data has changed since.",
            remedy: "Run `pawl rehearse --to \(version)` again for figures of today."
        )
    }
}
