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
        package var set: Result<BackupSet, Trouble>
    }

    /// Every finished set, newest first. One that cannot be read is listed with the reason.
    ///
    /// - Throws: `Trouble` where the folder itself cannot be read.
    package func list() throws(Trouble) -> [Entry] {
        try names().compactMap { BackupSetID($0) }.filter { isFolder("\(root)/\($0.text)") }
            .sorted(by: >).map { id in
                Entry(id: id, set: Result { () throws(Trouble) in try load(id) })
            }
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
        return BackupSet(manifest: try ManifestFile.read(in: path, id: id), path: path)
    }

    /// What there is of a set.
    package func state(of id: BackupSetID) -> BackupState {
        let layout = SetLayout(root: root, id: id)
        if isFolder(layout.published) { return .published }
        guard isFolder(layout.partial) else { return .absent }
        guard let manifest = try? ManifestFile.read(in: layout.partial, id: id) else { return .partial }
        return manifest.proof.state == .proven ? .proven : .dumped
    }

    /// What was begun and not finished, or not quite removed: names in the folder that are no set.
    package func debris() throws(Trouble) -> [String] {
        try names().filter { BackupSetID($0) == nil || !isFolder("\(root)/\($0)") }.sorted()
    }

    /// Removes what was begun and not finished, except the sets that open runs refer to. What is not of this
    /// program's making is left alone.
    ///
    /// - Returns: the names that were removed.
    package func removeDebris(inUse: Set<BackupSetID> = []) throws(Trouble) -> [String] {
        var removed: [String] = []
        for name in try debris() {
            let prefix = [SetLayout.partialPrefix, SetLayout.doomedPrefix].first(where: name.hasPrefix)
            guard let prefix, let id = BackupSetID(String(name.dropFirst(prefix.count))), !inUse.contains(id) else {
                continue
            }
            try remove("\(root)/\(name)")
            removed.append(name)
        }
        return removed
    }

    /// Removes a set that is not finished; nothing happens where there is none.
    package func discard(_ id: BackupSetID) throws(Trouble) {
        let partial = SetLayout(root: root, id: id).partial
        guard DurableFiles.exists(partial) else { return }
        try remove(partial)
        try DurableFiles.sync(root)
    }

    /// What retention says about every readable set, newest first. Unreadable sets are never removed by it.
    package func preview(
        _ retention: Retention,
        inUse: Set<BackupSetID> = []
    ) throws(Trouble) -> [(candidate: Retention.Candidate, verdict: Retention.Verdict)] {
        let sets = try list().compactMap { try? $0.set.get().manifest }
        let candidates = sets.map {
            Retention.Candidate(id: $0.id, createdAt: $0.createdAt, isProven: $0.proof.state == .proven)
        }
        return retention.decide(candidates, inUse: inUse)
    }

    /// Removes the sets that retention lets go.
    ///
    /// - Returns: the names of the sets that were removed.
    package func prune(_ retention: Retention, inUse: Set<BackupSetID> = []) throws(Trouble) -> [BackupSetID] {
        var removed: [BackupSetID] = []
        for (candidate, verdict) in try preview(retention, inUse: inUse) where verdict == .remove {
            let layout = SetLayout(root: root, id: candidate.id)
            // Renamed first, so that half a set is never taken for a whole one.
            let doomed = "\(root)/\(SetLayout.doomedPrefix)\(candidate.id.text)"
            guard rename(layout.published, doomed) == 0 else { throw DurableFiles.failed(layout.published) }
            try remove(doomed)
            removed.append(candidate.id)
        }
        if !removed.isEmpty { try DurableFiles.sync(root) }
        return removed
    }

    private func names() throws(Trouble) -> [String] {
        guard DurableFiles.exists(root) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: root)
        } catch {
            throw DurableFiles.failed(root, error.localizedDescription)
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
