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
            let before = try await measureSource(file, as: name)
            // An environment is among them, and with it passwords and keys.
            let stored = try await StoredStream.write(
                [sealing.isEncrypting ? FilterCommands.encrypt(to: recipients) : Command("cat")],
                input: .path(file.source),
                to: path,
                as: name,
                log: ToolLog(path: "\(layout.work)/release.log"),
                code: sealing.isEncrypting ? "encryption-failed" : "release-not-copied"
            )
            try DurableFiles.sync(path)
            // What is encrypted cannot be compared by its bytes; that its source held still can be seen.
            let copied = if sealing.isEncrypting { try await measureSource(file, as: name) } else { stored }
            guard copied == before else {
                throw Trouble(
                    .environment,
                    "release-changed",
                    "\(file.source), a file of the installed release, was changed while it was copied, or was copied "
                        + "wrongly.",
                    remedy: "See that nobody edits it, then start again; where it happens again, check the disk."
                )
            }
            manifest.files.append(stored)
        }
    }

    /// The bytes of a file of the release where it is now, behind a link too.
    private func measureSource(
        _ file: BackupRequest.ReleaseFile,
        as name: String
    ) async throws(Trouble) -> StoredFile {
        try await DurableFiles.measure(try DurableFiles.resolved(file.source), as: name)
    }
}
