import Glibc
import Synchronization

/// Which of several consoles over one data folder does what a console does by itself. The kernel lets go of it when the
/// process dies, however, and the next one that asks has it.
package final class DutyLock: Sendable {
    private let path: String
    /// The open file, while this one is on duty; -1 otherwise.
    private let descriptor = Mutex<Int32>(-1)

    /// Looks after a data folder.
    package init(in folder: DataFolder) { path = folder.path + "/duty.lock" }

    /// Whether it is this one's turn; takes it where nobody has it.
    package func isOurs() -> Bool {
        descriptor.withLock { held in
            if held >= 0 { return true }
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { return false }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                close(file)
                return false
            }
            held = file
            return true
        }
    }

    deinit {
        descriptor.withLock { if $0 >= 0 { close($0) } }
    }
}
