extension Check {
    /// The target's package is there and is what the catalog says.
    static let releasePackage = Check("release-package", "Package of the release", needs: .release) { observation in
        let version = observation.target.release.version
        return observation.target.package.judged(
            "whether the package of \(version) is good",
            remedy: "See that the source in pawl.yaml can be reached, and run `pawl check`."
        ) { condition in
            switch condition {
            case .sound(let bytes):
                .pass("The package of \(version) (\(SizeText.bytes(bytes))) is what the catalog says.")
            case .refused(let trouble):
                .fail("The package of \(version) is refused: \(trouble.message)", remedy: trouble.remedy)
            }
        }
    }
}
