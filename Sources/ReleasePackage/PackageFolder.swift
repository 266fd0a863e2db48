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
        let file = try ReleaseFile.read(try bytes(of: "release.yaml", in: path), path: "release.yaml")
        if let entry {
            try file.checkAgreement(with: entry)
        }
        let defaults: EnvironmentFile
        if case .missing = TextFile.kind(PathText.join(path, "env.defaults")) {
            defaults = try EnvironmentFile([], path: "env.defaults", blame: .release)
        } else {
            let text = try bytes(of: "env.defaults", in: path)
            defaults = try EnvironmentFile(text, path: "env.defaults", blame: .release)
        }
        let folder = PackageFolder(
            path: path,
            file: file,
            defaults: defaults,
            imageArchives: try imageArchives(in: path),
            notes: try notes(in: path),
            composeText: try bytes(of: "docker-compose.yml", in: path)
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
            throw Self.trouble(
                "release.yaml does not say under `images` which image is meant by \(unpinned.joined(separator: ", "))"
            )
        }
    }

    private static func bytes(of name: String, in folder: String) throws(Trouble) -> [UInt8] {
        do {
            return try TextFile.read(PathText.join(folder, name))
        } catch {
            throw trouble(error.isMissing ? "\(name) is missing" : "\(name) \(error.reason)")
        }
    }

    private static func imageArchives(in folder: String) throws(Trouble) -> [ImageArchive] {
        let images = PathText.join(folder, "images")
        guard case .folder = TextFile.kind(images) else {
            return []
        }
        guard let names = TextFile.names(in: images) else {
            throw trouble("images/ cannot be read")
        }
        var archives: [ImageArchive] = []
        for name in names where name.hasSuffix(".tar") {
            let path = PathText.join(images, name)
            guard case .file(let bytes) = TextFile.kind(path) else {
                throw trouble("images/\(name) is not a regular file")
            }
            archives.append(ImageArchive(path: path, bytes: bytes))
        }
        return archives
    }

    private static func notes(in folder: String) throws(Trouble) -> String? {
        guard case .file = TextFile.kind(PathText.join(folder, "NOTES.md")) else {
            return nil
        }
        return String(decoding: try bytes(of: "NOTES.md", in: folder), as: UTF8.self)
    }

    private static func trouble(_ what: String) -> Trouble {
        Trouble(
            .release,
            "package-invalid",
            "The release's package is not as it must be: \(what).",
            remedy: "Get the package again; if that does not help, tell its publisher."
        )
    }
}
