/// The way on where something older than the high-water mark runs: the mark again, and nothing else.
package enum DriftRepair {
    /// Plans it.
    ///
    /// - Parameters:
    ///   - installed: what runs, older than `mark`.
    ///   - mark: the newest release whose migrations have started here.
    ///   - target: what was asked for; nil is the way on, wherever it leads.
    ///   - deployment: how the installation runs.
    ///   - catalog: where the mark must be offered.
    /// - Returns: one hop to the mark, or a refusal.
    package static func plan(
        from installed: ReleaseVersion,
        mark: ReleaseVersion,
        target: ReleaseVersion?,
        deployment: DeploymentKind,
        in catalog: Catalog
    ) -> UpgradePlan {
        let refusal: Refusal
        if let target, target < mark {
            refusal = Refusal(
                .downgrade,
                "Release \(target) is older than \(mark), the high-water mark.",
                remedy:
                    "Pawl never goes back. To return to an earlier state, restore a backup. \(restored(to: installed))"
            )
        } else if let target, target != mark {
            refusal = Refusal(
                .noPath,
                "\(installed) runs, although migrations of \(mark) have started here.",
                remedy: "First deploy \(mark) again: `pawl upgrade --to \(mark)`. \(restored(to: installed))"
            )
        } else if let release = catalog.release(mark) {
            let why = Hop.Reason(
                code: .target,
                message: "\(installed) runs, although migrations of \(mark) have started here: \(mark) must run again, "
                    + "unless the databases were restored by hand (\(RestoredOutside.command()))"
            )
            return UpgradePlan(
                from: installed,
                to: mark,
                deployment: deployment,
                hops: [Hop(release: release, reasons: [why])],
                refusal: nil
            )
        } else {
            refusal = Refusal(
                .unknownRelease,
                "\(installed) runs, although migrations of \(mark) have started here, and the source does not offer \(mark).",
                remedy: "Bring \(mark) back into the source, then deploy it again. \(restored(to: installed))"
            )
        }
        return UpgradePlan(
            from: installed,
            to: target ?? mark,
            deployment: deployment,
            hops: [],
            refusal: refusal
        )
    }

    /// The other way, where what runs is right and the mark is what is out of date.
    private static func restored(to installed: ReleaseVersion) -> String {
        "Where you have brought the databases back to \(installed) yourself, say so instead: \(RestoredOutside.command())."
    }
}
