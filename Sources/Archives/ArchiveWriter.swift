import CArchive
import Glibc

/// Writes tar archives that depend on nothing but names, contents, modes and owners: the same input gives the same
/// bytes on any day.
package enum ArchiveWriter {
    /// Writes an archive to a descriptor, which stays open; what is written is not flushed to the disk.
    /// - Parameters:
    ///   - contents: what to put in; folders with all that is in them, in the order of their names.
    ///   - descriptor: a file or a pipe.
    ///   - packing: how to pack.
    ///   - limits: what the contents may cost unpacked.
    /// - Returns: the files and folders that were put in.
    /// - Throws: `ArchiveError` that names the file: one that cannot be read, is neither file nor folder, or changes
    ///   while it is read.
    @discardableResult
    package static func write(
        _ contents: [ArchiveContent],
        to descriptor: Int32,
        packing: ArchivePacking,
        limits: ArchiveLimits = .standard
    ) throws(ArchiveError) -> [ArchiveEntry] {
        let writer = try TarWriter(descriptor: descriptor, packing: packing)
        var entries: [ArchiveEntry] = []
        var names: Set<String> = []
        for item in try DiskWalk.items(of: contents, limits: limits) {
            guard names.insert(item.name).inserted else {
                throw ArchiveError(.duplicate, entry: item.name, "the name is given twice")
            }
            entries.append(try writer.put(item))
        }
        try writer.finish()
        return entries
    }

    /// Writes an archive to a new file of mode 0600 and flushes it to the disk. On an error the file is gone.
    /// - Parameters:
    ///   - contents: what to put in.
    ///   - path: a file that must not exist.
    ///   - packing: how to pack.
    ///   - limits: what the contents may cost unpacked.
    /// - Returns: the files and folders that were put in.
    /// - Throws: `ArchiveError` as the other form, or where the file cannot be made.
    @discardableResult
    package static func write(
        _ contents: [ArchiveContent],
        toFile path: String,
        packing: ArchivePacking,
        limits: ArchiveLimits = .standard
    ) throws(ArchiveError) -> [ArchiveEntry] {
        let descriptor = try system(.unwritable, "the file \(path) cannot be made") {
            open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        }
        defer { close(descriptor) }
        do throws(ArchiveError) {
            let entries = try write(contents, to: descriptor, packing: packing, limits: limits)
            try system(.unwritable, "the file \(path) cannot be written") { fsync(descriptor) }
            return entries
        } catch {
            unlink(path)
            throw error
        }
    }
}

/// An archive that is being written.
private final class TarWriter {
    private let archive: OpaquePointer

    init(descriptor: Int32, packing: ArchivePacking) throws(ArchiveError) {
        archive = try made(archive_write_new(), .unwritable)
        archive_write_set_format_pax_restricted(archive)
        switch packing {
        case .none: archive_write_add_filter_none(archive)
        case .gzip:
            archive_write_add_filter_gzip(archive)
            // The time of packing would make every archive another.
            archive_write_set_filter_option(archive, "gzip", "timestamp", nil)
        case .zstd: archive_write_add_filter_zstd(archive)
        }
        // Names are UTF-8 whatever the locale of the process.
        archive_write_set_format_option(archive, "pax", "hdrcharset", "BINARY")
        try check(archive_write_open_fd(archive, descriptor), nil)
    }

    deinit {
        // Without this, freeing one that was not finished would write an end mark that makes it look whole.
        archive_write_fail(archive)
        archive_write_free(archive)
    }

    func put(_ item: DiskItem) throws(ArchiveError) -> ArchiveEntry {
        let entry = try made(archive_entry_new(), .unwritable)
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, item.name)
        archive_entry_set_perm(entry, item.mode)
        archive_entry_set_uid(entry, Int64(item.owner))
        archive_entry_set_gid(entry, Int64(item.group))
        archive_entry_set_mtime(entry, 0, 0)
        switch item.content {
        case .folder:
            archive_entry_set_filetype(entry, UInt32(Glibc.S_IFDIR))
            try check(archive_write_header(archive, entry), item.name)
            return ArchiveEntry(path: item.name, kind: .folder)
        case .bytes(let bytes):
            archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
            archive_entry_set_size(entry, Int64(bytes.count))
            try check(archive_write_header(archive, entry), item.name)
            let written = bytes.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
            guard written == bytes.count else { throw failure(item.name) }
            return ArchiveEntry(path: item.name, kind: .file(bytes: Int64(bytes.count)))
        case .file(let path, let size):
            archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
            archive_entry_set_size(entry, size)
            try check(archive_write_header(archive, entry), item.name)
            try copy(path, size: size, name: item.name)
            return ArchiveEntry(path: item.name, kind: .file(bytes: size))
        }
    }

    func finish() throws(ArchiveError) {
        try check(archive_write_close(archive), nil)
    }

    private func copy(_ path: String, size: Int64, name: String) throws(ArchiveError) {
        let descriptor = try system(.unreadable, entry: name, "the file cannot be read") {
            open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        }
        defer { close(descriptor) }
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { (buffer) throws(ArchiveError) in
            var copied: Int64 = 0
            while true {
                let count = try system(.unreadable, entry: name, "the file cannot be read") {
                    read(descriptor, buffer.baseAddress, buffer.count)
                }
                guard count > 0 else { break }
                copied += Int64(count)
                guard copied <= size else { break }
                guard archive_write_data(archive, buffer.baseAddress, count) == count else { throw failure(name) }
            }
            guard copied == size else {
                throw ArchiveError(.unreadable, entry: name, "the file changed while it was read")
            }
        }
    }

    private func check(_ status: Int32, _ name: String?) throws(ArchiveError) {
        guard status == ARCHIVE_OK else { throw failure(name) }
    }

    private func failure(_ name: String?) -> ArchiveError {
        ArchiveError(.unwritable, entry: name, "the archive cannot be written: \(words(archive_error_string(archive)))")
    }
}
