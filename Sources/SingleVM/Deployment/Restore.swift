internal import Processes
package import UpgradeModel

/// What a restore changes about an installation besides its databases.
extension ComposeDeployment {
    /// Starts the database servers of a release that do not run; those that do are left as they are.
    ///
    /// - Parameters:
    ///   - release: the release's folder, wherever it lies.
    ///   - configuration: a folder like the installation's, with the files that the release asks for; the installation's
    ///     own may lack them.
    ///   - logs: the folder for what Compose prints.
    ///   - report: gets a line for each thing done.
    /// - Throws: code `compose-failed`.
    package func provideDatabases(
        of release: ReleaseFolder,
        configuredBy configuration: String,
        logs: String,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        let absent = try await absentDatabases(of: release, configuredBy: configuration)
        guard !absent.isEmpty else { return }
        report("Starting \(absent.joined(separator: ", "))", nil)
        let log = ToolLog(path: "\(logs)/restore-databases.compose.log")
        try await carryOut(try await compose(release).up(absent, recreation: .never), log: log)
    }

    private func absentDatabases(
        of release: ReleaseFolder,
        configuredBy configuration: String
    ) async throws(Trouble) -> [String] {
        let wanted = try await composeFile(of: release, in: configuration).wanted.map(\.name).filter(product.isDatabase)
        let running = Set(try await serviceContainers().filter { $0.state == .running }.map(\.service))
        return wanted.filter { !running.contains($0) }
    }

    /// The images of a release that the Engine has not got, or has under another id.
    package func missingImages(of release: ReleaseFolder) async throws(Trouble) -> [String] {
        var missing: [String] = []
        for (name, id) in try images(of: release) ?? [:] where try await engine.image(id) == nil {
            missing.append("\(name) (\(id.prefix(19)))")
        }
        return missing.sorted()
    }

    /// Makes the installation's folder where there is none.
    package func makeFolder() throws(Trouble) {
        var path = ""
        for part in folder.path.split(separator: "/") {
            path += "/\(part)"
            if DurableFiles.kind(path) == .nothing { try DurableFiles.makeFolder(path) }
        }
    }

    /// Puts files and folders in place, with their owners, where this process may give them, and rights. What differs
    /// from them there is kept beside under another name. A folder that a name lies in is made like the source's where
    /// there is none; one that is there stays as it is.
    ///
    /// - Parameters:
    ///   - names: paths below the installation's folder.
    ///   - source: the folder that has them. What it does not have is left alone.
    ///   - suffix: what the names of kept ones end with.
    /// - Throws: code `file-unwritable`, `file-unreadable`, `disk-full`.
    package func place(_ names: [String], from source: String, keepingAs suffix: String) throws(Trouble) {
        for name in names where DurableFiles.kind("\(source)/\(name)") != .nothing {
            try FileTree.makeFolders(above: name, in: folder.path, like: source, keepingAs: suffix)
            try FileTree.replace("\(folder.path)/\(name)", with: "\(source)/\(name)", keepingAs: suffix)
        }
    }

    /// Puts a release's folder in place, likewise. A set does not know the rights of a release's files, so only their bytes
    /// are compared.
    package func placeRelease(
        _ version: ReleaseVersion,
        from source: ReleaseFolder,
        keepingAs suffix: String
    ) throws(Trouble) {
        try DurableFiles.makeFolder(folder.releases)
        try FileTree.replace(folder.release(version).path, with: source.path, keepingAs: suffix, comparing: .bytes)
    }

    /// Moves the operator's additions to the Compose file aside that a source does not have: they belong to another state,
    /// and Compose would add them to the release that comes back.
    package func withdrawAdditions(missingFrom source: String, keepingAs suffix: String) throws(Trouble) {
        for name in additions(missingFrom: source) { try FileTree.keep("\(folder.path)/\(name)", as: suffix) }
    }

    private func additions(missingFrom source: String) -> [String] {
        InstallationFolder.overrideNames.filter { name in
            DurableFiles.kind("\(source)/\(name)") == .nothing
                && DurableFiles.kind("\(folder.path)/\(name)") != .nothing
        }
    }

    /// What would keep files, folders and a release's folder from being put in place, past the point of no return of a
    /// restore: what has a name that Pawl needs, and mount points that hold something else than the source.
    package func obstacles(
        to names: [String],
        from source: String,
        release version: ReleaseVersion,
        as staged: ReleaseFolder
    ) throws(Trouble) -> [Obstacle] {
        var found = folder.obstacles
        for name in names + additions(missingFrom: source) {
            let target = "\(folder.path)/\(name)"
            guard MountPoints.has(target), try !FileTree.isSame("\(source)/\(name)", target) else { continue }
            found.append(Obstacle(path: target, kind: .isMounted))
        }
        let kept = folder.release(version).path
        if MountPoints.has(kept), try !FileTree.isSame(staged.path, kept, comparing: .bytes) {
            found.append(Obstacle(path: kept, kind: .isMounted))
        }
        return found
    }

    /// Whether files, folders and a release's folder are in place as in a source.
    package func isPlaced(
        _ names: [String],
        from source: String,
        release version: ReleaseVersion,
        as staged: ReleaseFolder
    ) throws(Trouble) -> Bool {
        for name in names where DurableFiles.kind("\(source)/\(name)") != .nothing {
            guard try FileTree.isSame("\(source)/\(name)", "\(folder.path)/\(name)") else { return false }
        }
        guard additions(missingFrom: source).isEmpty else { return false }
        return try FileTree.isSame(staged.path, folder.release(version).path, comparing: .bytes)
    }
}

/// Whole trees of files, compared and put in each other's place.
enum FileTree {
    /// What makes two trees the same, besides their names, kinds and links.
    enum Aspect {
        case bytes
        /// Rights, and owners where this process may give them, too.
        case bytesAndAccess
    }

    /// Whether two trees hold the same files, folders and links.
    static func isSame(
        _ one: String,
        _ other: String,
        comparing aspect: Aspect = .bytesAndAccess
    ) throws(Trouble) -> Bool {
        let kind = DurableFiles.kind(one)
        guard kind == DurableFiles.kind(other) else { return false }
        switch kind {
        case .nothing, .link, .other: return true
        case .file:
            guard hasSameAccess(one, other, aspect) else { return false }
            return try DurableFiles.isSame(one, other)
        case .folder:
            let names = try DurableFiles.names(in: one)
            guard hasSameAccess(one, other, aspect), try names == DurableFiles.names(in: other) else { return false }
            for name in names where try !isSame("\(one)/\(name)", "\(other)/\(name)", comparing: aspect) {
                return false
            }
            return true
        }
    }

    private static func hasSameAccess(_ one: String, _ other: String, _ aspect: Aspect) -> Bool {
        guard case .bytesAndAccess = aspect else { return true }
        let (here, there) = (DurableFiles.access(of: one), DurableFiles.access(of: other))
        return DurableFiles.givesOwners ? here == there : here?.mode == there?.mode
    }

    /// Makes a tree like another one. What was there is kept under its name with a suffix, unless it is the same.
    static func replace(
        _ target: String,
        with source: String,
        keepingAs suffix: String,
        comparing aspect: Aspect = .bytesAndAccess
    ) throws(Trouble) {
        if try isSame(source, target, comparing: aspect) { return }
        let fresh = target + ".restoring"
        try DurableFiles.remove(fresh)
        try copy(source, to: fresh)
        try keep(target, as: suffix)
        try DurableFiles.rename(fresh, to: target)
    }

    /// Makes the folders that a path lies in like those of a source, as far as there are none. What stands in the way is
    /// kept.
    static func makeFolders(
        above name: String,
        in folder: String,
        like source: String,
        keepingAs suffix: String
    ) throws(Trouble) {
        var below = ""
        for part in name.split(separator: "/").dropLast() {
            below += "/\(part)"
            let target = folder + below
            // A link to a folder is as good as one.
            guard DurableFiles.kind(target + "/.") != .folder else { continue }
            // It gets its name with its rights, and never without.
            let fresh = target + ".restoring"
            try DurableFiles.remove(fresh)
            try DurableFiles.makeFolder(fresh, mode: 0o700)
            try DurableFiles.give(DurableFiles.access(of: source + below) ?? .secretFolder, toFolder: fresh)
            try keep(target, as: suffix)
            try DurableFiles.rename(fresh, to: target)
        }
    }

    /// Gives what has a name another one, with a suffix.
    static func keep(_ target: String, as suffix: String) throws(Trouble) {
        guard DurableFiles.kind(target) != .nothing else { return }
        var kept = target + suffix
        // Interrupted and begun again, it may be in use; nothing that was kept is written over.
        var number = 2
        while DurableFiles.kind(kept) != .nothing {
            kept = "\(target)\(suffix)-\(number)"
            number += 1
        }
        try DurableFiles.rename(target, to: kept)
    }

    private static func copy(_ source: String, to target: String) throws(Trouble) {
        switch DurableFiles.kind(source) {
        case .file:
            try DurableFiles.copy(source, to: target, access: DurableFiles.access(of: source) ?? .secret)
        case .link(let destination): try DurableFiles.link(target, to: destination)
        case .folder:
            // Its own rights may forbid to fill it.
            try DurableFiles.makeFolder(target, mode: 0o700)
            for name in try DurableFiles.names(in: source) { try copy("\(source)/\(name)", to: "\(target)/\(name)") }
            try DurableFiles.give(DurableFiles.access(of: source) ?? .secretFolder, toFolder: target)
        case .nothing, .other: return
        }
    }
}
