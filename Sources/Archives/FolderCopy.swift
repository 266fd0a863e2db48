import Glibc

/// Copies a folder as carefully as an archive is unpacked: files and folders only, within limits, into a fresh folder.
package enum FolderCopy {
    /// Copies what is in a folder, and flushes it to the disk. On an error the copy is gone.
    /// - Parameters:
    ///   - descriptor: the folder, open; it stays open.
    ///   - folder: the path of a folder that must not exist; its parent must.
    ///   - modes: the modes of what is made.
    ///   - limits: what the files may cost.
    /// - Returns: what was copied, in the order of names.
    /// - Throws: `ArchiveError` that names the file: a link, a device, one that cannot be read.
    @discardableResult
    package static func copy(
        from descriptor: Int32,
        into folder: String,
        modes: ArchiveReader.Modes = .private,
        limits: ArchiveLimits = .standard
    ) throws(ArchiveError) -> [ArchiveEntry] {
        var copying = Copying(tree: try FreshTree(at: folder, modes: modes), limits: limits)
        do throws(ArchiveError) {
            try copying.copy(descriptor, prefix: "")
            try copying.tree.finish()
            return copying.entries
        } catch {
            copying.tree.remove()
            throw error
        }
    }
}

/// A copy that is being made.
private struct Copying {
    var tree: FreshTree
    let limits: ArchiveLimits
    var entries: [ArchiveEntry] = []
    private var total: Int64 = 0

    init(tree: FreshTree, limits: ArchiveLimits) {
        self.tree = tree
        self.limits = limits
    }

    /// Depth is bounded by the limits on names, so recursion is too.
    mutating func copy(_ folder: Int32, prefix: String) throws(ArchiveError) {
        for child in try FolderListing.children(of: folder, name: prefix) {
            let name = prefix.isEmpty ? child : "\(prefix)/\(child)"
            _ = try EntryName.path(Array(name.utf8), limits: limits)
            guard entries.count < limits.entries else {
                throw ArchiveError(.limit, "more than \(limits.entries) files and folders")
            }
            // Not blocking: a pipe in a file's place would hang the opening.
            let descriptor = openat(folder, child, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard descriptor != -1 || errno != ELOOP else {
                throw ArchiveError(.unsafeKind, entry: name, "a symbolic link")
            }
            try demand(descriptor != -1, .unreadable, entry: name, "it cannot be read")
            defer { close(descriptor) }
            var status = stat()
            try system(.unreadable, entry: name, "it cannot be read") { fstat(descriptor, &status) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                try tree.makeFolder(name)
                entries.append(ArchiveEntry(path: name, kind: .folder))
                try copy(descriptor, prefix: name)
            case S_IFREG:
                try copyFile(descriptor, name)
            default:
                throw ArchiveError(.unsafeKind, entry: name, "neither a file nor a folder")
            }
        }
    }

    private mutating func copyFile(_ descriptor: Int32, _ name: String) throws(ArchiveError) {
        var size: Int64 = 0
        let allowed = limits.unpackedBytes - total
        let limits = limits
        try tree.makeFile(name) { (buffer) throws(ArchiveError) in
            let count = try system(.unreadable, entry: name, "it cannot be read") {
                read(descriptor, buffer.baseAddress, buffer.count)
            }
            size += Int64(count)
            guard size <= allowed else {
                throw ArchiveError(
                    .limit,
                    entry: name,
                    "the files are larger than \(limits.unpackedBytes) bytes together"
                )
            }
            return count
        }
        total += size
        entries.append(ArchiveEntry(path: name, kind: .file(bytes: size)))
    }
}
