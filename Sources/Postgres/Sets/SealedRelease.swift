package import UpgradeModel

extension BackupManifest {
    /// The files of the release that are encrypted, each by itself. Sets of older versions have none.
    package var sealedReleaseFiles: [StoredFile] {
        guard databases.contains(where: \.isEncrypted) else { return [] }
        return files.filter {
            $0.path.hasPrefix(SetLayout.releaseName + "/") && $0.path.hasSuffix(SetLayout.sealedSuffix)
        }
    }
}

extension StoredFile {
    /// The path of what an encrypted file holds.
    var unsealedPath: String { String(path.dropLast(SetLayout.sealedSuffix.count)) }
}
