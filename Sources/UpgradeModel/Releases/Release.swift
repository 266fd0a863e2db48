/// One published release, every field validated.
package struct Release: Sendable, Hashable, Codable {
    /// The version, in the spelling of its publisher.
    package let version: ReleaseVersion
    /// The version of the Helm chart or package series; nil where it was not published.
    package let chartVersion: ReleaseVersion?
    /// The day of publication; nil only for an entry of a Helm index that does not say.
    package let releasedAt: Day?
    /// Whether it is an alpha, a beta or a release candidate, by its mark or by its version.
    package let isPrerelease: Bool
    /// The deployments that it is published for; nil where the catalog does not say, which means all.
    package let deployments: Set<DeploymentKind>?
    /// Whether no path may pass it by.
    package let isRequired: Bool
    /// The oldest customer package that it accepts.
    package let packageMinVersion: ReleaseVersion?
    /// The Kubernetes minor that an embedded cluster of this release runs.
    package let kubernetes: KubernetesMinor?
    /// The oldest console that may deploy it; compared only where the catalog counts in Pawl's own versions.
    package let minConsoleVersion: ReleaseVersion?
    /// Release notes, as published.
    package let notes: String?
    /// Its files.
    package let package: PackageReference?

    /// Makes a release; what is left out was not published.
    package init(
        version: ReleaseVersion,
        chartVersion: ReleaseVersion? = nil,
        releasedAt: Day? = nil,
        isPrerelease: Bool = false,
        deployments: Set<DeploymentKind>? = nil,
        isRequired: Bool = false,
        packageMinVersion: ReleaseVersion? = nil,
        kubernetes: KubernetesMinor? = nil,
        minConsoleVersion: ReleaseVersion? = nil,
        notes: String? = nil,
        package: PackageReference? = nil
    ) {
        self.version = version
        self.chartVersion = chartVersion
        self.releasedAt = releasedAt
        self.isPrerelease = isPrerelease || version.isPrerelease
        self.deployments = deployments
        self.isRequired = isRequired
        self.packageMinVersion = packageMinVersion
        self.kubernetes = kubernetes
        self.minConsoleVersion = minConsoleVersion
        self.notes = notes
        self.package = package
    }

    /// Whether it is published for a deployment.
    package func isPublished(for deployment: DeploymentKind) -> Bool {
        deployments?.contains(deployment.publishedAs) ?? true
    }
}

/// Where a release's files are, and what they must be.
package struct PackageReference: Sendable, Hashable, Codable {
    /// A path relative to the catalog, or an address.
    package let path: String
    /// The SHA-256 of the file; nil for a folder, or where it was not published.
    package let sha256: ContentDigest?
    /// The size of the file in bytes; nil where it was not published.
    package let bytes: Int64?

    /// Makes a reference.
    package init(path: String, sha256: ContentDigest? = nil, bytes: Int64? = nil) {
        self.path = path
        self.sha256 = sha256
        self.bytes = bytes
    }
}
