extension Check {
    /// What belongs to the configuration can be read, and so be backed up.
    static let configurationFiles = configurationFiles(on: .singleVM)

    /// The same in a cluster, where the configuration is the operator's own values.
    static let clusterConfigurationFiles = configurationFiles(on: .cluster)

    private static func configurationFiles(on ground: Ground) -> Check {
        Check("configuration-files", "Configuration can be backed up", needs: .services) { observation in
            observation.installation.configuration.judged(
                "whether the configuration can be read",
                remedy: ground == .singleVM
                    ? "See that Pawl may read the installation's directory."
                    : "See that Pawl may read \(ground.readable), and the files under `values` in pawl.yaml."
            ) { troubles in
                .all(
                    troubles.map { trouble in
                        .fail(
                            "`\(trouble.path)` belongs to the configuration, but \(trouble.reason).",
                            remedy: "Put it back, or see that Pawl may read it; remove a link that leads nowhere."
                        )
                    },
                    none: .pass("Every file of the configuration can be read.")
                )
            }
        }
    }
}
