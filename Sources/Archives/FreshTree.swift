import Glibc

/// A folder that is being filled: nothing in it existed before, so nothing is ever followed or overwritten.
struct FreshTree {
    private let path: String
    private let modes: ArchiveReader.Modes
    private let root: Int32
    private var folders: [String] = []
    private var files: [String] = []
    private var known: Set<String> = []

    /// Makes the folder, which must not exist.
    init(at path: String, modes: ArchiveReader.Modes) throws(ArchiveError) {
        try system(.unwritable, "the folder \(path) cannot be made") { mkdir(path, 0o700) }
        do throws(ArchiveError) {
            root = try system(.unwritable, "the folder \(path) cannot be opened") {
                open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
        } catch {
            rmdir(path)
            throw error
        }
        self.path = path
        self.modes = modes
    }

    /// Makes a folder and those above it.
    mutating func makeFolder(_ name: String) throws(ArchiveError) {
        guard !known.contains(name) else { return }
        if let slash = name.lastIndex(of: "/") { try makeFolder(String(name[..<slash])) }
        // Private while it is filled; `finish` gives it its mode.
        try system(.unwritable, entry: name, "the folder cannot be made") { mkdirat(root, name, 0o700) }
        known.insert(name)
        folders.append(name)
    }

    /// Makes a file and the folders above it, and fills it from `next`, which returns 0 at the end.
    mutating func makeFile(
        _ name: String,
        next: (UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int
    ) throws(ArchiveError) {
        if let slash = name.lastIndex(of: "/") { try makeFolder(String(name[..<slash])) }
        let descriptor = try system(.unwritable, entry: name, "the file cannot be made") {
            openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        defer { close(descriptor) }
        files.append(name)
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { (buffer) throws(ArchiveError) in
            while case let count = try next(buffer), count > 0 {
                try Self.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: descriptor, name)
            }
        }
    }

    /// Flushes the files, sets the modes of the folders and flushes them, the innermost first, and closes the tree.
    ///
    /// Only here: a hostile archive is refused before anything waits for the disk.
    func finish() throws(ArchiveError) {
        for name in files { try flush(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, mode: modes.file) }
        for name in folders.reversed() {
            try flush(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, mode: modes.folder)
        }
        try system(.unwritable, "the folder \(path) cannot be written") { fchmod(root, modes.folder) }
        try system(.unwritable, "the folder \(path) cannot be written") { fsync(root) }
        close(root)
    }

    private func flush(_ name: String, _ flags: Int32, mode: mode_t) throws(ArchiveError) {
        let descriptor = try system(.unwritable, entry: name, "it cannot be opened") { openat(root, name, flags) }
        defer { close(descriptor) }
        try system(.unwritable, entry: name, "it cannot be written") { fchmod(descriptor, mode) }
        try system(.unwritable, entry: name, "it cannot be written") { fsync(descriptor) }
    }

    /// Takes away everything that was made.
    func remove() {
        for name in files { unlinkat(root, name, 0) }
        for name in folders.reversed() { unlinkat(root, name, AT_REMOVEDIR) }
        close(root)
        rmdir(path)
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer,
        to descriptor: Int32,
        _ name: String
    ) throws(ArchiveError) {
        var rest = bytes[0...]
        while !rest.isEmpty {
            let count = try system(.unwritable, entry: name, "the file cannot be written") {
                Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            }
            try demand(count > 0, .unwritable, entry: name, "the file cannot be written")
            rest = rest.dropFirst(count)
        }
    }
}
