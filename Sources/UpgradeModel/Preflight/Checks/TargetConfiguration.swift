extension Check {
    /// Every variable that the target's files need has a value.
    static let targetConfiguration = Check("target-configuration", "Configuration of the release", needs: .release) {
        observation in
        let version = observation.target.release.version
        return observation.target.missingVariables.judged(
            "whether release \(version) can be configured",
            remedy: "Look at the finding about the release's package."
        ) { missing in
            guard missing.isEmpty else {
                return .fail(
                    "Release \(version) needs values for \(ListText.code(missing)).",
                    remedy: "Set them in the installation's environment file; the release's notes say what they mean."
                )
            }
            return .pass("Every variable that release \(version) needs has a value.")
        }
    }
}
