internal import Glibc
internal import NIOCore
internal import NIOPosix

/// A file as the body of a request: read in pieces, on a thread where waiting for a disk harms nobody.
struct FileChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    /// How much is read at once, in bytes.
    static let pieceSize = 256 * 1024

    private let file: OpenFile
    /// The size of the file when it was opened, in bytes.
    let size: Int64

    /// Opens the file.
    init(path: String) throws(WebFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadableBody(path: path, errno: errno) }
        let file = OpenFile(descriptor: descriptor, path: path)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadableBody(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadableBody(path: path, errno: EISDIR) }
        self.file = file
        self.size = Int64(status.st_size)
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(file: file, remaining: size)
    }

    struct Iterator: AsyncIteratorProtocol {
        let file: OpenFile
        var remaining: Int64
        var offset: Int64 = 0

        init(file: OpenFile, remaining: Int64) {
            self.file = file
            self.remaining = remaining
        }

        mutating func next() async throws -> ByteBuffer? {
            let wanted = Int(Swift.min(remaining, Int64(FileChunks.pieceSize)))
            guard wanted > 0 else { return nil }
            let (file, offset) = (file, offset)
            let buffer = try await NIOThreadPool.singleton.runIfActive {
                try file.read(wanted, at: offset)
            }
            // A file that shrank meanwhile ends the body early, which the length check of the exchange reports.
            guard buffer.readableBytes > 0 else { return nil }
            self.remaining -= Int64(buffer.readableBytes)
            self.offset += Int64(buffer.readableBytes)
            return buffer
        }
    }
}

/// A descriptor that is closed when nobody reads any more.
final class OpenFile: Sendable {
    private let descriptor: Int32
    private let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    func read(_ count: Int, at offset: Int64) throws(WebFailure) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        var failure: Int32 = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            while true {
                let got = pread(descriptor, space.baseAddress, count, off_t(offset))
                if got >= 0 { return got }
                if errno == EINTR { continue }
                failure = errno
                return 0
            }
        }
        guard failure == 0 else { throw .unreadableBody(path: path, errno: failure) }
        return buffer
    }
}
