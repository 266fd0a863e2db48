import CArchive
import Glibc

/// The bytes of a file, with gzip or Zstandard taken off where they are found.
final class PackedStream {
    private let archive: OpaquePointer
    private let file: PackedFile
    private let limits: ArchiveLimits
    private var unpacked: Int64 = 0

    /// Reads a file from its beginning. The descriptor stays open and belongs to the caller.
    init(
        descriptor: Int32,
        limits: ArchiveLimits,
        watch: ((UnsafeRawBufferPointer) -> Void)?
    ) throws(ArchiveError) {
        var status = stat()
        try system(.unreadable, "the archive cannot be read") { fstat(descriptor, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ArchiveError(.unreadable, "the archive is not a regular file")
        }
        guard status.st_size > 0 else { throw ArchiveError(.truncated, "the archive is empty") }
        guard status.st_size <= limits.packedBytes else {
            throw ArchiveError(.limit, "the archive is larger than \(limits.packedBytes) bytes")
        }
        archive = try made(archive_read_new(), .unreadable)
        self.limits = limits
        file = PackedFile(descriptor: descriptor, watch: watch)
        // Only the packing is taken off here. Names and kinds are read by `TarReader`, which sees every byte.
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_zstd(archive)
        archive_read_support_format_raw(archive)
        var entry: OpaquePointer?
        guard file.open(archive) == ARCHIVE_OK, archive_read_next_header(archive, &entry) == ARCHIVE_OK else {
            throw failure()
        }
    }

    deinit {
        archive_read_free(archive)
    }

    /// Fills a buffer as far as the stream goes; fewer bytes than there is room for mean its end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        var filled = 0
        var count: Int
        repeat {
            count = archive_read_data(archive, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            guard count >= 0 else { throw failure() }
            filled += count
            unpacked += Int64(count)
            try checkRatio()
        } while count > 0
        return filled
    }

    /// At most so many bytes; fewer mean the end of the stream.
    func read(atMost count: Int) throws(ArchiveError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(ArchiveError) in
            try read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Reads the file to its end, whatever the packing made of it.
    func drain() throws(ArchiveError) {
        try file.drain()
    }

    private func checkRatio() throws(ArchiveError) {
        let slack: Int64 = 64 << 20
        guard (unpacked - slack) / limits.ratio <= file.bytesRead else {
            throw ArchiveError(.limit, "more than \(limits.ratio) bytes come of every packed byte")
        }
    }

    private func failure() -> ArchiveError {
        if file.failure != 0 {
            return ArchiveError(.unreadable, "the archive cannot be read: \(String(cString: strerror(file.failure)))")
        }
        let message = words(archive_error_string(archive))
        let code: ArchiveError.Code = message.lowercased().contains("truncated") ? .truncated : .malformed
        return ArchiveError(code, "the archive cannot be unpacked: \(message)")
    }
}
