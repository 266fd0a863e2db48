extension Check {
    /// The oldest Kubernetes that Pawl was tried with.
    private static let oldest = KubernetesMinor(major: 1, minor: 20)

    /// The cluster's API server answers.
    static let clusterReachable = Check("cluster-reachable", "The cluster answers", needs: .engine) { observation in
        // Nobody but this check may send readers to it.
        switch observation.cluster {
        case .unknown(let reason):
            .error("Pawl could not find out how the cluster is: \(reason).", remedy: remedy)
        case .known(let cluster):
            cluster.serverVersion.judged("which Kubernetes the cluster has", remedy: remedy, by: judge)
        }
    }

    private static let remedy =
        "See that `kubectl version` answers with the kubeconfig and context that `deployment.orchestrated` in "
        + "pawl.yaml names, as the user that Pawl runs as."

    private static func judge(_ version: String) -> Verdict {
        if let minor = KubernetesMinor(version), minor < oldest {
            return .warn(
                "The cluster answers, but its Kubernetes is \(version); Pawl was tried with \(oldest) and newer.",
                remedy: "Bring the cluster up to date first, if you can."
            )
        }
        return .pass("The cluster answers; its Kubernetes is \(version).")
    }
}
