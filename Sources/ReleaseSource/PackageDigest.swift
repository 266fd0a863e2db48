import Archives
import Crypto
import Glibc
import UpgradeModel

/// The SHA-256 of a package that is open.
enum PackageDigest {
    /// Reads a file from its beginning to its end.
    /// - Parameters:
    ///   - descriptor: the file; its position does not matter and does not change.
    ///   - size: how many bytes it must have; nil where nobody said.
    /// - Returns: the digest of all bytes.
    /// - Throws: `ArchiveError`, where it has another size or cannot be read.
    static func of(_ descriptor: Int32, expectedSize size: Int64?) throws(ArchiveError) -> ContentDigest? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ArchiveError(.malformed, "it is not a regular file") }
        if let size, Int64(status.st_size) != size {
            throw ArchiveError(.rejected, "it has \(status.st_size) bytes, and the catalog says \(size)")
        }
        var hash = SHA256()
        var position: Int64 = 0
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 64) { (buffer) throws(ArchiveError) in
            while true {
                let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(position))
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw unreadable() }
                guard count > 0 else { return }
                hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                position += Int64(count)
                // Somebody is still writing it: it will not end by itself.
                guard position <= Int64(status.st_size) else {
                    throw ArchiveError(.rejected, "it grows while it is read")
                }
            }
        }
        return ContentDigest(bytes: Array(hash.finalize()))
    }

    /// Refuses a digest that is not the published one.
    static func check(_ actual: ContentDigest?, against published: ContentDigest) throws(ArchiveError) {
        guard actual != published else { return }
        let shown = actual?.hexadecimal ?? "unknown"
        throw ArchiveError(.rejected, "its SHA-256 is \(shown), and the catalog says \(published.hexadecimal)")
    }

    private static func unreadable() -> ArchiveError {
        ArchiveError(.unreadable, "it cannot be read: \(String(cString: strerror(errno)))")
    }
}
