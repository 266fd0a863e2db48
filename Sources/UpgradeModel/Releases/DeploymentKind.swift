/// How an installation runs.
package enum DeploymentKind: String, Sendable, Codable, Hashable, CaseIterable {
    /// One machine with Docker Compose.
    case singleVM = "single-vm"
    /// One machine that runs its own Kubernetes, as KOTS installs it.
    case embeddedCluster = "embedded-cluster"
    /// Kubernetes with Helm.
    case orchestrated

    /// The kind under which releases for this deployment are published: an embedded cluster gets what Kubernetes gets.
    package var publishedAs: DeploymentKind {
        self == .embeddedCluster ? .orchestrated : self
    }
}
