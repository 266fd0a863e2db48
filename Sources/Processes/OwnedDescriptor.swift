import Glibc
import Synchronization
import SystemPackage

/// A file descriptor that is closed exactly once: when told to, or when nobody holds it any more.
package final class OwnedDescriptor: Sendable {
    private let descriptor: Mutex<Int32?>

    init(_ descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    deinit { close() }

    /// The descriptor while it is open, else -1, which every system call refuses.
    package var number: Int32 { descriptor.withLock { $0 ?? -1 } }

    /// Closes it; nothing happens where it is closed already.
    package func close() {
        let open = descriptor.withLock { held in
            defer { held = nil }
            return held
        }
        if let open { _ = Glibc.close(open) }
    }

    /// Opens a file close-on-exec; a final symbolic link is followed only where `following` says so.
    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(ProcessFailure) -> OwnedDescriptor {
        while true {
            let number = Glibc.open(path, flags | O_CLOEXEC, mode)
            guard number < 0 else { return OwnedDescriptor(number) }
            guard errno == EINTR else { throw .file(path: path, reason: Errors.text(errno)) }
        }
    }

    /// Opens a file for reading.
    ///
    /// - Throws: `ProcessFailure.file`.
    package static func reading(_ path: String) throws(ProcessFailure) -> OwnedDescriptor { try open(path, O_RDONLY) }

    /// Makes a file with mode 0600, or empties the one that is there, for writing.
    ///
    /// - Throws: `ProcessFailure.file`.
    package static func writing(_ path: String) throws(ProcessFailure) -> OwnedDescriptor {
        try open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
    }

    /// A kernel pipe whose both ends are close-on-exec.
    ///
    /// `bytes` is how many it should hold; where the system does not allow that many, it holds what pipes usually do.
    /// Throws `ProcessFailure.file` where the system has no more descriptors.
    package static func pipe(
        holding bytes: Int32? = nil
    ) throws(ProcessFailure) -> (read: OwnedDescriptor, write: OwnedDescriptor) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw .file(path: "pipe", reason: Errors.text(errno)) }
        // Children that are started meanwhile do not get them either: they close whatever was not given to them.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        if let bytes { _ = fcntl(ends[1], pipeSize, bytes) }
        return (OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1]))
    }
}

/// `F_SETPIPE_SZ`, which the system's headers hide behind a macro.
private let pipeSize: Int32 = 1031

/// The system's words for its error numbers.
enum Errors {
    static func text(_ number: Int32) -> String {
        "\(Errno(rawValue: number))"
    }
}
