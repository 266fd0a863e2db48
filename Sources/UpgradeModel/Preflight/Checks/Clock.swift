extension Check {
    /// This machine's clock is not obviously wrong.
    static let clock = Check("clock", "Clock") { observation in
        let today = observation.console.today
        let remedy = "Set the clock: `timedatectl`. Records, support dates and backup sets go by it."
        return observation.console.lastRecord.judged(
            "when the journal was last written",
            remedy: "`pawl status` says what is wrong with the journal."
        ) { last in
            if let last, today < last {
                return .warn(
                    "It is \(today) by this machine's clock, but the journal's newest record is of \(last).",
                    remedy: remedy
                )
            }
            if let released = observation.target.release.releasedAt, today < released {
                return .warn(
                    "It is \(today) by this machine's clock, but the release is of \(released).",
                    remedy: remedy
                )
            }
            return .pass("It is \(today).")
        }
    }
}
