extension Check {
    /// How long the installed release and the target are supported.
    static let supportWindow = Check("support-window", "Support") { observation in
        let target = judge(observation.target.release, observation, after: "the upgrade")
        guard case .known(.offered(let installed)) = observation.installation.standing else {
            return .all(
                [
                    .warn(
                        "When the support of the installed release ends is not known.",
                        remedy: "Look at the finding “Installed release is in the catalog”."
                    ), target,
                ],
                none: target
            )
        }
        return .all([judge(installed, observation, after: nil), target], none: target)
    }

    private static func judge(_ release: Release, _ observation: Observation, after: String?) -> Verdict {
        let name = after == nil ? "the installed release \(release.version)" : "release \(release.version)"
        guard let end = release.releasedAt.adding(months: observation.product.supportMonths) else {
            return .pass("The support of \(name) does not end.")
        }
        let days = observation.console.today.days(until: end)
        let upgrade =
            after == nil
            ? "Upgrade: that is what these checks are for."
            : "Upgrade further after it: `pawl plan` shows to which releases."
        if days < 0 {
            return .warn("The support of \(name) ended on \(end).", remedy: upgrade)
        }
        if days <= SupportNotice.days[0] {
            let left = days == 0 ? "today" : days == 1 ? "tomorrow" : "in \(days) days, on \(end)"
            return .warn("The support of \(name) ends \(left).", remedy: upgrade)
        }
        return .pass("The support of \(name) ends on \(end).")
    }
}

/// When operators are told that support ends.
package enum SupportNotice {
    /// How many days before the end, from the first notice to the last.
    package static let days = [90, 30, 7]

    /// The notice that is due: the smallest of `days` that is not less than the days left; nil before the first.
    ///
    /// - Parameter daysLeft: days until the last day of support; negative once it is over.
    package static func due(daysLeft: Int) -> Int? {
        days.last { daysLeft <= $0 }
    }
}
