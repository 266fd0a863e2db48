extension Check {
    /// Some node has room for every pod of the target.
    static let clusterRoom = Check("cluster-room", "Nodes have room", needs: .release) { observation in
        ofCluster(
            observation,
            \.room,
            "whether the nodes have room for the release",
            remedy: { _ in "See that Pawl may read nodes and pods: `kubectl auth can-i list nodes`." }
        ) { clauses, _ in
            guard let clauses else {
                return .warn(
                    "Whether the nodes have room for the release cannot be known: Pawl's account may not look at nodes "
                        + "and at the pods of all namespaces.",
                    remedy: "See `kubectl describe nodes`, or let Pawl's account list nodes and pods in the whole "
                        + "cluster."
                )
            }
            return noneOf(clauses, pass: "The nodes have room for every pod of the release.") {
                .fail(
                    "No node has room: \($0).",
                    remedy: "See `kubectl describe nodes`. Add a node, free one, or lower what the operator's values "
                        + "ask for: past the point of no return such a pod would wait, and the application with it."
                )
            }
        }
    }
}
