extension Check {
    /// The target's package is there and is what the catalog says.
    static let releasePackage = Check("release-package", "Package of the release") { observation in
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

    /// Every variable that the target's files need has a value.
    static let targetConfiguration = Check("target-configuration", "Configuration of the release") { observation in
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
