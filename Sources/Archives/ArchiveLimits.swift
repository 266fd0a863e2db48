/// What an archive may cost. Passing any of these is an error, before more is written.
package struct ArchiveLimits: Sendable, Hashable {
    /// The size of the archive itself, in bytes.
    package var packedBytes: Int64
    /// The size of all files together once unpacked, in bytes.
    package var unpackedBytes: Int64
    /// The number of entries.
    package var entries: Int
    /// The length of a name, in bytes.
    package var nameBytes: Int
    /// The number of folders above a file, and one.
    package var depth: Int
    /// How many bytes may come of one packed byte, on the whole and after the first 64 MiB.
    package var ratio: Int64

    /// Limits for a release package, images included: 16 GiB packed, 64 GiB unpacked, 10 000 entries.
    package static let standard = ArchiveLimits()

    /// Makes limits; what is left out is as in `standard`.
    package init(
        packedBytes: Int64 = 16 << 30,
        unpackedBytes: Int64 = 64 << 30,
        entries: Int = 10_000,
        nameBytes: Int = 1024,
        depth: Int = 32,
        ratio: Int64 = 200
    ) {
        self.packedBytes = packedBytes
        self.unpackedBytes = unpackedBytes
        self.entries = entries
        self.nameBytes = nameBytes
        self.depth = depth
        self.ratio = ratio
    }
}
