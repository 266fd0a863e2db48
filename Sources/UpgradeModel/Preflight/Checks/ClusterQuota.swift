extension Check {
    /// The namespace's quota allows the pods that the upgrade adds for a while.
    static let clusterQuota = Check("cluster-quota", "Quota of the namespace", needs: .release) { observation in
        ofCluster(
            observation,
            \.quota,
            "whether the namespace's quota allows the upgrade",
            remedy: { "See that Pawl may read them: `kubectl get resourcequotas -n \($0.namespace)`." }
        ) { clauses, cluster in
            noneOf(clauses, pass: "No quota stands in the way.") {
                .fail(
                    "The quota of the namespace `\(cluster.namespace)` does not allow what the upgrade needs: \($0).",
                    remedy: "See `kubectl describe resourcequotas -n \(cluster.namespace)`. Raise the quota for the "
                        + "time of the upgrade, or lower what the operator's values ask for."
                )
            }
        }
    }
}
