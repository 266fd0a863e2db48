extension Check {
    /// The workloads are what the release's record says.
    static let clusterDrift = Check("cluster-drift", "Workloads are what the record says", needs: .services) {
        observation in
        ofCluster(
            observation,
            \.drift,
            "whether the workloads are what the release's record says",
            remedy: { "See that Pawl may read them: `kubectl get deploy,statefulset,daemonset -n \($0.namespace)`." }
        ) { drift, cluster in
            let manifest = "helm get manifest \(cluster.releaseName) -n \(cluster.namespace)"
            return noneOf(drift, pass: "Every workload is what the release's record says.") {
                // The release that the databases belong to is deployed again: that is what puts it right.
                guard !isRepair(observation) else {
                    return .warn(
                        "The cluster runs something else than it should: \($0).",
                        remedy: "Find out who did that. Deploying \(observation.target.release.version) puts it right."
                    )
                }
                return .fail(
                    "The cluster runs something else than the release's record says: \($0).",
                    remedy: "Somebody changed it by hand, or another tool did: `\(manifest) | kubectl diff -n "
                        + "\(cluster.namespace) -f -` shows what. `\(manifest) | kubectl apply -n "
                        + "\(cluster.namespace) -f -` brings back what the record says; not where that is older than "
                        + "the databases, see the finding “Installed release is what it says”."
                )
            }
        }
    }

    /// Whether the hop leads to the release whose migrations have started here, while an older one runs.
    private static func isRepair(_ observation: Observation) -> Bool {
        guard let running = observation.installation.running.value?.version,
            let mark = observation.installation.highWaterMark.value ?? nil
        else { return false }
        return running < mark && observation.target.release.version == mark
    }
}
