import Crypto
import Foundation
import Glibc
import UpgradeModel

/// Files that are on the disk when a call returns, and readable by nobody else.
enum DurableFiles {
    /// Makes a folder with mode 0700; its parents too.
    static func makeFolder(_ path: String) throws(Trouble) {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw failed(path, error.localizedDescription)
        }
    }

    /// Makes a folder with mode 0700 where nothing has its name; says whether it did. Its parent must be there.
    static func makeNewFolder(_ path: String) throws(Trouble) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw failed(path) }
        return false
    }

    /// Writes a file with mode 0600 under a temporary name and puts it in its place.
    static func write(_ bytes: Data, to path: String) throws(Trouble) {
        try stage(bytes, for: path)
        try adopt(path)
    }

    /// The name under which a file is written before it is put in its place.
    static func staged(_ path: String) -> String { path + ".new" }

    /// Writes what is to become a file, under its temporary name. Where that fails nothing is left of it.
    static func stage(_ bytes: Data, for path: String) throws(Trouble) {
        let temporary = staged(path)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failed(path) }
        defer { close(descriptor) }
        do throws(Trouble) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 || errno == EINTR else { throw failed(path) }
                rest = rest.dropFirst(max(0, count))
            }
            guard fsync(descriptor) == 0 else { throw failed(path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Puts a file that was written under its temporary name in its place.
    static func adopt(_ path: String) throws(Trouble) {
        guard rename(staged(path), path) == 0 else { throw failed(path) }
        try sync((path as NSString).deletingLastPathComponent)
    }

    /// Waits until a file or a folder is on the disk.
    static func sync(_ path: String) throws(Trouble) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failed(path) }
    }

    /// The same on a thread of its own, for files whose bytes take their time.
    static func syncLarge(_ path: String) async throws(Trouble) {
        let result: Result<Void, Trouble> = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: Result { () throws(Trouble) in try sync(path) })
            }
        }
        try result.get()
    }

    /// Asks the system to keep nothing of an open file in memory, so that what is read next comes from the disk. Only
    /// what has been synchronised can be let go.
    static func forget(_ descriptor: Int32) {
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    /// Reads a file that is known to be small.
    ///
    /// `limit` is the most bytes that it may have.
    static func read(_ path: String, limit: Int) throws(Trouble) -> Data {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failed(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failed(path, "not a file")
        }
        guard status.st_size <= limit else { throw failed(path, "larger than \(limit) bytes") }
        do {
            return try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readToEnd() ?? Data()
        } catch {
            throw failed(path, error.localizedDescription)
        }
    }

    /// Reads a file of any size once, from the disk as far as can be, and tells its size and SHA-256. Takes a thread of
    /// its own, since it blocks.
    static func measure(_ path: String, as name: String) async throws(Trouble) -> StoredFile {
        let result: Result<StoredFile, Trouble> = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: Result { () throws(Trouble) in try measureNow(path, as: name) })
            }
        }
        return try result.get()
    }

    private static func measureNow(_ path: String, as name: String) throws(Trouble) -> StoredFile {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failed(path) }
        defer { close(descriptor) }
        forget(descriptor)
        var hash = SHA256()
        var total: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw failed(path)
            }
            guard count > 0 else { break }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            total += Int64(count)
        }
        return StoredFile(path: name, bytes: total, sha256: Hashing.hex(hash.finalize()))
    }

    /// The SHA-256 of bytes in memory, in hexadecimal.
    static func sha256(_ bytes: Data) -> String { Hashing.hex(SHA256.hash(data: bytes)) }

    /// Whether the disk that a path is on has no room left.
    static func isDiskFull(_ path: String) -> Bool {
        var facts = statvfs()
        let folder = (path as NSString).deletingLastPathComponent
        guard statvfs(folder, &facts) == 0 else { return false }
        // Less than a log or a checksum takes.
        return Int64(facts.f_bavail) &* Int64(facts.f_frsize) < 16_384 || (facts.f_files > 0 && facts.f_favail == 0)
    }

    /// Where a path leads, with no link in it any more.
    static func resolved(_ path: String) throws(Trouble) -> String {
        guard let found = realpath(path, nil) else { throw failed(path) }
        defer { free(found) }
        return String(cString: found)
    }

    /// Whether there is anything at a path.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// A file's size; 0 where there is none.
    static func size(_ path: String) -> Int64 {
        var status = stat()
        return lstat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    static func failed(_ path: String, _ reason: String? = nil) -> Trouble {
        let code = errno
        let isFull = reason == nil ? code == ENOSPC || code == EDQUOT : isDiskFull(path)
        return Trouble(
            .environment,
            isFull ? "disk-full" : "file-failed",
            "\(path): \(reason ?? String(cString: strerror(code)))",
            remedy: isFull
                ? "Free disk space there, then try again; no finished set was touched."
                : "Check the folder's owner, rights and free space."
        )
    }
}
