import Foundation
import Postgres
import SingleVM
import UpgradeModel

/// What a backup set of an installation on a single VM holds beside the databases.
extension ComposeSite {
    func backupContent(of release: ReleaseVersion, stopped: Set<String>) async throws -> BackupContent {
        let deployment = try deployment()
        let state = try await deployment.observe()
        let folder = try deployment.installedFiles(of: release, running: state.installedVersion)
        let files = try Self.releaseFiles(in: folder, of: deployment.folder)
        var notes = ["project": compose.singleVM.project]
        let migrations = Set(workplace.product.singleVM?.migrations.map(\.service) ?? [])
        let lasting = state.services.filter { service in
            !migrations.contains(service.name)
                && (service.isActive || !service.mayEnd || stopped.contains(service.name))
        }
        for (note, isDatabase) in [(BackupOrigin.servicesNote, false), (BackupOrigin.databaseServicesNote, true)] {
            let names = lasting.filter { $0.isDatabase == isDatabase }.map(\.name)
            if !names.isEmpty { notes[note] = names.joined(separator: " ") }
        }
        for service in state.services {
            for container in service.containers {
                notes["image \(container.imageReference)"] = container.imageID
            }
        }
        return BackupContent(
            notes: notes,
            configuration: BackupRequest.Configuration(
                folder: compose.directory,
                paths: compose.presentConfigurationPaths
            ),
            releaseFiles: files
        )
    }

    /// The files of a release that go into a set: of its own folder all, of the installation's the two of the release.
    ///
    /// - Throws: code `installed-files` where one of those two is missing; a set without it could not be restored.
    static func releaseFiles(
        in folder: ReleaseFolder,
        of installation: InstallationFolder
    ) throws -> [BackupRequest.ReleaseFile] {
        let needed = [InstallationFolder.composeName, InstallationFolder.environmentName]
        for path in needed.map({ "\(folder.path)/\($0)" }) where !FileManager.default.isReadableFile(atPath: path) {
            throw Trouble(
                .operator,
                "installed-files",
                "\(path) is missing: a set without it does not carry its release whole, and could not be restored.",
                remedy: "Put the installed release's docker-compose.yml and .env into \(installation.path)."
            )
        }
        let isOwn = folder.path != installation.path
        let names = isOwn ? try FileManager.default.contentsOfDirectory(atPath: folder.path) : needed
        return names.sorted().compactMap { name in
            var isFolder: ObjCBool = false
            let path = "\(folder.path)/\(name)"
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                return nil
            }
            return BackupRequest.ReleaseFile(path: name, source: path)
        }
    }
}
