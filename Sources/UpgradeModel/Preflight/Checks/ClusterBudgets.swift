extension Check {
    /// No PodDisruptionBudget keeps nodes from being emptied. Deploys do not ask budgets; whoever makes room for one does.
    static let disruptionBudgets = Check("disruption-budgets", "Disruption budgets", needs: .services) { observation in
        ofCluster(
            observation,
            \.budgets,
            "what the disruption budgets allow",
            remedy: { "See that Pawl may read them: `kubectl get poddisruptionbudgets -n \($0.namespace)`." }
        ) { clauses, cluster in
            noneOf(clauses, pass: "No disruption budget stands in the way.") {
                .warn(
                    "A disruption budget allows no pod to be moved: \($0).",
                    remedy: "See `kubectl get poddisruptionbudgets -n \(cluster.namespace)`. The upgrade itself does "
                        + "not ask it; a node that must be emptied meanwhile, or an autoscaler of nodes, would wait "
                        + "for it."
                )
            }
        }
    }
}
