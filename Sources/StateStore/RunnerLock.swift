import Glibc
package import UpgradeModel

/// The lock that a living runner holds on its data folder. The kernel lets go of it when the runner dies, however.
package struct RunnerLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock, or returns nil where another process holds it.
    package init?(in folder: DataFolder) throws(Trouble) {
        let file = try Self.open(folder)
        // Somebody who only looks holds it for an instant; a runner must not give up for that.
        for _ in 0..<40 where flock(file, LOCK_EX | LOCK_NB) != 0 { usleep(5000) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            return nil
        }
        descriptor = file
    }

    /// Whether somebody holds it now.
    package static func isHeld(in folder: DataFolder) throws(Trouble) -> Bool {
        let descriptor = try open(folder)
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    private static func open(_ folder: DataFolder) throws(Trouble) -> Int32 {
        // Close-on-exec: a tool that outlives its runner must not pass for a runner.
        let descriptor = Glibc.open(folder.path + "/runner.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Trouble(
                .environment,
                "data-folder-unusable",
                "The lock in \(folder.path) cannot be opened: \(text(of: errno)).",
                remedy: "Make the data folder writable for the user that runs Pawl."
            )
        }
        return descriptor
    }

    deinit {
        close(descriptor)
    }
}
