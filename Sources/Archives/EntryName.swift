/// Judges the name of an entry.
enum EntryName {
    /// The path below the root that a name stands for; empty for the root itself.
    static func path(_ bytes: [UInt8], limits: ArchiveLimits) throws(ArchiveError) -> String {
        let lossy = String(decoding: bytes.prefix(4096), as: UTF8.self)
        guard bytes.count <= limits.nameBytes else {
            throw ArchiveError(.limit, entry: lossy, "its name is longer than \(limits.nameBytes) bytes")
        }
        guard !bytes.contains(0) else { throw ArchiveError(.unsafeName, entry: lossy, "a NUL in its name") }
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw ArchiveError(.unsafeName, entry: lossy, "its name is not UTF-8")
        }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw ArchiveError(.unsafeName, entry: name, "a control character in its name")
        }
        guard bytes.first != UInt8(ascii: "/") else {
            throw ArchiveError(.unsafeName, entry: name, "its name begins at the root of the machine")
        }
        guard !bytes.isEmpty else { throw ArchiveError(.unsafeName, entry: name, "it has no name") }
        let parts = name.split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else { throw ArchiveError(.unsafeName, entry: name, "“..” in its name") }
        guard parts.count <= limits.depth else {
            throw ArchiveError(.limit, entry: name, "nested deeper than \(limits.depth) folders")
        }
        guard parts.allSatisfy({ $0.utf8.count <= 255 }) else {
            throw ArchiveError(.limit, entry: name, "a part of its name is longer than 255 bytes")
        }
        return parts.joined(separator: "/")
    }
}
