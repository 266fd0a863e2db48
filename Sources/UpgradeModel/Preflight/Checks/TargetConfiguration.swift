extension Check {
    /// Every variable that the target's files need has a value.
    static let targetConfiguration = targetConfiguration(on: .singleVM)

    /// The same in a cluster: every value that the chart asks for.
    static let clusterTargetConfiguration = targetConfiguration(on: .cluster)

    private static func targetConfiguration(on ground: Ground) -> Check {
        Check("target-configuration", "Configuration of the release", needs: .release) { observation in
            let version = observation.target.release.version
            let place = ground == .singleVM ? ground.variables : "the operator's values (`values` in pawl.yaml)"
            return observation.target.missingVariables.judged(
                "whether release \(version) can be configured",
                remedy: "Look at the finding about the release's package."
            ) { missing in
                guard missing.isEmpty else {
                    return .fail(
                        "Release \(version) needs values for \(ListText.code(missing)).",
                        remedy: "Set them in \(place); the release's notes say what they mean."
                    )
                }
                return .pass("Every variable that release \(version) needs has a value.")
            }
        }
    }
}
