import Foundation
import Glibc
import UpgradeModel

/// Small files that what is done next goes by: they are on the disk before it begins.
enum DurableNote {
    /// Writes a file anew, wholly or not at all.
    ///
    /// - Throws: code `disk-full`, or `file-unwritable` where something else keeps it from being written.
    static func write(_ contents: Data, to path: String) throws(Trouble) {
        let fresh = path + ".new"
        _ = unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        let failure = fill(descriptor, contents)
        close(descriptor)
        guard failure == 0 else {
            // Half of a file would only take the room that is missing.
            _ = unlink(fresh)
            throw unwritable(path, failure)
        }
        guard rename(fresh, path) == 0 else {
            let failure = errno
            _ = unlink(fresh)
            throw unwritable(path, failure)
        }
        try sync(URL(filePath: path).deletingLastPathComponent().path)
    }

    /// Writes everything and waits until it is on the disk.
    ///
    /// - Returns: the error's number; 0 where all is well.
    private static func fill(_ descriptor: Int32, _ contents: Data) -> Int32 {
        var rest = contents
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return errno }
            rest = rest.dropFirst(max(0, count))
        }
        return fsync(descriptor) == 0 ? 0 : errno
    }

    /// Waits until a file or folder is on the disk.
    ///
    /// - Throws: as ``write(_:to:)``.
    static func sync(_ path: String) throws(Trouble) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        let failure = fsync(descriptor) == 0 ? 0 : errno
        close(descriptor)
        guard failure == 0 else { throw unwritable(path, failure) }
    }

    /// What is to be said of a file that cannot be written, by the number of the error.
    static func unwritable(_ path: String, _ code: Int32) -> Trouble {
        let isFull = code == ENOSPC || code == EDQUOT
        return Trouble(
            .environment,
            isFull ? "disk-full" : "file-unwritable",
            "\(path) cannot be written: \(String(cString: strerror(code))).",
            remedy: isFull
                ? "Free disk space, then try again."
                : "Check that its folder is there, that the user that runs Pawl may write to it, and that its disk is well; "
                    + "then try again."
        )
    }
}
