import Foundation
import Glibc
import Processes
import UpgradeModel

/// The files of a set that are no dumps.
extension BackupMaker {
    func addConfiguration(
        _ request: BackupRequest,
        _ layout: SetLayout,
        _ copy: LiveCopy,
        to manifest: inout BackupManifest
    ) async throws(Trouble) {
        guard let configuration = request.configuration else { return }
        let sealing = Sealing(recipients: recipients)
        let name = sealing.name(SetLayout.configurationName)
        let path = "\(layout.partial)/\(name)"
        let log = ToolLog(path: "\(layout.work)/configuration.log")
        guard sealing.isEncrypting else {
            manifest.configuration = try await ConfigurationArchive.write(configuration, to: path, log: log)
            try DurableFiles.sync(path)
            manifest.files.append(try await DurableFiles.measure(path, as: name))
            return
        }
        // What is to be encrypted never lies in the set's folder as it is. It is checked before, since nobody here can
        // decrypt it.
        let plain = "\(copy.folder)/\(SetLayout.configurationName)"
        manifest.configuration = try await ConfigurationArchive.write(configuration, to: plain, log: log)
        await copy.note(
            configuration: try await ConfigurationArchive.differences(
                manifest.configuration,
                archive: plain,
                identity: nil,
                folder: "\(copy.folder)/configuration",
                log: log
            )
        )
        let stored = try await StoredStream.write(
            [FilterCommands.encrypt(to: recipients)],
            input: .path(plain),
            to: path,
            as: name,
            log: log,
            code: "encryption-failed"
        )
        unlink(plain)
        try DurableFiles.sync(path)
        manifest.files.append(stored)
    }

    func addRelease(
        _ request: BackupRequest,
        _ layout: SetLayout,
        to manifest: inout BackupManifest
    ) async throws(Trouble) {
        let sealing = Sealing(recipients: recipients)
        for file in request.releaseFiles {
            let name = sealing.name("\(SetLayout.releaseName)/\(file.path)")
            let path = "\(layout.partial)/\(name)"
            try DurableFiles.makeFolder((path as NSString).deletingLastPathComponent)
            guard !sealing.isEncrypting else {
                // An environment is among them, and with it passwords and keys.
                let stored = try await StoredStream.write(
                    [FilterCommands.encrypt(to: recipients)],
                    input: .path(file.source),
                    to: path,
                    as: name,
                    log: ToolLog(path: "\(layout.work)/release.log"),
                    code: "encryption-failed"
                )
                try DurableFiles.sync(path)
                manifest.files.append(stored)
                continue
            }
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
}
