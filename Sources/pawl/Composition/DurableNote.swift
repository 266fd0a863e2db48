import Foundation
import UpgradeModel

/// Small files that what is done next goes by: they are on the disk before it begins.
enum DurableNote {
    /// Writes a file anew, wholly or not at all.
    ///
    /// - Throws: code `disk-full`.
    static func write(_ contents: Data, to path: String) throws(Trouble) {
        let fresh = path + ".new"
        let isWritten =
            FileManager.default.createFile(atPath: fresh, contents: contents, attributes: [.posixPermissions: 0o600])
            && sync(fresh) && rename(fresh, path) == 0
            && sync(URL(filePath: path).deletingLastPathComponent().path)
        guard isWritten else { throw unwritable(path) }
    }

    /// Waits until a file or folder is on the disk; says whether it is.
    static func sync(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    static func unwritable(_ path: String) -> Trouble {
        Trouble(
            .environment,
            "disk-full",
            "\(path) cannot be written.",
            remedy: "Free disk space, then try again."
        )
    }
}
