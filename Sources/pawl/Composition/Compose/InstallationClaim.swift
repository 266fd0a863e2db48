import Foundation
import Glibc
import StateStore
import UpgradeModel

/// Which data folder looks after an installation, noted in the installation's own folder.
///
/// Lock, journal and high-water mark are the data folder's. Through a second one, named by mistake, two runs would go on
/// side by side, and the mark of the first would be forgotten. A note that cannot be read counts as none, and so does a
/// folder that is not there yet.
struct InstallationClaim: Sendable {
    /// What the file says.
    struct Note: Sendable, Hashable, Codable {
        /// The data folder's path, links resolved.
        var dataFolder: String
        /// The newest release whose migrations have started here.
        var highWaterMark: ReleaseVersion?
    }

    /// The file.
    let path: String
    private let directory: String
    private let dataFolder: String

    init(on directory: String, by data: DataFolder) {
        self.directory = directory
        path = directory + "/.pawl-owner"
        dataFolder = URL(filePath: data.path).resolvingSymlinksInPath().path
    }

    /// What is noted; nil where nothing is.
    var note: Note? {
        FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(Note.self, from: $0) }
    }

    /// The mark that is noted for this data folder.
    var highWaterMark: ReleaseVersion? { note.flatMap { $0.dataFolder == dataFolder ? $0.highWaterMark : nil } }

    /// Makes sure that no other data folder looks after the installation.
    ///
    /// - Throws: code `another-data-folder`; `another-run` while a runner of the other one is at work.
    func require() throws(Trouble) {
        guard let note, note.dataFolder != dataFolder else { return }
        throw isHeld ? busy : others(note)
    }

    /// Takes the installation for a runner, or for whoever begins a run.
    ///
    /// - Returns: nil where the installation has no folder yet.
    /// - Throws: code `another-run` where somebody else has it, otherwise as `require`.
    func take() throws(Trouble) -> Hold? {
        guard FileManager.default.fileExists(atPath: directory) else { return nil }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Trouble(
                .environment,
                "installation-unwritable",
                "\(path) cannot be opened: \(String(cString: strerror(errno))).",
                remedy: "Let the user that runs Pawl write to the installation's folder."
            )
        }
        let hold = Hold(descriptor)
        // Somebody who only looks, or a child that is not its program yet, has it for an instant.
        for _ in 0..<40 where flock(descriptor, LOCK_EX | LOCK_NB) != 0 { usleep(5000) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw busy }
        if let note, note.dataFolder != dataFolder { throw others(note) }
        return hold
    }

    /// Notes this data folder, and the mark, durably.
    func write(_ mark: ReleaseVersion?, _ hold: Hold) throws(Trouble) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var bytes = try? Array(encoder.encode(Note(dataFolder: dataFolder, highWaterMark: mark))) else { return }
        // Written in place, since the lock is on this very file; of one size, so that nothing is cut off first.
        bytes += [UInt8](repeating: UInt8(ascii: "\n"), count: max(1, 1024 - bytes.count))
        errno = 0
        guard pwrite(hold.descriptor, bytes, bytes.count, 0) == bytes.count,
            ftruncate(hold.descriptor, off_t(bytes.count)) == 0, fsync(hold.descriptor) == 0
        else {
            // What was written only in part is no error to the system, and for want of room.
            throw DurableNote.unwritable(path, errno == 0 ? ENOSPC : errno)
        }
    }

    private var isHeld: Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    private var busy: Trouble {
        Trouble(
            .operator,
            "another-run",
            "Somebody is at work on the installation in \(directory)"
                + (note.map { $0.dataFolder == dataFolder ? "." : ", with the data folder \($0.dataFolder)." } ?? "."),
            remedy: "Wait for it to end, then try again."
        )
    }

    private func others(_ note: Note) -> Trouble {
        Trouble(
            .operator,
            "another-data-folder",
            "The data folder \(note.dataFolder) looks after the installation in \(directory), not "
                + "\(dataFolder).",
            remedy: "Name it: --data-dir \(note.dataFolder). Only where it was moved, or is gone for good, make sure "
                + "of what runs and write \(dataFolder) as `dataFolder` into \(path), which keeps the high-water mark there."
        )
    }

    /// The installation, held; the kernel lets go of it when the process dies.
    final class Hold: Sendable {
        fileprivate let descriptor: Int32

        fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

        func release() { _ = flock(descriptor, LOCK_UN) }

        deinit { close(descriptor) }
    }
}
