internal import Glibc
internal import UpgradeModel

/// Files that are either there whole or not at all, also after a power failure.
enum DurableFiles {
    /// Who may do what with a file.
    struct Access: Hashable {
        var mode: mode_t
        var user: uid_t?
        var group: gid_t?

        static let secret = Access(mode: 0o600)
        static let secretFolder = Access(mode: 0o700)
        static let open = Access(mode: 0o644)
    }

    /// What stands at a path.
    enum Kind: Hashable {
        case nothing
        case file
        case folder
        case link(to: String)
        case other
    }

    /// Whether this user may see what is in a folder.
    static func isOpen(_ folder: String) -> Bool { Glibc.access(folder, R_OK | X_OK) == 0 }

    static func kind(_ path: String) -> Kind {
        var status = stat()
        guard lstat(path, &status) == 0 else { return .nothing }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        case S_IFLNK:
            let target = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer -> String? in
                guard let start = buffer.baseAddress else { return nil }
                let count = readlink(path, start, buffer.count)
                return count < 0
                    ? nil : String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
            return target.map { .link(to: $0) } ?? .other
        default: return .other
        }
    }

    /// The owner and rights of a file, links followed; nil where there is none.
    static func access(of path: String) -> Access? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Access(mode: status.st_mode & 0o7777, user: status.st_uid, group: status.st_gid)
    }

    /// The bytes of a regular file, links followed; nil where there is none.
    ///
    /// - Throws: code `file-unreadable`; a file above `limit` bytes counts as such.
    static func read(_ path: String, limit: Int = 16 << 20) throws(Trouble) -> [UInt8]? {
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

    /// Writes a file under a temporary name, makes it durable, and gives it its name.
    static func write(_ bytes: [UInt8], to path: String, access: Access) throws(Trouble) {
        try make(path, access: access) { descriptor throws(Trouble) in
            let result = bytes.withUnsafeBytes { bytes in
                Result { () throws(Trouble) in try writeAll(bytes, to: descriptor, path) }
            }
            try result.get()
        }
    }

    /// Copies a regular file of any size, links followed, likewise.
    static func copy(_ source: String, to path: String, access: Access) throws(Trouble) {
        let original = try open(source)
        defer { close(original) }
        try make(path, access: access) { descriptor throws(Trouble) in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
            defer { buffer.deallocate() }
            while true {
                let count = try fill(buffer, from: original, source)
                if count == 0 { return }
                try writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: descriptor, path)
            }
        }
    }

    /// Whether two regular files of any size, links followed, have the same bytes.
    static func isSame(_ one: String, _ other: String) throws(Trouble) -> Bool {
        let (left, right) = (try open(one), try open(other))
        defer {
            close(left)
            close(right)
        }
        let buffers = (0..<2).map { _ in UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16) }
        defer { for buffer in buffers { buffer.deallocate() } }
        while true {
            let count = try fill(buffers[0], from: left, one)
            guard try fill(buffers[1], from: right, other) == count else { return false }
            if count == 0 { return true }
            guard let here = buffers[0].baseAddress, let there = buffers[1].baseAddress,
                memcmp(here, there, count) == 0
            else { return false }
        }
    }

    private static let chunk = 1 << 18

    /// Opens a regular file.
    private static func open(_ path: String) throws(Trouble) -> Int32 {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw unreadable(path, EINVAL)
        }
        return descriptor
    }

    /// Reads until a buffer is full or the file is over.
    private static func fill(
        _ buffer: UnsafeMutableRawBufferPointer,
        from descriptor: Int32,
        _ path: String
    ) throws(Trouble) -> Int {
        var count = 0
        while count < buffer.count {
            let got = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw unreadable(path, errno)
            }
            count += got
        }
        return count
    }

    private static func writeAll(
        _ bytes: UnsafeRawBufferPointer,
        to descriptor: Int32,
        _ path: String
    ) throws(Trouble) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw unwritable(path, errno)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes a file under a temporary name, gives it access once it is filled, makes it durable, and gives it its name.
    private static func make(
        _ path: String,
        access: Access,
        fill: (Int32) throws(Trouble) -> Void
    ) throws(Trouble) {
        let temporary = path + ".new"
        _ = unlink(temporary)
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        do {
            defer { close(descriptor) }
            try fill(descriptor)
            try give(access, to: descriptor, path)
        }
        try rename(temporary, to: path)
    }

    /// Gives an open file or folder its owner, where this process may, and its rights, durably.
    private static func give(_ access: Access, to descriptor: Int32, _ path: String) throws(Trouble) {
        if let user = access.user, let group = access.group, givesOwners {
            guard fchown(descriptor, user, group) == 0 else { throw unwritable(path, errno) }
        }
        // After the owner: a change of that takes some of the rights away.
        guard fchmod(descriptor, access.mode) == 0, fsync(descriptor) == 0 else { throw unwritable(path, errno) }
    }

    /// Whether this process may say whose a file is.
    static var givesOwners: Bool { geteuid() == 0 }

    /// Gives a folder its owner, where this process may, and its rights; its list of names is durable then.
    static func give(_ access: Access, toFolder path: String) throws(Trouble) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        defer { close(descriptor) }
        try give(access, to: descriptor, path)
    }

    /// Gives a file, folder or link another name in place of whatever file or link has it, durably.
    static func rename(_ source: String, to target: String) throws(Trouble) {
        guard Glibc.rename(source, target) == 0 else { throw unwritable(target, errno) }
        try sync(folder: parent(of: target))
    }

    /// Makes a link in place of whatever file or link has its name.
    static func link(_ path: String, to destination: String) throws(Trouble) {
        let temporary = path + ".new"
        _ = unlink(temporary)
        guard symlink(destination, temporary) == 0 else { throw unwritable(path, errno) }
        try rename(temporary, to: path)
    }

    /// Makes a folder where there is none; its parent must be there.
    static func makeFolder(_ path: String, mode: mode_t = 0o755) throws(Trouble) {
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw unwritable(path, errno) }
        guard kind(path) == .folder else { throw unwritable(path, ENOTDIR) }
    }

    /// Makes a folder's list of names durable.
    static func sync(folder path: String) throws(Trouble) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw unwritable(path, errno) }
    }

    /// The names in a folder, sorted; none where there is no such folder.
    ///
    /// - Throws: code `file-unreadable` where there is one and not every name in it can be told. What cannot be listed is
    ///   not empty.
    static func names(in path: String) throws(Trouble) -> [String] {
        guard let folder = opendir(path) else {
            let code = errno
            guard code == ENOENT || code == ENOTDIR else { throw unreadable(path, code) }
            return []
        }
        defer { closedir(folder) }
        return try names(in: path) { readdir(folder) }
    }

    /// The names of what `next` returns until it returns nothing, sorted.
    static func names(
        in path: String,
        next: () -> UnsafeMutablePointer<dirent>?
    ) throws(Trouble) -> [String] {
        var names: [String] = []
        // Only this tells the end of a folder from a failure.
        errno = 0
        while let entry = next() {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        let code = errno
        guard code == 0 else { throw unreadable(path, code) }
        return names.sorted()
    }

    /// Removes a file, a link, or a folder with everything in it. What is not there is no trouble.
    static func remove(_ path: String) throws(Trouble) {
        switch kind(path) {
        case .nothing: return
        case .folder:
            for name in try names(in: path) { try remove(path + "/" + name) }
            guard rmdir(path) == 0 || errno == ENOENT else { throw unwritable(path, errno) }
        case .file, .link, .other:
            guard unlink(path) == 0 || errno == ENOENT else { throw unwritable(path, errno) }
        }
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
