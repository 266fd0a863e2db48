internal import Processes
package import UpgradeModel

/// What a restore changes about an installation besides its databases.
extension ComposeDeployment {
    /// Starts the database servers of a release that do not run; those that do are left as they are.
    ///
    /// - Parameters:
    ///   - release: the release's folder, wherever it lies.
    ///   - logs: the folder for what Compose prints.
    ///   - report: gets a line for each thing done.
    /// - Throws: code `compose-failed`.
    package func provideDatabases(
        of release: ReleaseFolder,
        logs: String,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        let absent = try await absentDatabases(of: release)
        guard !absent.isEmpty else { return }
        report("Starting \(absent.joined(separator: ", "))", nil)
        let log = ToolLog(path: "\(logs)/restore-databases.compose.log")
        try await carryOut(try await compose(release).up(absent, recreation: .never), log: log)
    }

    /// The database servers of a release that do not run.
    package func absentDatabases(of release: ReleaseFolder) async throws(Trouble) -> [String] {
        let wanted = try await composeFile(of: release).wanted.map(\.name).filter(product.isDatabase)
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

    /// Puts files and folders in place; what differs from them there is kept beside under another name.
    ///
    /// - Parameters:
    ///   - names: paths below the installation's folder.
    ///   - source: the folder that has them. What it does not have is left alone.
    ///   - suffix: what the names of kept ones end with.
    /// - Throws: code `file-unwritable`, `file-unreadable`, `disk-full`.
    package func place(_ names: [String], from source: String, keepingAs suffix: String) throws(Trouble) {
        for name in names where DurableFiles.kind("\(source)/\(name)") != .nothing {
            try FileTree.replace("\(folder.path)/\(name)", with: "\(source)/\(name)", keepingAs: suffix)
        }
    }

    /// Puts a release's folder in place, likewise.
    package func placeRelease(
        _ version: ReleaseVersion,
        from source: ReleaseFolder,
        keepingAs suffix: String
    ) throws(Trouble) {
        try DurableFiles.makeFolder(folder.releases)
        try FileTree.replace(folder.release(version).path, with: source.path, keepingAs: suffix)
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
        return try FileTree.isSame(staged.path, folder.release(version).path)
    }
}

/// Whole trees of files, compared and put in each other's place.
enum FileTree {
    /// Whether two trees hold the same files, folders and links with the same bytes.
    static func isSame(_ one: String, _ other: String) throws(Trouble) -> Bool {
        let kind = DurableFiles.kind(one)
        guard kind == DurableFiles.kind(other) else { return false }
        switch kind {
        case .nothing, .link, .other: return true
        case .file: return try DurableFiles.isSame(one, other)
        case .folder:
            let names = DurableFiles.names(in: one)
            guard names == DurableFiles.names(in: other) else { return false }
            for name in names where try !isSame("\(one)/\(name)", "\(other)/\(name)") { return false }
            return true
        }
    }

    /// Makes a tree like another one. What was there is kept under its name with a suffix, unless it is the same.
    static func replace(_ target: String, with source: String, keepingAs suffix: String) throws(Trouble) {
        if try isSame(source, target) { return }
        let fresh = target + ".restoring"
        try DurableFiles.remove(fresh)
        try copy(source, to: fresh)
        if DurableFiles.kind(target) != .nothing {
            var kept = target + suffix
            // Interrupted and begun again, it may be in use; nothing that was kept is written over.
            var number = 2
            while DurableFiles.kind(kept) != .nothing {
                kept = "\(target)\(suffix)-\(number)"
                number += 1
            }
            try DurableFiles.rename(target, to: kept)
        }
        try DurableFiles.rename(fresh, to: target)
    }

    private static func copy(_ source: String, to target: String) throws(Trouble) {
        switch DurableFiles.kind(source) {
        case .file:
            try DurableFiles.copy(source, to: target, access: DurableFiles.access(of: source) ?? .secret)
        case .link(let destination): try DurableFiles.link(target, to: destination)
        case .folder:
            try DurableFiles.makeFolder(target, mode: DurableFiles.access(of: source)?.mode ?? 0o700)
            for name in DurableFiles.names(in: source) { try copy("\(source)/\(name)", to: "\(target)/\(name)") }
            try DurableFiles.sync(folder: target)
        case .nothing, .other: return
        }
    }
}
