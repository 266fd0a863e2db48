import Glibc
import UpgradeModel

/// Small files read whole, within a limit.
enum TextFile {
    /// What no file of variables, notes or the like is larger than, in bytes: 4 MiB.
    static let limit = 4 << 20

    /// Why a file could not be read.
    struct Unreadable: Error, Hashable {
        /// One clause.
        let reason: String
        /// Whether there is no such file.
        let isMissing: Bool

        /// The same as a trouble.
        func trouble(_ blame: Blame, _ path: String, remedy: String) -> Trouble {
            Trouble(blame, "file-unreadable", "\(path) \(reason).", remedy: remedy)
        }
    }

    /// Reads a regular file of at most `limit` bytes.
    static func read(_ path: String, limit: Int = limit) throws(Unreadable) -> [UInt8] {
        // Not blocking: a pipe in the file's place would hang the opening.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw failure()
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw failure()
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Unreadable(reason: "is not a regular file", isMissing: false)
        }
        var bytes: [UInt8] = []
        while true {
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, initialized in
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(count, 0)
            }
            if count < 0, errno == EINTR {
                continue
            }
            guard count >= 0 else {
                throw failure()
            }
            if count == 0 {
                return bytes
            }
            bytes += chunk
            guard bytes.count <= limit else {
                throw Unreadable(reason: "is larger than \(limit) bytes", isMissing: false)
            }
        }
    }

    /// What there is at a path; links are not followed.
    enum Kind {
        case file(bytes: Int64)
        case folder
        case other
        case missing
    }

    /// What there is at a path; links are not followed.
    static func kind(_ path: String) -> Kind {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            return .missing
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(bytes: Int64(status.st_size))
        case S_IFDIR: return .folder
        default: return .other
        }
    }

    /// What there is at a path, at the end of its links.
    static func kind(resolvingLinks path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .missing
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(bytes: Int64(status.st_size))
        case S_IFDIR: return .folder
        default: return .other
        }
    }

    /// The names in a folder, sorted; nil where it cannot be read.
    static func names(in folder: String) -> [String]? {
        guard let stream = opendir(folder) else {
            return nil
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." {
                names.append(name)
            }
        }
        return names.sorted()
    }

    private static func failure() -> Unreadable {
        Unreadable(reason: "cannot be read: \(String(cString: strerror(errno)))", isMissing: errno == ENOENT)
    }
}
