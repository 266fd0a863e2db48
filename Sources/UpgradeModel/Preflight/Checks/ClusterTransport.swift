extension Check {
    /// Nobody can listen in on the cluster, or pose as it. It does not block: the operator has said so in the kubeconfig,
    /// and is to hear it every time.
    static let clusterTransport = Check("cluster-transport", "Connection to the cluster is safe", needs: .engine) {
        observation in
        let warnings = observation.cluster.map(\.warnings)
        return warnings.judged(
            "how the cluster is reached",
            remedy: "Look at the finding “The cluster answers”."
        ) { warnings in
            noneOf(warnings, pass: "The API server shows who it is, and nobody can listen in.") {
                .warn(
                    "\($0.sentence). Whoever gets between can read every Secret, and act as Pawl does.",
                    remedy: "Give the kubeconfig the cluster's CA, `kubectl config set-cluster NAME "
                        + "--certificate-authority=FILE --embed-certs`, and take the exception out of it, `kubectl "
                        + "config unset clusters.NAME.insecure-skip-tls-verify`."
                )
            }
        }
    }
}
