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
        guard mkdir(path, 0o700) == 0 else {
            throw systemError(.unwritable, "the folder \(path) cannot be made")
        }
        root = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard root >= 0 else {
            let error = systemError(.unwritable, "the folder \(path) cannot be opened")
            rmdir(path)
            throw error
        }
        self.path = path
        self.modes = modes
    }

    /// Makes a folder and those above it.
    mutating func makeFolder(_ name: String) throws(ArchiveError) {
        guard !name.isEmpty, !known.contains(name) else { return }
        if let slash = name.lastIndex(of: "/") { try makeFolder(String(name[..<slash])) }
        // Private while it is filled; `finish` gives it its mode.
        guard mkdirat(root, name, 0o700) == 0 else {
            throw systemError(.unwritable, entry: name, "the folder cannot be made")
        }
        known.insert(name)
        folders.append(name)
    }

    /// Makes a file and the folders above it, and fills it from `next`, which returns 0 at the end.
    mutating func makeFile(
        _ name: String,
        next: (UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int
    ) throws(ArchiveError) {
        if let slash = name.lastIndex(of: "/") { try makeFolder(String(name[..<slash])) }
        let descriptor = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemError(.unwritable, entry: name, "the file cannot be made") }
        defer { close(descriptor) }
        files.append(name)
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { (buffer) throws(ArchiveError) in
            while true {
                let count = try next(buffer)
                guard count > 0 else { return }
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
        guard fchmod(root, modes.folder) == 0, fsync(root) == 0 else {
            throw systemError(.unwritable, "the folder \(path) cannot be written")
        }
        close(root)
    }

    private func flush(_ name: String, _ flags: Int32, mode: mode_t) throws(ArchiveError) {
        let descriptor = openat(root, name, flags)
        guard descriptor >= 0 else { throw systemError(.unwritable, entry: name, "it cannot be opened") }
        defer { close(descriptor) }
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else {
            throw systemError(.unwritable, entry: name, "it cannot be written")
        }
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
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw systemError(.unwritable, entry: name, "the file cannot be written") }
            rest = rest.dropFirst(count)
        }
    }
}
