import Glibc

/// The names in a folder.
enum FolderListing {
    /// The names in an open folder, sorted by their bytes; the descriptor stays open.
    static func children(of descriptor: Int32, name: String) throws(ArchiveError) -> [String] {
        let shown = name.isEmpty ? nil : name
        let own = try system(.unreadable, entry: shown, "the folder cannot be read") {
            openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        // Fails only for want of memory, and then leaves the descriptor open.
        let folder = try made(fdopendir(own), .unreadable)
        defer { closedir(folder) }
        return try names(in: name) { readdir(folder) }
    }

    /// The names of what `next` returns until it returns nothing, sorted by their bytes.
    static func names(
        in name: String,
        next: () -> UnsafeMutablePointer<dirent>?
    ) throws(ArchiveError) -> [String] {
        var children: [String] = []
        errno = 0
        while let entry = next() {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let child = String(validating: bytes, as: UTF8.self) else {
                let lossy = String(decoding: bytes, as: UTF8.self)
                throw ArchiveError(.unsafeName, entry: "\(name)/\(lossy)", "its name is not UTF-8")
            }
            if child != ".", child != ".." { children.append(child) }
            errno = 0
        }
        try demand(errno == 0, .unreadable, entry: name.isEmpty ? nil : name, "the folder cannot be read")
        return children.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
