import Foundation
import Glibc
import Processes
package import UpgradeModel

/// Looks into a set before it is restored, and unpacks what is not a database.
package struct SetOpening: Sendable {
    /// The set.
    package let set: BackupSet
    /// The file with the identity that decrypts; nil where nothing is encrypted.
    package let identity: String?
    /// The folder for logs and what is needed for a moment. It exists, and nobody else can look into it.
    package let work: String

    /// Names a set.
    package init(_ set: BackupSet, identity: String?, work: String) {
        self.set = set
        self.identity = identity
        self.work = work
    }

    /// What of the set's files is not as its manifest says, one clause each.
    package func damages(progress: @Sendable (BackupProgress) -> Void = { _ in }) async throws(Trouble) -> [String] {
        var found: [String] = []
        var done: Int64 = 0
        let manifest = set.manifest
        for file in manifest.files {
            let path = "\(set.path)/\(file.path)"
            if !DurableFiles.exists(path) {
                found.append("\(file.path) is missing")
            } else if try await DurableFiles.measure(path, as: file.path) != file {
                found.append("\(file.path) is not what the manifest says")
            }
            done &+= file.bytes
            progress(BackupProgress(phase: .checkFiles, subject: set.id.text, done: done, total: manifest.files.bytes))
        }
        return found + strays()
    }

    /// Files among the release's that the manifest does not list.
    private func strays() -> [String] {
        let listed = Set(set.manifest.files.map(\.path))
        let folder = "\(set.path)/\(SetLayout.releaseName)"
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter { name in
            let facts = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            let isFolder = facts?[.type] as? FileAttributeType == .typeDirectory
            return !isFolder && !listed.contains("\(SetLayout.releaseName)/\(name)")
        }.map { "\(SetLayout.releaseName)/\($0) is not in the manifest" }
    }

    /// Why the set cannot be decrypted; nil where it can, or need not be.
    package func lock() async throws(Trouble) -> String? {
        guard let sealed = set.manifest.files.filter({ $0.path.hasSuffix(".age") }).min(by: { $0.bytes < $1.bytes })
        else { return nil }
        guard let identity else { return "it is encrypted and no identity is given" }
        guard FileManager.default.isReadableFile(atPath: identity) else { return "\(identity) cannot be read" }
        do throws(Trouble) {
            try await Pipes.run(
                [FilterCommands.decrypt(with: identity), Command("cat")],
                log: ToolLog(path: "\(work)/decrypt.log"),
                input: .path("\(set.path)/\(sealed.path)"),
                output: .path("/dev/null"),
                code: "locked"
            )
            return nil
        } catch {
            return error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message
        }
    }

    /// Unpacks the configuration into a folder, as it was: owners and rights too, where this process may give them.
    ///
    /// Nothing is unpacked where the set has none. Throws code `configuration-unreadable` where what comes out is not
    /// what the manifest says.
    package func unpackConfiguration(into folder: String) async throws(Trouble) {
        guard let archive = set.manifest.files.first(where: { $0.path.hasPrefix(SetLayout.configurationName) }) else {
            return
        }
        let path = "\(set.path)/\(archive.path)"
        let differences = try await ConfigurationArchive.differences(
            set.manifest.configuration,
            archive: path,
            identity: identity,
            folder: "\(work)/compared",
            log: ToolLog(path: "\(work)/compare.log")
        )
        guard differences.isEmpty else {
            throw Trouble(
                .environment,
                "configuration-unreadable",
                "The configuration in \(set.id) is not what its manifest says: "
                    + differences.prefix(5).map(\.description).joined(separator: "; "),
                remedy: "Use another set; check the disk that holds this one."
            )
        }
        try DurableFiles.makeFolder(folder)
        let unpack = Command("tar", ["--extract", "--same-permissions", "--numeric-owner", "--directory=\(folder)"])
        try await Pipes.run(
            FilterCommands.open(path, identity: identity) + [unpack],
            log: ToolLog(path: "\(work)/unpack.log"),
            input: .path(path),
            code: "configuration-unreadable"
        )
    }

    /// Decrypts the files of the release into a folder, each under its own name; those that are not encrypted are left
    /// to whoever copies them.
    ///
    /// Throws code `release-unreadable` where one of them cannot be decrypted.
    package func unsealRelease(into folder: String) async throws(Trouble) {
        for file in set.manifest.sealedReleaseFiles {
            let target = folder + file.unsealedPath.dropFirst(SetLayout.releaseName.count)
            try DurableFiles.makeFolder((target as NSString).deletingLastPathComponent)
            try DurableFiles.write(Data(), to: target)
            try await Pipes.run(
                FilterCommands.open(file.path, identity: identity),
                log: ToolLog(path: "\(work)/release.log"),
                input: .path("\(set.path)/\(file.path)"),
                output: .path(target),
                code: "release-unreadable"
            )
        }
    }

    /// The roles of a server that a set knows, by name.
    package struct Roles: Sendable, Hashable {
        /// All of them.
        package var all: [String]
        /// Those that may log in.
        package var logins: [String]
    }

    /// The roles that the set knows, by its databases' names in the product.
    package func roles() async throws(Trouble) -> [String: Roles] {
        var known: [String: Roles] = [:]
        for backup in set.manifest.databases {
            // The route is not needed to read a file.
            let restore = DatabaseRestore(
                backup,
                of: set.path,
                over: DatabaseRoute(host: "", database: "", user: ""),
                identity: identity,
                work: work
            )
            let script = try await restore.roles()
            known[backup.name] = Roles(all: script.known, logins: script.logins)
        }
        return known
    }
}
