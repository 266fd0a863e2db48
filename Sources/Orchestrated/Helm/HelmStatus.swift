import Kubernetes
package import UpgradeModel

/// How a revision of a release is, in Helm's words.
package enum HelmStatus: String, Sendable, Hashable, CaseIterable {
    /// Nobody knows; also a word that is not known here.
    case unknown
    /// It is what the cluster should have.
    case deployed
    /// It was taken away; only its record is left.
    case uninstalled
    /// A later one took its place.
    case superseded
    /// Installing it, or moving to it, failed.
    case failed
    /// It is being taken away.
    case uninstalling
    /// It is being installed.
    case pendingInstall = "pending-install"
    /// The release is being moved to it.
    case pendingUpgrade = "pending-upgrade"
    /// The release is being moved back to it.
    case pendingRollback = "pending-rollback"

    /// Whether a Helm is at work on it, or died of it.
    package var isPending: Bool { [.pendingInstall, .pendingUpgrade, .pendingRollback].contains(self) }
}

/// What can be told of a revision without reading its record, which may be large.
package struct HelmRecordHead: Sendable, Hashable {
    /// The revision.
    package let revision: Int
    /// How it is.
    package let status: HelmStatus
    /// When its record was made.
    package let createdAt: Moment?
    /// When Helm changed its record last, as it says itself. Some versions of Helm take it over from the revision before;
    /// it is then earlier than `createdAt`.
    package let modifiedAt: Moment?
    /// The name of its Secret.
    package let object: String
    /// The version of its Secret.
    package let resourceVersion: String
    /// All labels of its Secret, those of whoever made the revision among them.
    package let labels: [String: String]

    /// Reads the metadata of a Secret; nil where it is no record of that release.
    init?(_ metadata: ObjectMetadata, release: String) {
        let prefix = Self.prefix(release)
        guard metadata.name.hasPrefix(prefix), metadata.labels["owner"] == "helm",
            metadata.labels["name"] == release, let revision = Int(metadata.name.dropFirst(prefix.count)), revision > 0
        else { return nil }
        self.revision = revision
        status = metadata.labels["status"].flatMap { HelmStatus(rawValue: $0) } ?? .unknown
        createdAt = metadata.creationTimestamp.map { Moment(microseconds: $0.microseconds) }
        let seconds = metadata.labels["modifiedAt"].flatMap { Int64($0) }
        modifiedAt = seconds.flatMap { seconds in
            let (microseconds, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000)
            return isTooLarge ? nil : Moment(microseconds: microseconds)
        }
        object = metadata.name
        resourceVersion = metadata.resourceVersion
        labels = metadata.labels
    }

    /// What the names of a release's Secrets begin with.
    static func prefix(_ release: String) -> String { "sh.helm.release.v1.\(release).v" }
}
