/// What a set of a Helm release notes about it, for whoever restores it by hand.
package enum HelmNotes {
    /// The release's name.
    package static let release = "helm release"
    /// Its namespace.
    package static let namespace = "namespace"
    /// The name of the chart's archive in the set.
    package static let chart = "chart"
    /// The revision that was deployed.
    package static let revision = "helm revision"
    /// The workloads that stand still while databases are restored, as `deployment/api`, separated by spaces.
    package static let writers = "workloads"
}
