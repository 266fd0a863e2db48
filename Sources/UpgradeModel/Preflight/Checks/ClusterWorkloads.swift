extension Check {
    /// The application is well now: an upgrade is no cure.
    static let workloadsHealthy = Check("workloads-healthy", "Workloads are healthy now", needs: .services) {
        observation in
        ofCluster(
            observation,
            \.workloads,
            "how the workloads are",
            remedy: { "See that Pawl may read them: `kubectl get deploy,statefulset,daemonset -n \($0.namespace)`." }
        ) { workloads, cluster in
            guard !workloads.isEmpty else {
                return .fail(
                    "None of the release's workloads is there.",
                    remedy: "See that `deployment.orchestrated` in pawl.yaml names the right release: `helm get "
                        + "manifest \(cluster.releaseName) -n \(cluster.namespace)`."
                )
            }
            let databases = observation.product.orchestrated?.databaseWorkloads ?? []
            return .all(
                workloads.compactMap { judge($0, isDatabase: databases.contains($0.component), cluster.namespace) },
                none: .pass("All \(workloads.count) workloads are well.")
            )
        }
    }

    private static func judge(_ workload: ObservedWorkload, isDatabase: Bool, _ namespace: String) -> Verdict? {
        guard let complaint = workload.complaint else { return nil }
        let object = "\(workload.kind.lowercased())/\(workload.name)"
        let message = "The \(workload.kind) `\(workload.name)` is not well: \(complaint)."
        let remedy =
            "Look at `kubectl describe \(object) -n \(namespace)` and `kubectl logs \(object) -n \(namespace) "
            + "--all-containers`."
        if isDatabase {
            return .fail(message, remedy: remedy + " A database must be well before it is backed up.")
        }
        return .warn(message, remedy: remedy + " What is broken before an upgrade is mostly broken after it.")
    }
}
