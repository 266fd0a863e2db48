import Documents
import UpgradeModel

extension DocumentError {
    /// The error in words for an operator, for a file that the operator keeps.
    ///
    /// Its code begins with `configuration-`: Pawl cannot even tell what it was asked for.
    func configurationTrouble() -> Trouble {
        let isUnreadable = code == .unreadable
        return Trouble(
            .operator,
            isUnreadable ? "configuration-unreadable" : "configuration-invalid",
            // A question, such as whether another key was meant, has its own mark.
            description.hasSuffix("?") ? description : description + ".",
            remedy: isUnreadable
                ? "Give the right path with --config, or let Pawl's user read the file."
                : "Correct the line; docs/reference says what may stand there."
        )
    }

    /// The error in words for an operator, for a file of a release.
    func releaseTrouble() -> Trouble {
        Trouble(
            .release,
            "package-invalid",
            "The release's package is not as it must be: \(description).",
            remedy: "Get the package again; if that does not help, tell its publisher."
        )
    }
}
