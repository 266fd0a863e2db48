package import UpgradeModel

/// The places in the folder of an installation on a single machine.
package struct InstallationFolder: Sendable, Hashable {
    /// The folder's absolute path, without a slash at its end.
    package let path: String

    /// Names the folder.
    ///
    /// - Parameter path: absolute.
    package init(path: String) {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        self.path = String(trimmed)
    }

    /// The names of the two files that Compose itself looks for.
    package static let composeName = "docker-compose.yml"
    package static let environmentName = ".env"

    /// The Compose file: a file of the operator's at first, then a link to the current release's.
    package var composeFile: String { path + "/" + Self.composeName }
    /// The variables' file: likewise.
    package var environmentFile: String { path + "/" + Self.environmentName }
    /// The link to the current release's folder.
    package var currentLink: String { path + "/current" }
    /// The folder of all releases' folders.
    package var releases: String { path + "/releases" }

    /// A release's own folder.
    package func release(_ version: ReleaseVersion) -> ReleaseFolder { ReleaseFolder(path: "\(releases)/\(version)") }

    /// The operator's own additions, which Compose adds to the file of whatever release runs.
    package static let overrideNames = ["docker-compose.override.yml", "docker-compose.override.yaml"]
}

/// The folder of one rendered release.
package struct ReleaseFolder: Sendable, Hashable {
    /// Its absolute path.
    package let path: String

    /// Names the folder.
    package init(path: String) { self.path = path }

    /// The Compose file.
    package var composeFile: String { path + "/" + InstallationFolder.composeName }
    /// The variables' values for it.
    package var environmentFile: String { path + "/" + InstallationFolder.environmentName }
    /// Which image ids the references in the Compose file stand for, as JSON.
    package var imagesFile: String { path + "/images.json" }
}
