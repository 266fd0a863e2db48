import Glibc
package import UpgradeModel

/// The turn of a process to open the database of a data folder, and to make it or bring it up to date where need be.
/// It lasts until it is ended or goes out of sight; the kernel ends it when the process dies, however.
package struct OpeningLock: ~Copyable {
    /// The folder itself, so that nothing is written for it, on a full disk neither.
    private let descriptor: Int32

    /// Waits for the turn: whoever has it needs it for milliseconds. `patience` is how long it waits at most.
    ///
    /// - Throws: `state-unusable` where another process does not come to its end.
    package init(on folder: DataFolder, patience: Duration = .seconds(20)) throws(Trouble) {
        let directory = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw Trouble(
                .environment,
                "data-folder-unusable",
                "The data folder \(folder.path) cannot be opened: \(text(of: errno)).",
                remedy: "See to the data folder and its disk. Nothing was changed."
            )
        }
        let end = ContinuousClock.now + patience
        while flock(directory, LOCK_EX | LOCK_NB) != 0 {
            guard ContinuousClock.now < end else {
                close(directory)
                throw Trouble(
                    .environment,
                    "state-unusable",
                    "Another process has been opening the database \(folder.database) for \(patience).",
                    remedy: "See whether a `pawl` stands still (for example, by `ps`) and whether the disk answers, "
                        + "then try again. Nothing was changed."
                )
            }
            usleep(2000)
        }
        descriptor = directory
    }

    /// Lets the next one have its turn.
    package consuming func end() {}

    deinit {
        close(descriptor)
    }
}
