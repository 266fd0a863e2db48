import Crypto
import Foundation
import Glibc

/// Beside the database: which row was the journal's newest when a commit had returned.
///
/// SQLite takes the end of its write-ahead log for whatever is still readable of it. Where a disk loses or spoils a part
/// that was already safe, the database opens as if the last commits had never been, and a run would go on from a place
/// that it has long left. The seal says that they were.
///
/// The file has two places that are written in turn, so that a torn write leaves the other one. A seal that is behind is
/// no harm: a runner may die between a commit and its seal.
struct JournalSeal: Sendable {
    /// The newest row of the journal.
    struct Head: Sendable, Hashable {
        var id: Int64
        var hash: Data
    }

    let path: String

    private static let places: [off_t] = [0, 4096]

    /// The newest row that a commit was sealed with; nil where there is no seal that can be read.
    var head: Head? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return Self.heads(in: descriptor).compactMap(\.self).max { $0.id < $1.id }
    }

    /// Writes down the newest row, durably. A seal that cannot be written stays behind, which weakens it and breaks
    /// nothing; the journal itself is safe already.
    func set(to head: Head) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let heads = Self.heads(in: descriptor)
        // Over the older one, or over one that cannot be read.
        let place = (heads[0]?.id ?? -1) <= (heads[1]?.id ?? -1) ? 0 : 1
        let bytes = Array(Self.encoded(head))
        guard pwrite(descriptor, bytes, bytes.count, Self.places[place]) == bytes.count else { return }
        fdatasync(descriptor)
    }

    private static func heads(in descriptor: Int32) -> [Head?] {
        places.map { place in
            var bytes = [UInt8](repeating: 0, count: 72)
            guard pread(descriptor, &bytes, bytes.count, place) == bytes.count else { return nil }
            let id = bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
            let head = Head(id: id, hash: Data(bytes[8..<40]))
            return encoded(head) == Data(bytes) ? head : nil
        }
    }

    /// Number, hash, and the SHA-256 of both.
    private static func encoded(_ head: Head) -> Data {
        let number = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: head.id >> Int64($0)) }
        let body = Data(number) + head.hash
        return body + Data(SHA256.hash(data: body))
    }
}
