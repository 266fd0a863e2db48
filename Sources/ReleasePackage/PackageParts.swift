import UpgradeModel

/// What packages of every form have in common.
enum PackageParts {
    /// The bytes of a file that must be there.
    static func bytes(of name: String, in folder: String) throws(Trouble) -> [UInt8] {
        do {
            return try TextFile.read(PathText.join(folder, name))
        } catch {
            throw trouble(error.isMissing ? "\(name) is missing" : "\(name) \(error.reason)")
        }
    }

    /// What the release says of itself, which must be what the catalog says.
    static func file(in folder: String, entry: Release?) throws(Trouble) -> ReleaseFile {
        let file = try ReleaseFile.read(try bytes(of: "release.yaml", in: folder), path: "release.yaml")
        if let entry {
            try file.checkAgreement(with: entry)
        }
        return file
    }

    /// The archives under `images/`, by name.
    static func imageArchives(in folder: String) throws(Trouble) -> [PackageFolder.ImageArchive] {
        let images = PathText.join(folder, "images")
        guard case .folder = TextFile.kind(images) else {
            return []
        }
        guard let names = TextFile.names(in: images) else {
            throw trouble("images/ cannot be read")
        }
        var archives: [PackageFolder.ImageArchive] = []
        for name in names where name.hasSuffix(".tar") {
            let path = PathText.join(images, name)
            guard case .file(let bytes) = TextFile.kind(path) else {
                throw trouble("images/\(name) is not a regular file")
            }
            archives.append(PackageFolder.ImageArchive(path: path, bytes: bytes))
        }
        return archives
    }

    /// The release notes; nil where there are none.
    static func notes(in folder: String) throws(Trouble) -> String? {
        guard case .file = TextFile.kind(PathText.join(folder, "NOTES.md")) else {
            return nil
        }
        return String(decoding: try bytes(of: "NOTES.md", in: folder), as: UTF8.self)
    }

    /// A trouble with the blame on the release; `what` is one clause.
    static func trouble(_ what: String) -> Trouble {
        Trouble(
            .release,
            "package-invalid",
            "The release's package is not as it must be: \(what).",
            remedy: "Get the package again; if that does not help, tell its publisher."
        )
    }
}
