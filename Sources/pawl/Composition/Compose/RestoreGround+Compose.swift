import Foundation
import Postgres
import SingleVM
import UpgradeModel

/// What a set of an installation under Compose is unpacked to.
extension RestoreGround {
    /// The release.
    var release: ReleaseFolder { ReleaseFolder(path: releaseFolder) }

    /// Puts the release's two files beside the configuration that make it an installation's folder.
    func completeInstallation(of set: BackupSet) throws {
        for name in [InstallationFolder.composeName, InstallationFolder.environmentName] {
            let target = "\(installation)/\(name)"
            guard FileManager.default.fileExists(atPath: "\(release.path)/\(name)") else { continue }
            if FileManager.default.fileExists(atPath: target) { try FileManager.default.removeItem(atPath: target) }
            try FileManager.default.copyItem(atPath: "\(release.path)/\(name)", toPath: target)
        }
        guard !FileManager.default.fileExists(atPath: release.imagesFile) else { return }
        // A set from before the first hop has its images' ids in its manifest only.
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(set.manifest.imageIDs).write(to: URL(filePath: release.imagesFile), options: [.atomic])
    }

    /// What is missing of the release.
    func releaseTroubles() -> [String] {
        [release.composeFile, release.environmentFile].filter { !FileManager.default.isReadableFile(atPath: $0) }
            .map { "release/\(URL(filePath: $0).lastPathComponent) is missing" }
    }
}
