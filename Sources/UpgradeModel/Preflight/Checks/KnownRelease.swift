extension Check {
    /// The catalog knows the installed release.
    static let knownRelease = Check("known-release", "Installed release is in the catalog", needs: .services) {
        observation in
        observation.installation.standing.judged(
            "whether the catalog has the installed release",
            remedy: "Run `pawl check`, which says what is wrong with the source."
        ) { standing in
            switch standing {
            case .offered(let release):
                .pass("The catalog has release \(release.version).")
            case .quarantined(let reason):
                .warn(
                    "The catalog's entry for the installed release is not to be trusted: \(reason).",
                    remedy: "The upgrade does not depend on it. Tell whoever publishes the catalog."
                )
            case .unknown:
                .warn(
                    "The catalog does not have the installed release: when its support ends, and which stops lie "
                        + "behind it, is not known.",
                    remedy: "See that `source` in pawl.yaml names the right place and channel."
                )
            }
        }
    }
}
