import CArchive
import Glibc

/// Packs and unpacks bytes in memory with gzip: one member, with its checksum.
package enum Gzip {
    private static let magic: [UInt8] = [0x1F, 0x8B, 0x08]

    /// Whether bytes begin as gzip does.
    package static func isPacked(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: magic)
    }

    /// Unpacks bytes.
    ///
    /// - Parameters:
    ///   - bytes: one member, and nothing behind it.
    ///   - limit: the most bytes that may come of them.
    /// - Returns: what was packed.
    /// - Throws: `ArchiveError`: `malformed`, `truncated`, or `limit` as soon as there are more.
    package static func unpacked(_ bytes: [UInt8], limit: Int) throws(ArchiveError) -> [UInt8] {
        guard isPacked(bytes), bytes.count >= 18 else {
            throw ArchiveError(isPacked(bytes) ? .truncated : .malformed, "the bytes are not packed with gzip")
        }
        let unpacked = try bytes.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
            try read(UnsafeRawBufferPointer(buffer), limit: limit)
        }
        // libarchive does not compare the checksum that stands at the end.
        let trailer = bytes.suffix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
        let sum = UInt64(CyclicSum.of(unpacked)) | UInt64(UInt32(truncatingIfNeeded: unpacked.count)) << 32
        guard sum == trailer else { throw ArchiveError(.malformed, "the packed bytes have a wrong checksum") }
        return unpacked
    }

    /// Packs bytes as small as gzip can; the same bytes give the same result on any day.
    package static func packed(_ bytes: [UInt8]) throws(ArchiveError) -> [UInt8] {
        let archive = try made(archive_write_new(), .unwritable)
        defer {
            archive_write_fail(archive)
            archive_write_free(archive)
        }
        // What cannot be made smaller grows by a few bytes for every 16 KiB.
        let room = bytes.count + bytes.count / 1000 + 4096
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 16)
        defer { buffer.deallocate() }
        let used = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        used.initialize(to: 0)
        defer { used.deallocate() }
        func check(_ holds: Bool) throws(ArchiveError) {
            guard holds else {
                throw ArchiveError(.unwritable, "nothing can be packed: \(words(archive_error_string(archive)))")
            }
        }
        try check(archive_write_set_format_raw(archive) == ARCHIVE_OK)
        try check(archive_write_add_filter_gzip(archive) == ARCHIVE_OK)
        // The time of packing would make every result another.
        archive_write_set_filter_option(archive, "gzip", "timestamp", nil)
        try check(archive_write_set_filter_option(archive, "gzip", "compression-level", "9") == ARCHIVE_OK)
        try check(archive_write_open_memory(archive, buffer.baseAddress, room, used) == ARCHIVE_OK)
        let entry = try made(archive_entry_new(), .unwritable)
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, "data")
        archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
        try check(archive_write_header(archive, entry) == ARCHIVE_OK)
        let written = bytes.withUnsafeBufferPointer { part in
            part.isEmpty ? 0 : archive_write_data(archive, part.baseAddress, part.count)
        }
        try check(written == bytes.count)
        try check(archive_write_close(archive) == ARCHIVE_OK)
        return Array(UnsafeRawBufferPointer(rebasing: buffer[..<used.pointee]))
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(ArchiveError) -> [UInt8] {
        let archive = try made(archive_read_new(), .unreadable)
        defer { archive_read_free(archive) }
        archive_read_support_filter_gzip(archive)
        archive_read_support_format_raw(archive)
        // Without this, a member with nothing in it would be no archive of a known kind.
        archive_read_support_format_empty(archive)
        func failure() -> ArchiveError {
            let message = words(archive_error_string(archive))
            let code: ArchiveError.Code = message.lowercased().contains("truncated") ? .truncated : .malformed
            return ArchiveError(code, "the bytes cannot be unpacked: \(message)")
        }
        guard archive_read_open_memory(archive, bytes.baseAddress, bytes.count) == ARCHIVE_OK else { throw failure() }
        var entry: OpaquePointer?
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK: break
        case ARCHIVE_EOF: return []
        default: throw failure()
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var unpacked: [UInt8] = []
        while true {
            let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
            guard count >= 0 else { throw failure() }
            guard count > 0 else { return unpacked }
            guard count <= limit - unpacked.count else {
                throw ArchiveError(.limit, "more than \(limit) bytes come of the packed ones")
            }
            unpacked.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}

/// The checksum that gzip has at its end: CRC-32.
private enum CyclicSum {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        let table = Self.table
        var sum = UInt32.max
        for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ sum >> 8 }
        return ~sum
    }
}
