extension Check {
    /// An embedded cluster has the Kubernetes that the release is meant for. Pawl upgrades the application in it, never
    /// the cluster.
    static let clusterVersion = Check("cluster-version", "Kubernetes of an embedded cluster", needs: .engine) {
        observation in
        let target = observation.target.release
        return ofCluster(
            observation,
            \.serverVersion,
            "which Kubernetes the cluster has",
            remedy: { _ in "Look at the finding “The cluster answers”." }
        ) { version, cluster in
            guard cluster.isEmbedded else {
                return .pass("The cluster is the operator's own; releases do not say what it must be.")
            }
            guard let asked = target.kubernetes else {
                return .pass("Release \(target.version) does not say which Kubernetes it is meant for.")
            }
            guard let own = KubernetesMinor(version) else {
                return .error(
                    "The cluster calls its version `\(version)`, which Pawl cannot read; release \(target.version) is "
                        + "meant for \(asked).",
                    remedy: "See what `kubectl version` says."
                )
            }
            return judge(own: own, asked: asked, by: target.version)
        }
    }

    private static func judge(own: KubernetesMinor, asked: KubernetesMinor, by version: ReleaseVersion) -> Verdict {
        if own < asked {
            return .fail(
                "Release \(version) is meant for Kubernetes \(asked), and the embedded cluster has \(own). Pawl does "
                    + "not upgrade an embedded cluster's Kubernetes.",
                remedy: own.allowsHop(to: asked)
                    ? "Bring the cluster to \(asked) first, with the installer that made it; then run the checks again."
                    : "Bring the cluster to \(asked) first, minor by minor, with the installer that made it; then run "
                        + "the checks again."
            )
        }
        if asked < own {
            return .warn(
                "Release \(version) is meant for Kubernetes \(asked), and the embedded cluster has \(own) already.",
                remedy: "Nothing need be done where the finding “The cluster serves what the release uses” passes. "
                    + "Never bring a cluster back to an older Kubernetes."
            )
        }
        return .pass("The embedded cluster has Kubernetes \(own), for which release \(version) is meant.")
    }
}
