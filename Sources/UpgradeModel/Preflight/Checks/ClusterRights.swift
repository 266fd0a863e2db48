extension Check {
    /// Pawl's account may do everything that an upgrade does.
    static let clusterRights = Check("cluster-rights", "Pawl's account may do what it must", needs: .engine) {
        observation in
        ofCluster(
            observation,
            \.missingRights,
            "what Pawl's account may do",
            remedy: { "See what `kubectl auth can-i --list -n \($0.namespace)` says." }
        ) { missing, cluster in
            noneOf(missing, pass: "Pawl's account may do everything that an upgrade does.") {
                let rules = cluster.roleSnippet.isEmpty ? "" : ":\n\(cluster.roleSnippet)"
                return .fail(
                    "Pawl's account may not: \($0).",
                    remedy: "Add what is missing to the Role that the account is bound to, `kubectl edit role -n "
                        + "\(cluster.namespace)`\(rules.isEmpty ? "." : rules)"
                )
            }
        }
    }
}
