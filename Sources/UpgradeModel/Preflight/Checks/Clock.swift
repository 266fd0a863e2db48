extension Check {
    /// This machine's clock is not obviously wrong, and agrees with the database servers'.
    static let clock = Check("clock", "Clock", needs: .databases) { observation in
        let now = observation.console.now
        let remedy = "Set the clock: `timedatectl`. Records, support dates and backup sets go by it."
        let own = observation.console.lastRecord.judged(
            "when the journal was last written",
            remedy: "`pawl status` says what is wrong with the journal."
        ) { last in
            if let last, now < last {
                return .warn(
                    "It is \(now) by this machine's clock, but the journal's newest record is of \(last).",
                    remedy: remedy
                )
            }
            if let released = observation.target.release.releasedAt, now.day < released {
                return .warn(
                    "It is \(now.day) by this machine's clock, but the release is of \(released).",
                    remedy: remedy
                )
            }
            return .pass("It is \(now.day).")
        }
        // A database that cannot be asked is another finding's affair.
        let servers = (observation.databases.value ?? []).compactMap(judge)
        return .all([own] + servers, none: own)
    }

    private static func judge(_ database: ObservedDatabase) -> Verdict? {
        guard let ahead = database.activity?.clockAhead else { return nil }
        return ahead.judged(
            "what time it is for the server of `\(database.name)`",
            remedy: "See that the server answers: `SELECT clock_timestamp()`."
        ) { ahead in
            guard abs(ahead) >= ClockLimits.seconds else { return .pass("The server of `\(database.name)` agrees.") }
            return .warn(
                "The clock of the server of `\(database.name)` is \(AgeText.words(abs(ahead))) "
                    + "\(ahead > 0 ? "ahead of" : "behind") this machine's.",
                remedy: "See which of the two is wrong, and set it: `timedatectl`. Ages and times are compared across "
                    + "both."
            )
        }
    }
}

/// How far clocks may be apart.
package enum ClockLimits {
    /// One minute, in seconds.
    package static let seconds: Double = 60
}
