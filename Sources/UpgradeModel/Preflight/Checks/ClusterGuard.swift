extension Check {
    /// The guard, where one is installed, can be told what the upgrade brings: it would stop Pawl's own Helm otherwise.
    static let releaseGuard = Check("guard", "The guard lets the upgrade through", needs: .services) { observation in
        ofCluster(
            observation,
            \.releaseGuard,
            "whether a guard is installed",
            remedy: { _ in "See what `pawl guard status` says." }
        ) { found, cluster in
            guard let found else { return .pass("No guard is installed.") }
            guard found.obstacles.isEmpty else {
                let rules =
                    found.rules.isEmpty
                    ? "" : " Add what is missing to its Role in \(cluster.namespace):\n\(found.rules)"
                return .fail(
                    "The guard would stop the upgrade: \(ListText.and(found.obstacles)).",
                    remedy: "Put it right with `pawl guard install`, or take it away with `pawl guard remove`.\(rules)"
                )
            }
            guard found.edits.isEmpty else {
                return .warn(
                    "The guard is not what Pawl has made of it: \(ListText.and(found.edits)).",
                    remedy: "Put it right with `pawl guard install`, or take it away with `pawl guard remove`."
                )
            }
            return .pass("The guard is installed, and will be told which release comes.")
        }
    }
}
