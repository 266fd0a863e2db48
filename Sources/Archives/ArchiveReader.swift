import Glibc

/// Lists and unpacks tar archives, plain or packed with gzip or Zstandard, within limits.
///
/// Everything works on a descriptor that is open already and is read from its beginning, so that what was checked is
/// what is used. The descriptor stays open.
package enum ArchiveReader {
    /// The modes that unpacked files and folders get, whatever the archive says.
    package enum Modes: Sendable {
        /// Only for the owner: 0600 and 0700.
        case `private`
        /// Readable by all: 0644 and 0755.
        case shared

        var file: mode_t { self == .private ? 0o600 : 0o644 }
        var folder: mode_t { self == .private ? 0o700 : 0o755 }
    }

    /// The files and folders of an archive, in its order. Reads the whole of it.
    package static func list(
        descriptor: Int32,
        limits: ArchiveLimits = .standard
    ) throws(ArchiveError) -> [ArchiveEntry] {
        var reader = try TarReader(descriptor: descriptor, limits: limits)
        var entries: [ArchiveEntry] = []
        while let entry = try reader.next() { entries.append(entry) }
        return entries
    }

    /// The content of one file, such as a description; nil where the archive has no such file. Reads up to it.
    /// - Parameters:
    ///   - path: the path below the root.
    ///   - descriptor: the archive.
    ///   - maximum: the largest size that is read, in bytes.
    ///   - limits: what the archive may cost.
    /// - Returns: the bytes of the first file of that name.
    /// - Throws: `ArchiveError`, `limit` where the file is larger.
    package static func read(
        _ path: String,
        descriptor: Int32,
        maximum: Int = 4 << 20,
        limits: ArchiveLimits = .standard
    ) throws(ArchiveError) -> [UInt8]? {
        var reader = try TarReader(descriptor: descriptor, limits: limits)
        while let entry = try reader.next() {
            guard entry.path == path, case .file(let size) = entry.kind else { continue }
            guard size <= maximum else {
                throw ArchiveError(.limit, entry: path, "larger than \(maximum) bytes")
            }
            return try reader.readAll(size: Int(size))
        }
        return nil
    }

    /// Unpacks an archive into a folder that it makes, and flushes it to the disk. On an error the folder is gone.
    /// - Parameters:
    ///   - descriptor: the archive.
    ///   - folder: the path of a folder that must not exist; its parent must.
    ///   - modes: the modes of what is made.
    ///   - limits: what the archive may cost.
    ///   - watch: is shown every byte of the packed file, in order, as it is read.
    ///   - accept: is called when everything has been unpacked; an error that it throws takes it all away again.
    /// - Returns: what was unpacked, in the order of the archive.
    /// - Throws: `ArchiveError` that names the entry.
    @discardableResult
    package static func extract(
        descriptor: Int32,
        into folder: String,
        modes: Modes = .private,
        limits: ArchiveLimits = .standard,
        watch: ((UnsafeRawBufferPointer) -> Void)? = nil,
        accept: () throws(ArchiveError) -> Void = {}
    ) throws(ArchiveError) -> [ArchiveEntry] {
        var reader = try TarReader(descriptor: descriptor, limits: limits, watch: watch)
        var tree = try FreshTree(at: folder, modes: modes)
        do throws(ArchiveError) {
            var entries: [ArchiveEntry] = []
            while let entry = try reader.next() {
                switch entry.kind {
                case .folder:
                    try tree.makeFolder(entry.path)
                case .file:
                    try tree.makeFile(entry.path) { (buffer) throws(ArchiveError) in
                        try reader.read(into: buffer)
                    }
                }
                entries.append(entry)
            }
            try accept()
            try tree.finish()
            return entries
        } catch {
            tree.remove()
            throw error
        }
    }
}
