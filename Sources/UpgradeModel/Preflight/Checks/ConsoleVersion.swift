extension Check {
    /// This Pawl is new enough for the target.
    static let consoleVersion = Check("console-version", "Pawl is new enough", needs: .release) { observation in
        let target = observation.target.release
        guard observation.target.consoleMinimumIsPawls, let minimum = target.minConsoleVersion else {
            return .pass("Release \(target.version) asks for no version of Pawl.")
        }
        guard observation.console.version >= minimum else {
            return .fail(
                "This is Pawl \(observation.console.version); release \(target.version) asks for \(minimum) or newer.",
                remedy: "Upgrade Pawl first, then run the checks again."
            )
        }
        return .pass("This is Pawl \(observation.console.version); \(minimum) is asked for.")
    }
}
