import Foundation
import Glibc
import Processes
import UpgradeModel

/// The files of a set that are no dumps, and their encryption.
extension BackupMaker {
    func addConfiguration(
        _ request: BackupRequest,
        _ layout: SetLayout,
        to manifest: inout BackupManifest
    ) async throws(Trouble) {
        guard let configuration = request.configuration else { return }
        let path = "\(layout.partial)/\(SetLayout.configurationName)"
        manifest.configuration = try await ConfigurationArchive.write(
            configuration,
            to: path,
            log: ToolLog(path: "\(layout.work)/configuration.log")
        )
        try DurableFiles.sync(path)
        manifest.files.append(try await DurableFiles.measure(path, as: SetLayout.configurationName))
    }

    func addRelease(
        _ request: BackupRequest,
        _ layout: SetLayout,
        to manifest: inout BackupManifest
    ) async throws(Trouble) {
        for file in request.releaseFiles {
            let name = "\(SetLayout.releaseName)/\(file.path)"
            let path = "\(layout.partial)/\(name)"
            try DurableFiles.makeFolder((path as NSString).deletingLastPathComponent)
            do throws(ProcessFailure) {
                let copy = Command("cat")
                let log = ToolLog(path: "\(layout.work)/release.log")
                let status = try await run(copy, log: log, input: .path(file.source), output: .path(path))
                guard status.isSuccess else { throw .file(path: path, reason: log.tail()) }
            } catch {
                throw Trouble(error)
            }
            try DurableFiles.sync(path)
            manifest.files.append(try await DurableFiles.measure(path, as: name))
        }
    }

    /// Encrypts what is secret. The bytes that are encrypted are those that were proven.
    func encrypt(_ manifest: inout BackupManifest, _ layout: SetLayout) async throws(Trouble) {
        for index in manifest.files.indices where manifest.files[index].path.hasSuffix(".zst") {
            let plain = manifest.files[index]
            let name = plain.path + ".age"
            let path = "\(layout.partial)/\(name)"
            guard try await DurableFiles.measure("\(layout.partial)/\(plain.path)", as: plain.path) == plain else {
                throw ManifestFile.damaged(manifest.id, "\(plain.path) has changed since it was proven")
            }
            try await Pipes.run(
                [FilterCommands.encrypt(to: recipients)],
                log: ToolLog(path: "\(layout.work)/encrypt.log"),
                input: .path("\(layout.partial)/\(plain.path)"),
                output: .path(path),
                code: "encryption-failed"
            )
            try DurableFiles.sync(path)
            manifest.files[index] = try await DurableFiles.measure(path, as: name)
            for database in manifest.databases.indices {
                if manifest.databases[database].dump.path == plain.path {
                    manifest.databases[database].dump = manifest.files[index]
                }
                if manifest.databases[database].globals == plain.path { manifest.databases[database].globals = name }
            }
        }
        // Only when every one is encrypted may the first readable one go.
        try ManifestFile.write(manifest, in: layout.partial)
        for file in manifest.files where file.path.hasSuffix(".age") {
            unlink("\(layout.partial)/\(file.path.dropLast(4))")
        }
    }
}
