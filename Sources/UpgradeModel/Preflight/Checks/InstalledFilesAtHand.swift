extension Check {
    /// The installed release's own files and images are there: without them no restore would be complete.
    static let installedFiles = Check("installed-files", "Files of the installed release", needs: .services) {
        observation in
        observation.installation.files.judged(
            "whether the installed release's own files are there",
            remedy: "See that Pawl may read the installation's directory."
        ) { files in
            if !files.troubles.isEmpty {
                return .fail(
                    "A backup set must hold the installed release, but \(ListText.and(files.troubles)).",
                    remedy: "Put the files of the installed release's package back into the installation's directory."
                )
            }
            guard files.lostImages.isEmpty else {
                return .fail(
                    "The Engine no longer has these images of the installed release: "
                        + "\(ListText.code(files.lostImages)).",
                    remedy: "Load them again with `docker load` from the installed release's package, or pull them."
                )
            }
            return .pass("The installed release's files and images are there.")
        }
    }

    /// The same in a cluster: the chart and the values of what is installed. Images are the registry's affair.
    static let clusterInstalledFiles = Check("installed-files", "Files of the installed release", needs: .services) {
        observation in
        observation.installation.files.judged(
            "whether the chart and the values of what is installed can be had",
            remedy: "See that Pawl may read the release's record: Secrets of the type `helm.sh/release.v1`."
        ) { files in
            noneOf(files.troubles, pass: "The chart and the values of what is installed can be had.") {
                .fail(
                    "A backup set must hold the installed release, but \($0).",
                    remedy: "Let the source in pawl.yaml offer the installed release's package again: its chart must "
                        + "be the one that was installed, to the byte."
                )
            }
        }
    }
}
