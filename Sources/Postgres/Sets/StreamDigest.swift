import Crypto

/// How long a stream of bytes was, and its SHA-256.
struct StreamDigest: Sendable, Hashable {
    var bytes: Int64
    var sha256: String
}

/// Adds up a stream's bytes as they go by.
struct StreamHash: Sendable {
    private var hash = SHA256()
    private var bytes: Int64 = 0

    /// Takes in the next piece.
    static func add(_ stream: inout StreamHash, _ piece: UnsafeRawBufferPointer) {
        stream.hash.update(bufferPointer: piece)
        stream.bytes += Int64(piece.count)
    }

    /// What has gone by so far.
    var digest: StreamDigest { StreamDigest(bytes: bytes, sha256: Hashing.hex(hash.finalize())) }
}
