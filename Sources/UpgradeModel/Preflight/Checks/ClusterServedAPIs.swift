extension Check {
    /// The cluster serves every kind of object that the target has.
    static let servedAPIs = Check("served-apis", "The cluster serves what the release uses", needs: .release) {
        observation in
        let version = observation.target.release.version
        return ofCluster(
            observation,
            \.unservedKinds,
            "what release \(version) needs the cluster to serve",
            remedy: { _ in "Look at the finding about the release's package, and see `kubectl api-resources`." }
        ) { kinds, cluster in
            let own = cluster.serverVersion.value.map { " (\($0))" } ?? ""
            return noneOf(kinds, pass: "The cluster serves every kind of object in release \(version).") {
                .fail(
                    "Release \(version) has objects that this cluster's Kubernetes\(own) does not serve: \($0).",
                    remedy: "`kubectl api-resources` shows what is served. Install the custom resources that the "
                        + "release's notes ask for, or bring the cluster to a Kubernetes that the release was made "
                        + "for."
                )
            }
        }
    }
}
