/// Something to put into an archive.
package struct ArchiveContent: Sendable, Hashable {
    /// Where the bytes come from.
    package enum Source: Sendable, Hashable {
        /// A file or a folder on the disk, with everything in it. Links are followed.
        case path(String)
        /// Bytes, as a file of mode 0600.
        case bytes([UInt8])
    }

    /// The path below the root of the archive.
    package var name: String
    /// Where the bytes come from.
    package var source: Source

    /// Something to put under a name.
    package init(_ name: String, _ source: Source) {
        self.name = name
        self.source = source
    }
}

/// How an archive is packed.
package enum ArchivePacking: Sendable, Hashable {
    /// Not at all.
    case none
    /// With gzip.
    case gzip
    /// With Zstandard.
    case zstd
}
