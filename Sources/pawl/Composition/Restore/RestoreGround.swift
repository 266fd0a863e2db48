import Crypto
import Foundation
import Glibc
import Postgres
import UpgradeModel

/// What a set holds besides its databases, unpacked where nobody else can look: the release, and beside it the
/// configuration as it was.
struct RestoreGround: Sendable {
    let folder: String

    init(_ folder: String) { self.folder = folder }

    /// The ground of a restore in a run. Each has one of its own: one that waits goes on with what it has unpacked, whatever
    /// became of another that was to take its place.
    static func of(_ plan: RestorePlan, runFolder: String) -> RestoreGround {
        RestoreGround("\(all(inRunFolder: runFolder))/\(plan.number ?? 1)-\(plan.set)")
    }

    /// The folder with the grounds of all of a run's restores.
    static func all(inRunFolder folder: String) -> String { folder + "/restore" }

    /// The files of the release.
    var releaseFolder: String { folder + "/release" }
    /// The configuration, which the files of a release for Compose make an installation's folder.
    var installation: String { folder + "/installation" }
    /// For logs and what is needed for a moment.
    var work: String { folder + "/work" }

    private var mark: String { folder + "/unpacked" }
    private var placing: String { folder + "/placing" }
    private var awaiting: String { folder + "/awaiting-servers" }

    /// Whether it is this set that was unpacked, to the end, and whether all of it is still as it was unpacked: what is
    /// put into the installation's folder comes from here.
    func holds(_ set: BackupSetID) -> Bool {
        guard let note = FileManager.default.contents(atPath: mark) else { return false }
        // What an older Pawl has unpacked for a run that is still open has no digest.
        if note == Data(set.text.utf8) { return true }
        guard let digest = try? digest() else { return false }
        return note == Self.note(set, digest)
    }

    private static func note(_ set: BackupSetID, _ digest: String) -> Data { Data("\(set.text)\n\(digest)\n".utf8) }

    /// A SHA-256 of the names, kinds and bytes of what was unpacked.
    ///
    /// - Throws: where something of it cannot be read.
    private func digest() throws -> String {
        var hash = SHA256()
        for root in [releaseFolder, installation] {
            for name in try FileManager.default.subpathsOfDirectory(atPath: root).sorted() {
                let path = "\(root)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0 else { throw CocoaError(.fileReadUnknown, userInfo: [:]) }
                let kind = status.st_mode & S_IFMT
                hash.update(data: Data("\(path.dropFirst(folder.count))\u{0}\(kind) \(status.st_size)\u{0}".utf8))
                if kind == S_IFREG {
                    let file = try FileHandle(forReadingFrom: URL(filePath: path))
                    defer { try? file.close() }
                    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
                } else if kind == S_IFLNK {
                    hash.update(data: Data(try FileManager.default.destinationOfSymbolicLink(atPath: path).utf8))
                }
            }
        }
        return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether configuration from here is put into an installation's folder that held none.
    var isPlacing: Bool { FileManager.default.fileExists(atPath: placing) }

    func notePlacing() throws { try DurableNote.write(Data(), to: placing) }

    /// Whether the database servers are still waited for, so that nothing can have been done on any of them. A new one may
    /// never let the account in.
    var isAwaitingServers: Bool { FileManager.default.fileExists(atPath: awaiting) }

    func noteAwaitingServers() throws { try DurableNote.write(Data(), to: awaiting) }

    func noteServersAnswer() throws { try FileManager.default.removeItem(atPath: awaiting) }

    func makeFolders() throws {
        for path in [folder, work] {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
    }

    func opening(of set: BackupSet, identity: String?) -> SetOpening { SetOpening(set, identity: identity, work: work) }

    /// Unpacks; what was unpacked before is replaced.
    func unpack(_ set: BackupSet, identity: String?) async throws {
        try? FileManager.default.removeItem(atPath: mark)
        // That it is being placed stays noted: begun again, it goes on with what is its own.
        for path in [releaseFolder, installation] {
            if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        }
        try makeFolders()
        try await opening(of: set, identity: identity).unpackConfiguration(into: installation)
        try await copyRelease(of: set, identity: identity)
        try syncUnpacked()
        try DurableNote.write(Self.note(set.id, try digest()), to: mark)
    }

    /// Waits until everything that was unpacked is on the disk: tools have written some of it.
    private func syncUnpacked() throws(Trouble) {
        for root in [releaseFolder, installation] {
            for name in (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? [] {
                var status = stat()
                let path = "\(root)/\(name)"
                guard lstat(path, &status) == 0, [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { continue }
                try DurableNote.sync(path)
            }
            try DurableNote.sync(root)
        }
    }

    func copyRelease(of set: BackupSet, identity: String?) async throws {
        try FileManager.default.createDirectory(atPath: installation, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            atPath: releaseFolder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755]
        )
        // What the manifest does not list is none of the set's, whoever has put it there.
        let sealed = Set(set.manifest.sealedReleaseFiles)
        for file in set.manifest.files where file.path.hasPrefix("release/") && !sealed.contains(file) {
            let target = URL(filePath: "\(releaseFolder)/\(file.path.dropFirst("release/".count))")
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try FileManager.default.copyItem(atPath: "\(set.path)/\(file.path)", toPath: target.path)
        }
        try await opening(of: set, identity: identity).unsealRelease(into: releaseFolder)
        guard !set.manifest.isOfHelmRelease else { return }
        try completeInstallation(of: set)
    }

    /// Removes everything: secrets are in it.
    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

extension BackupManifest {
    /// Whether the set is of a Helm release, and holds its chart.
    var isOfHelmRelease: Bool { origin.notes[HelmNotes.chart] != nil }
}
