import CArchive
import Glibc

/// A file that is read once from its beginning, block by block, and shown to somebody who watches.
final class PackedFile {
    private let descriptor: Int32
    private let watch: ((UnsafeRawBufferPointer) -> Void)?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    /// How many bytes were read.
    private(set) var bytesRead: Int64 = 0
    /// What the system said when it could not read.
    private(set) var failure: Int32 = 0

    /// Takes a descriptor that stays open and belongs to the caller.
    init(descriptor: Int32, watch: ((UnsafeRawBufferPointer) -> Void)?) {
        self.descriptor = descriptor
        self.watch = watch
    }

    deinit {
        buffer.deallocate()
    }

    /// The next block, which is valid until the next call; empty at the end; nil where the file cannot be read.
    func next() -> UnsafeRawBufferPointer? {
        let count = uninterrupted { pread(descriptor, buffer.baseAddress, buffer.count, off_t(bytesRead)) }
        guard count >= 0 else {
            failure = errno
            return nil
        }
        let block = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        bytesRead += Int64(count)
        watch?(block)
        return block
    }

    /// Reads what is left, so that whoever watches has seen all of the file.
    func drain() throws(ArchiveError) {
        while let block = next() {
            if block.isEmpty { return }
        }
        throw ArchiveError(.unreadable, "the archive cannot be read: \(String(cString: strerror(failure)))")
    }

    /// Makes libarchive read from this file, which must outlive the archive.
    func open(_ archive: OpaquePointer) -> Int32 {
        let context = Unmanaged.passUnretained(self).toOpaque()
        return archive_read_open(archive, context, nil, readBlock, nil)
    }
}

/// What libarchive calls for the next block.
private func readBlock(
    _ archive: OpaquePointer?,
    _ context: UnsafeMutableRawPointer?,
    _ block: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    // The file remembers what the system said.
    guard let context, let block, let bytes = Unmanaged<PackedFile>.fromOpaque(context).takeUnretainedValue().next()
    else { return -1 }
    block.pointee = bytes.baseAddress
    return bytes.count
}
