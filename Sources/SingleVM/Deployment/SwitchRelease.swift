package import UpgradeModel

extension ComposeDeployment {
    /// Where the installed release's own Compose file and variables are.
    ///
    /// They are in the release's folder where the installation's two files say the same, as they do once they are links
    /// to it. Where they do not, an operator has changed them since an earlier run kept a copy, or an editor has put a
    /// file into a link's place: they are what Compose goes by, and the copy is of the past.
    ///
    /// - Parameters:
    ///   - version: the release that the databases belong to.
    ///   - running: what runs. Where that is something else, the installation's files may be of it, and the kept ones
    ///     are taken, if there are any.
    /// - Returns: the release's folder, or the installation's.
    /// - Throws: code `file-unreadable`.
    package func installedFiles(
        of version: ReleaseVersion,
        running: ReleaseVersion?
    ) throws(Trouble) -> ReleaseFolder {
        let (kept, own) = (folder.release(version), ReleaseFolder(path: folder.path))
        guard let compose = try DurableFiles.read(kept.composeFile) else { return own }
        guard running == version else { return kept }
        guard let environment = try DurableFiles.read(kept.environmentFile) else { return own }
        guard try compose == DurableFiles.read(own.composeFile),
            try environment == DurableFiles.read(own.environmentFile)
        else { return own }
        return kept
    }

    /// Puts the installed release's own Compose file and variables into a folder of their own, so that an abort and a
    /// backup have them. What an earlier run has kept there is replaced where the installation's files were changed.
    ///
    /// - Returns: the folder.
    /// - Throws: blame `operator`, code `installed-files`, where the files are missing or describe something else than
    ///   what runs: then nothing could bring the installed release back.
    @discardableResult
    package func keepInstalled(_ version: ReleaseVersion) async throws(Trouble) -> ReleaseFolder {
        let kept = folder.release(version)
        let running = try await observe().installedVersion
        guard try installedFiles(of: version, running: running) != kept else {
            if DurableFiles.kind(kept.imagesFile) == .nothing { try await noteImages(of: kept) }
            try leadBack(to: version, running: running)
            return kept
        }
        let staging = ReleaseFolder(path: folder.releases + "/.staging-\(version)")
        try DurableFiles.makeFolder(folder.releases)
        try DurableFiles.remove(staging.path)
        try DurableFiles.makeFolder(staging.path)
        for name in [InstallationFolder.composeName, InstallationFolder.environmentName] {
            let source = folder.path + "/" + name
            guard let bytes = try DurableFiles.read(source) else { throw notThose("\(source) is missing") }
            let access = DurableFiles.access(of: source) ?? .secret
            try DurableFiles.write(bytes, to: staging.path + "/" + name, access: access)
        }
        try await checkDescribesWhatRuns(staging)
        try await noteImages(of: staging)
        try DurableFiles.sync(folder: staging.path)
        try place(staging, as: kept, keepingOthers: true)
        try leadBack(to: version, running: running)
        return kept
    }

    /// Lets `current` lead to the installed release where it leads to another one, as it does after somebody has put the
    /// files of an older release through the links: staging the other one again would replace them.
    private func leadBack(to version: ReleaseVersion, running: ReleaseVersion?) throws(Trouble) {
        guard isLedAstray(from: version, running: running) else { return }
        try DurableFiles.link(folder.currentLink, to: "releases/\(version)")
    }

    private func isLedAstray(from version: ReleaseVersion, running: ReleaseVersion?) -> Bool {
        running == version && currentRelease.map { $0 != version } ?? false
    }

    /// Says whether the installed release has its folder, and in it what the installation has.
    package func probeKept(_ version: ReleaseVersion) async throws(Trouble) -> Probe {
        let kept = folder.release(version)
        let running = try await observe().installedVersion
        guard DurableFiles.kind(kept.imagesFile) == .file, DurableFiles.kind(kept.environmentFile) == .file,
            try installedFiles(of: version, running: running) == kept, !isLedAstray(from: version, running: running)
        else { return .notStarted }
        return .done(.done)
    }

    /// What keeps the installation's own files from being the installed release's: empty where they are.
    ///
    /// - Returns: one clause for each service whose running image is not the one that the files ask for.
    package func contradictions(of release: ReleaseFolder) async throws(Trouble) -> [String] {
        let file = try await composeFile(of: release)
        var clauses: [String] = []
        for container in try await serviceContainers() where product.writers.contains(container.service) {
            guard let service = file[container.service] else {
                clauses.append("\(container.service) runs, but the file has no such service")
                continue
            }
            guard let image = service.image, try await engine.image(image)?.id == container.imageID else {
                clauses.append("\(container.service) runs another image than \(service.image ?? "none")")
                continue
            }
        }
        return clauses
    }

    /// Makes a staged release the current one on disk.
    ///
    /// Where the installation's Compose file and variables are still files of its own, links take their place; what
    /// they held is kept in the old release's folder.
    ///
    /// - Parameters:
    ///   - version: the release; its folder is there.
    ///   - old: the release that was current before.
    /// - Throws: code `name-taken`, where something is in the way of a link; `file-unwritable`.
    package func switchRelease(to version: ReleaseVersion, from old: ReleaseVersion) throws(Trouble) {
        guard DurableFiles.kind(folder.release(version).composeFile) == .file else {
            throw Trouble(
                .internal,
                "not-staged",
                "The release \(version) has no folder in \(folder.releases).",
                remedy: "Start the upgrade again."
            )
        }
        if let obstacle = folder.obstacles.first {
            throw Trouble(
                .operator,
                "name-taken",
                "\(obstacle.path) is in the way of what Pawl must make there.",
                remedy: "Move it away, then retry."
            )
        }
        try DurableFiles.link(folder.currentLink, to: "releases/\(version)")
        for (path, name) in links {
            switch DurableFiles.kind(path) {
            case .link(to: "current/" + name): continue
            case .file: try keep(path, name: name, of: old)
            case .nothing, .link, .folder, .other: break
            }
            try DurableFiles.link(path, to: "current/" + name)
        }
    }

    /// Says which release is current on disk.
    package func probeSwitch(to version: ReleaseVersion) -> Probe {
        guard DurableFiles.kind(folder.currentLink) == .link(to: "releases/\(version)") else { return .notStarted }
        let isWhole = links.allSatisfy { DurableFiles.kind($0.path) == .link(to: "current/" + $0.name) }
        return isWhole ? .done(.done) : .underway(evidence: "some links in \(folder.path) are not there yet")
    }

    /// The release that `current` leads to; nil where there is no such link.
    package var currentRelease: ReleaseVersion? {
        guard case .link(let target) = DurableFiles.kind(folder.currentLink), target.hasPrefix("releases/") else {
            return nil
        }
        return try? ReleaseVersion(String(target.dropFirst(9)))
    }

    private var links: [(path: String, name: String)] {
        [
            (folder.composeFile, InstallationFolder.composeName),
            (folder.environmentFile, InstallationFolder.environmentName),
        ]
    }

    /// Makes sure that what a file holds is in the old release's folder before a link takes its place. Changes that
    /// were made after the file was kept are kept beside it.
    private func keep(_ path: String, name: String, of old: ReleaseVersion) throws(Trouble) {
        guard let bytes = try DurableFiles.read(path) else { return }
        let kept = folder.release(old).path + "/" + name
        if try DurableFiles.read(kept) == bytes { return }
        try DurableFiles.makeFolder(folder.releases)
        try DurableFiles.makeFolder(folder.release(old).path)
        let access = DurableFiles.access(of: path) ?? .secret
        let place = DurableFiles.kind(kept) == .nothing ? kept : kept + ".found-at-switch"
        try DurableFiles.write(bytes, to: place, access: access)
    }

    private func checkDescribesWhatRuns(_ release: ReleaseFolder) async throws(Trouble) {
        let clauses = try await contradictions(of: release)
        if !clauses.isEmpty { throw notThose(clauses.joined(separator: "; ")) }
    }

    private func notThose(_ why: String) -> Trouble {
        Trouble(
            .operator,
            "installed-files",
            "The files in \(folder.path) are not those of what runs: \(why).",
            remedy: "Put the installed release's docker-compose.yml and .env back, or start what they describe."
        )
    }
}
