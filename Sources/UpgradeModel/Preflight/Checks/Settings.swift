extension Check {
    /// The installation and `pawl.yaml` agree about the settings.
    static let settings = settings(on: .singleVM)

    /// The same in a cluster.
    static let clusterSettings = settings(on: .cluster)

    private static func settings(on ground: Ground) -> Check {
        Check("settings", "Settings agree", needs: .services) { observation in
            observation.installation.settings.judged(
                "the installation's settings",
                remedy: "See that Pawl may read \(ground.readable)."
            ) { settings in
                .all(settings.problems.map { judge($0, ground) }, none: .pass("The settings agree."))
            }
        }
    }

    private static func judge(_ problem: SettingsResolution.Problem, _ ground: Ground) -> Verdict {
        switch problem {
        case .contradiction(let setting, let variable, let installation, let configuration):
            .fail(
                "The installation says `\(variable)=\(installation)`, pawl.yaml says `\(setting): \(configuration)`.",
                remedy: "Remove `\(setting)` from pawl.yaml: the installation's own word counts."
            )
        case .unreadable(let setting, let variable):
            .fail(
                "The value of `\(variable)`, which decides `\(setting)`, is neither a yes nor a no.",
                remedy: "Set `\(variable)` to `true` or `false` in \(ground.variables)."
            )
        case .unknown(let setting, let known):
            .fail(
                "pawl.yaml has the setting `\(setting)`, which the product does not know.",
                remedy: known.isEmpty
                    ? "Remove it: the product has no settings." : "Remove it, or use one of \(ListText.code(known))."
            )
        }
    }
}
