extension Check {
    /// What belongs to the configuration can be read, and so be backed up.
    static let configurationFiles = Check("configuration-files", "Configuration can be backed up", needs: .services) {
        observation in
        observation.installation.configuration.judged(
            "whether the configuration can be read",
            remedy: "See that Pawl may read the installation's directory."
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
