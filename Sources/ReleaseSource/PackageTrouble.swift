import Archives
import UpgradeModel

/// What can be wrong with a package, in words for an operator.
enum PackageTrouble {
    /// The package is not where the catalog says.
    static func missing(_ release: Release, _ message: String) -> Trouble {
        Trouble(
            .release,
            "package-missing",
            message,
            remedy: "Copy the whole release into the source; if it is whole, tell its publisher."
        )
    }

    /// The package is there and cannot be used, or could not be unpacked here.
    static func unusable(_ release: Release, _ error: ArchiveError) -> Trouble {
        if error.isEnvironment {
            return Trouble(
                .environment,
                "package-unpack-failed",
                "The package of \(release.version) could not be unpacked: \(error).",
                remedy: "Check that the disk has room and that Pawl's user may read and write; then try again."
            )
        }
        return Trouble(
            .release,
            error.code == .rejected ? "package-digest-mismatch" : "package-invalid",
            "The package of \(release.version) is not as it must be: \(error).",
            remedy: "Get the package again; if that does not help, tell its publisher."
        )
    }
}
