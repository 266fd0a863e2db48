package import UpgradeModel

/// A release's package, unpacked into a folder and found to be whole: Pawl's own layout for a single VM.
package struct PackageFolder: Sendable, Hashable {
    /// An archive of images that the package brings.
    package struct ImageArchive: Sendable, Hashable {
        /// The path of the file.
        package let path: String
        /// Its size in bytes.
        package let bytes: Int64
    }

    /// The folder; an absolute path.
    package let path: String
    /// What the release says of itself.
    package let file: ReleaseFile
    /// `env.defaults`; without entries where the package has none.
    package let defaults: EnvironmentFile
    /// The archives under `images/`, by name.
    package let imageArchives: [ImageArchive]
    /// `NOTES.md`; nil where the package has none.
    package let notes: String?
    /// The text of `docker-compose.yml`.
    package let composeText: [UInt8]

    /// Opens a folder and checks what is in it.
    ///
    /// - Parameters:
    ///   - path: an absolute path.
    ///   - entry: the release as the catalog has it; nil where there is no catalog to agree with, as in a backup set.
    /// - Returns: the package.
    /// - Throws: a `Trouble` with the blame on the release: a file is missing or wrong, or the package is another
    ///   release than the catalog speaks of.
    package static func open(_ path: String, entry: Release? = nil) throws(Trouble) -> PackageFolder {
        let file = try PackageParts.file(in: path, entry: entry)
        let defaults: EnvironmentFile
        if case .missing = TextFile.kind(PathText.join(path, "env.defaults")) {
            defaults = try EnvironmentFile([], path: "env.defaults", blame: .release)
        } else {
            let text = try PackageParts.bytes(of: "env.defaults", in: path)
            defaults = try EnvironmentFile(text, path: "env.defaults", blame: .release)
        }
        let folder = PackageFolder(
            path: path,
            file: file,
            defaults: defaults,
            imageArchives: try PackageParts.imageArchives(in: path),
            notes: try PackageParts.notes(in: path),
            composeText: try PackageParts.bytes(of: "docker-compose.yml", in: path)
        )
        // With the defaults alone, so that a broken file is found before an installation is asked for its values.
        _ = try folder.compose(environment: defaults.values)
        return folder
    }

    /// The Compose file with variables put in.
    ///
    /// - Parameter environment: the effective variables by name, see `MergedEnvironment`.
    /// - Returns: the file, with its variables put in.
    /// - Throws: a `Trouble` with the blame on the release.
    package func compose(environment: [String: String]) throws(Trouble) -> ComposeFile {
        try ComposeFile.read(composeText, path: "docker-compose.yml", environment: environment)
    }

    /// The `.env` of the rendered release.
    ///
    /// - Parameter customer: the operator's file.
    /// - Returns: the text and the values.
    /// - Throws: a `Trouble` where variables refer to one another in a circle.
    package func environment(customer: EnvironmentFile) throws(Trouble) -> MergedEnvironment {
        try MergedEnvironment(
            operator: customer,
            defaults: defaults,
            heading: [
                "Made by Pawl for release \(file.release.version): the operator's values, then the release's defaults.",
                "Changes here are lost with the next release; change the operator's file instead.",
            ]
        )
    }

    /// The images that services use and that release.yaml does not pin, by name.
    ///
    /// An image that its name pins by digest (`name@sha256:…`) needs no id.
    package func unpinnedImages(of compose: ComposeFile) -> [String] {
        compose.images.filter { file.images[$0] == nil && !$0.contains("@sha256:") }
    }

    /// Checks that every image is pinned.
    ///
    /// - Throws: a `Trouble` with the blame on the release that names those which are not.
    package func checkPins(of compose: ComposeFile) throws(Trouble) {
        let unpinned = unpinnedImages(of: compose)
        guard unpinned.isEmpty else {
            throw PackageParts.trouble(
                "release.yaml does not say under `images` which image is meant by \(unpinned.joined(separator: ", "))"
            )
        }
    }
}
