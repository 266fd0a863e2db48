extension Check {
    /// No controller puts back what Pawl changes: it would start stopped writers while they are backed up, and bring the
    /// old release back on migrated databases.
    static let gitOps = Check("gitops", "No controller undoes the upgrade", needs: .services) { observation in
        ofCluster(
            observation,
            \.gitOps,
            "whether a controller owns the release",
            remedy: { "See that Pawl may read them: `kubectl get applications,helmreleases -n \($0.namespace)`." }
        ) { owners, cluster in
            .all(
                owners.map { judge($0, cluster.namespace) },
                none: .pass("No controller puts back what Pawl changes.")
            )
        }
    }

    private static func judge(_ owner: String, _ namespace: String) -> Verdict {
        let name = owner.split(separator: " ").last.map(String.init) ?? owner
        let stop: String
        if owner.hasPrefix("Argo CD") {
            stop = "Switch its automatic sync off: `argocd app set \(name) --sync-policy none`."
        } else if owner.hasPrefix("Flux") {
            stop = "Suspend it: `flux suspend helmrelease \(name) -n \(namespace)`."
        } else {
            stop = "Have it leave the release alone."
        }
        return .fail(
            "\(owner) looks after the release: it would start the stopped writers again, and undo the upgrade.",
            remedy: "\(stop) After the upgrade, write the new chart version where it reads from before you let it go "
                + "on, or it brings the old release back on migrated databases."
        )
    }
}
