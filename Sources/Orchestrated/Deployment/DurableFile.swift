internal import Glibc
internal import UpgradeModel

/// Files that are either there whole or not at all, also after a power failure.
enum DurableFile {
    /// The bytes of a file; nil where there is none.
    ///
    /// - Throws: code `file-unreadable`; a file above `limit` bytes counts as such.
    static func read(_ path: String, limit: Int = 64 << 20) throws(Trouble) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw unreadable(path, errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else { throw unreadable(path, EFBIG) }
        var bytes: [UInt8] = []
        while true {
            var failure: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if got < 0 { failure = errno }
                count = max(0, got)
            }
            if failure == EINTR { continue }
            guard failure == 0, bytes.count <= limit else { throw unreadable(path, failure) }
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
    }

    /// Whether there is a file.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Writes a file that nobody else may read under a temporary name, makes it durable, and gives it its name.
    static func write(_ bytes: [UInt8], to path: String) throws(Trouble) {
        let temporary = path + ".new"
        _ = unlink(temporary)
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        var failure: Int32 = 0
        var rest = bytes[...]
        while failure == 0, !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { failure = errno }
            rest = rest.dropFirst(max(0, count))
        }
        if failure == 0, fsync(descriptor) != 0 { failure = errno }
        close(descriptor)
        guard failure == 0 else {
            // Half of a file would only take the room that is missing.
            _ = unlink(temporary)
            throw unwritable(path, failure)
        }
        guard rename(temporary, path) == 0 else { throw unwritable(path, errno) }
        try sync(parent(of: path))
    }

    /// Makes a folder and those above it where there is none.
    static func makeFolder(_ path: String) throws(Trouble) {
        if exists(path) { return }
        let above = parent(of: path)
        if above != path, above != "." { try makeFolder(above) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw unwritable(path, errno) }
        try sync(above)
    }

    /// The names in a folder, sorted; none where there is no such folder.
    static func names(in path: String) throws(Trouble) -> [String] {
        guard let folder = opendir(path) else {
            guard errno == ENOENT || errno == ENOTDIR else { throw unreadable(path, errno) }
            return []
        }
        defer { closedir(folder) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw unreadable(path, errno) }
        return names.sorted()
    }

    /// Removes a file. What is not there is no trouble.
    static func remove(_ path: String) throws(Trouble) {
        guard unlink(path) == 0 || errno == ENOENT else { throw unwritable(path, errno) }
    }

    private static func sync(_ folder: String) throws(Trouble) {
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unwritable(folder, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw unwritable(folder, errno) }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func unreadable(_ path: String, _ code: Int32) -> Trouble {
        Trouble(
            .environment,
            "file-unreadable",
            "\(path) cannot be read: \(String(cString: strerror(code))).",
            remedy: "Check the owner and the rights of the file."
        )
    }

    private static func unwritable(_ path: String, _ code: Int32) -> Trouble {
        Trouble(
            .environment,
            code == ENOSPC || code == EDQUOT ? "disk-full" : "file-unwritable",
            "\(path) cannot be written: \(String(cString: strerror(code))).",
            remedy: "Check the free space, the owner and the rights of its folder."
        )
    }
}
