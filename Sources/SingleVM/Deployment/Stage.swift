internal import Foundation
package import UpgradeModel

extension ComposeDeployment {
    /// Renders a release into its own folder and makes sure that the Engine has all its images. Nothing that runs is
    /// touched.
    ///
    /// - Parameters:
    ///   - version: the release.
    ///   - content: its package.
    ///   - report: gets a line and the part that is done.
    /// - Returns: the migration services to run, in order.
    /// - Throws: blame `release` where the Compose file asks for what a release may not; code `image-missing` where an
    ///   image cannot be had.
    package func stage(
        _ version: ReleaseVersion,
        content: ReleaseContent,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) -> [String] {
        let staging = ReleaseFolder(path: folder.releases + "/.staging-\(version)")
        try DurableFiles.makeFolder(folder.releases)
        try DurableFiles.remove(staging.path)
        try DurableFiles.makeFolder(staging.path)
        try render(content, into: staging)
        report("Checking the Compose file", 0)
        let file = try await composeFile(of: staging)
        try await check(file, pins: content.images, version: version)
        let ids = try await provideImages(of: file, content: content, report: report)
        try writeImages(ids, of: staging)
        try DurableFiles.sync(folder: staging.path)
        try place(staging, as: folder.release(version))
        return migrationServices
    }

    /// The migration services that the settings make necessary.
    var migrationServices: [String] { migrations.map(\.service) }

    /// Which image id each name in a release's Compose file stands for; nil where that was not written down.
    package func images(of release: ReleaseFolder) throws(Trouble) -> [String: String]? {
        guard let bytes = try DurableFiles.read(release.imagesFile) else { return nil }
        return try? JSONDecoder().decode([String: String].self, from: Data(bytes))
    }

    /// Writes down which images a kept release's names stand for now.
    func noteImages(of release: ReleaseFolder) async throws(Trouble) {
        var ids: [String: String] = [:]
        for service in try await composeFile(of: release).services {
            if let image = service.image, let found = try await engine.image(image) { ids[image] = found.id }
        }
        try writeImages(ids, of: release)
    }

    private func writeImages(_ ids: [String: String], of release: ReleaseFolder) throws(Trouble) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(ids) else { return }
        try DurableFiles.write(Array(data), to: release.imagesFile, access: .open)
    }

    private func render(_ content: ReleaseContent, into staging: ReleaseFolder) throws(Trouble) {
        guard let compose = try DurableFiles.read("\(content.folder)/\(InstallationFolder.composeName)", limit: 4 << 20)
        else {
            throw Trouble(
                .release,
                "compose-file",
                "The package has no \(InstallationFolder.composeName).",
                remedy: "Get the release's package again; if it fails again, tell its publisher."
            )
        }
        try DurableFiles.write(compose, to: staging.composeFile, access: .open)
        // Whoever may read the installation's variables now may read the new ones; nobody else.
        let access = DurableFiles.access(of: folder.environmentFile) ?? .secret
        try DurableFiles.write(Array(content.environment.utf8), to: staging.environmentFile, access: access)
        for name in ["release.yaml", "NOTES.md"] {
            guard let bytes = try DurableFiles.read("\(content.folder)/\(name)", limit: 4 << 20) else { continue }
            try DurableFiles.write(bytes, to: "\(staging.path)/\(name)", access: .open)
        }
    }

    /// Gives a staged folder its name. Where there is one of that name already, its files are replaced one by one, so
    /// that there is no instant at which a link to it leads nowhere; the list of images comes last and makes it whole.
    /// Other files that are there are removed, unless `keepingOthers`.
    func place(
        _ staging: ReleaseFolder,
        as release: ReleaseFolder,
        keepingOthers: Bool = false
    ) throws(Trouble) {
        guard DurableFiles.kind(release.path) == .folder else {
            try DurableFiles.remove(release.path)
            return try DurableFiles.rename(staging.path, to: release.path)
        }
        try DurableFiles.remove(release.imagesFile)
        let names = try DurableFiles.names(in: staging.path)
        for stray in try DurableFiles.names(in: release.path) where !keepingOthers && !names.contains(stray) {
            try DurableFiles.remove("\(release.path)/\(stray)")
        }
        let imagesName = String(release.imagesFile.dropFirst(release.path.count + 1))
        for name in names.filter({ $0 != imagesName }) + [imagesName] {
            try DurableFiles.rename("\(staging.path)/\(name)", to: "\(release.path)/\(name)")
        }
        try DurableFiles.remove(staging.path)
    }
}
