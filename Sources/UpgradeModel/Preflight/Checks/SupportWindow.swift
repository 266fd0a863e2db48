extension Check {
    /// How long the installed release and the target are supported.
    static let supportWindow = Check("support-window", "Support", needs: .services) { observation in
        let target = judge(observation.target.release, observation, isInstalled: false)
        guard case .known(.offered(let installed)) = observation.installation.standing else {
            let unknown = Verdict.warn(
                "When the support of the installed release ends is not known.",
                remedy: "Look at the finding “Installed release is in the catalog”."
            )
            return .all([unknown, target], none: target)
        }
        return .all([judge(installed, observation, isInstalled: true), target], none: target)
    }

    private static func judge(_ release: Release, _ observation: Observation, isInstalled: Bool) -> Verdict {
        let name = isInstalled ? "the installed release \(release.version)" : "release \(release.version)"
        guard let releasedAt = release.releasedAt else {
            return .warn(
                "When the support of \(name) ends is not known: the catalog does not say when it was released.",
                remedy: "Tell whoever publishes the catalog."
            )
        }
        let today = observation.console.today
        guard let standing = observation.product.supportWindow.standing(releasedAt: releasedAt, on: today) else {
            return .pass("The support of \(name) does not end.")
        }
        let remedy =
            isInstalled
            ? "Upgrade: that is what these checks are for."
            : "Upgrade further after it: `pawl plan` shows to which releases."
        switch (standing.status, standing.daysLeft) {
        case (.supported, _): return .pass("The support of \(name) ends on \(standing.endsOn).")
        case (.unsupported, _): return .warn("The support of \(name) ended on \(standing.endsOn).", remedy: remedy)
        case (.expiring, 0): return .warn("The support of \(name) ends today.", remedy: remedy)
        case (.expiring, 1): return .warn("The support of \(name) ends tomorrow.", remedy: remedy)
        case (.expiring, let days):
            return .warn("The support of \(name) ends in \(days) days, on \(standing.endsOn).", remedy: remedy)
        }
    }
}
