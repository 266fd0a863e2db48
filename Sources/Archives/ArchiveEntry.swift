/// A file or a folder of an archive.
package struct ArchiveEntry: Sendable, Hashable {
    /// What an entry is. There is nothing else: links and devices are refused.
    package enum Kind: Sendable, Hashable {
        /// A regular file of a size in bytes.
        case file(bytes: Int64)
        /// A folder.
        case folder
    }

    /// The path below the root, without `.`, `..` or a slash at either end.
    package let path: String
    /// What it is.
    package let kind: Kind
}
