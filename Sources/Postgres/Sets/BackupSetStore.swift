import Foundation
import Glibc
package import UpgradeModel

/// The folder that holds an installation's backup sets.
package struct BackupSetStore: Sendable, Hashable {
    /// The folder; it is made with mode 0700 where it is not there.
    package let root: String

    /// Names a folder of sets.
    package init(root: String) {
        self.root = root
    }

    /// One entry of the folder, readable or not.
    package struct Entry: Sendable {
        /// The set's name.
        package var id: BackupSetID
        /// The set, or what is wrong with it.
        package var set: Result<ListedSet, Trouble>

        /// Makes an entry.
        package init(id: BackupSetID, set: Result<ListedSet, Trouble>) {
            self.id = id
            self.set = set
        }
    }

    /// Every finished set, newest first. One that cannot be read is listed with the reason.
    ///
    /// - Throws: `Trouble` where the folder itself cannot be read.
    package func list() throws(Trouble) -> [Entry] {
        try names().compactMap { BackupSetID($0) }.filter { isFolder("\(root)/\($0.text)") }
            .sorted(by: >).map { id in
                Entry(id: id, set: Result { () throws(Trouble) in try glance(id) })
            }
    }

    /// One finished set, as a list knows it: what it says of its fingerprints is not read.
    private func glance(_ id: BackupSetID) throws(Trouble) -> ListedSet {
        let path = SetLayout(root: root, id: id).published
        let read = try ManifestFile.readSummary(in: path, id: id)
        return ListedSet(summary: read.summary, path: path, manifestDigest: read.digest)
    }

    /// One finished set.
    ///
    /// - Throws: `Trouble` where there is none of that name, or it cannot be trusted.
    package func load(_ id: BackupSetID) throws(Trouble) -> BackupSet {
        let path = SetLayout(root: root, id: id).published
        guard isFolder(path) else {
            throw Trouble(
                .operator,
                "backup-unknown",
                "There is no backup set \(id) in \(root).",
                remedy: "See which there are: pawl backup list."
            )
        }
        let read = try ManifestFile.readWithDigest(in: path, id: id)
        return BackupSet(manifest: read.manifest, path: path, manifestDigest: read.digest)
    }

    /// What there is of a set.
    package func state(of id: BackupSetID) -> BackupState {
        let layout = SetLayout(root: root, id: id)
        if isFolder(layout.published) { return .published }
        guard isFolder(layout.partial) else { return .absent }
        guard let manifest = try? ManifestFile.read(in: layout.partial, id: id) else { return .partial }
        return manifest.proof.state == .proven ? .proven : .dumped
    }

    /// One name in the folder that is no set.
    package struct Debris: Sendable, Hashable {
        /// What it is.
        package enum Kind: Sendable, Hashable {
            /// A set that was begun and not finished.
            case unfinished
            /// A set that was being removed.
            case halfRemoved
            /// Something that this program did not make.
            case foreign
        }

        /// The name.
        package var name: String
        /// What it is.
        package var kind: Kind
        /// The set that it was or was to become; nil where the name tells none.
        package var set: BackupSetID?
    }

    /// What is no set: what was begun and not finished, or not quite removed, and what others have put there.
    package func debris() throws(Trouble) -> [Debris] {
        try names().filter { BackupSetID($0) == nil || !isFolder("\(root)/\($0)") }.sorted().map(Self.debris)
    }

    private static func debris(named name: String) -> Debris {
        for (prefix, kind) in [
            (SetLayout.partialPrefix, Debris.Kind.unfinished), (SetLayout.doomedPrefix, .halfRemoved),
        ]
        where name.hasPrefix(prefix) {
            if let id = BackupSetID(String(name.dropFirst(prefix.count))) {
                return Debris(name: name, kind: kind, set: id)
            }
        }
        return Debris(name: name, kind: .foreign, set: nil)
    }

    /// Removes one piece of debris; nothing happens to what is not of this program's making.
    package func removeDebris(_ name: String) throws(Trouble) {
        guard Self.debris(named: name).kind != .foreign, DurableFiles.exists("\(root)/\(name)") else { return }
        try remove("\(root)/\(name)")
        try DurableFiles.sync(root)
    }

    /// Removes a set that is not finished; nothing happens where there is none.
    package func discard(_ id: BackupSetID) throws(Trouble) {
        let partial = SetLayout(root: root, id: id).partial
        guard DurableFiles.exists(partial) else { return }
        try remove(partial)
        try DurableFiles.sync(root)
    }

    /// Removes what is in the folder of a set that is not finished, and leaves the folder.
    func empty(_ id: BackupSetID) throws(Trouble) {
        let partial = SetLayout(root: root, id: id).partial
        // What a link leads to is none of ours.
        guard isFolder(partial) else { throw DurableFiles.failed(partial, "not a folder") }
        for name in try names(in: partial) { try remove("\(partial)/\(name)") }
    }

    /// Removes finished sets.
    ///
    /// - Throws: `Trouble`; the sets that were removed until then are gone, the others are whole.
    package func remove(_ sets: [BackupSetID]) throws(Trouble) {
        for id in sets {
            let layout = SetLayout(root: root, id: id)
            // Renamed first, so that half a set is never taken for a whole one.
            let doomed = "\(root)/\(SetLayout.doomedPrefix)\(id.text)"
            guard rename(layout.published, doomed) == 0 else { throw DurableFiles.failed(layout.published) }
            try DurableFiles.sync(root)
            try remove(doomed)
        }
        if !sets.isEmpty { try DurableFiles.sync(root) }
    }

    private func names() throws(Trouble) -> [String] {
        if !DurableFiles.exists(root) {
            // What cannot be reached may hold sets; only what is not there holds none.
            guard errno == ENOENT else { throw DurableFiles.failed(root) }
            return []
        }
        return try names(in: root)
    }

    private func names(in folder: String) throws(Trouble) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw DurableFiles.failed(folder, error.localizedDescription)
        }
    }

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func remove(_ path: String) throws(Trouble) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw DurableFiles.failed(path, error.localizedDescription)
        }
    }
}
