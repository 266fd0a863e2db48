import Glibc

/// The log file of a long-running tool, and the lock that says whether the tool still lives.
///
/// The lock is taken on the open file that becomes the tool's standard output and standard error, so that it lives
/// exactly as long as the tool or anything it started, whatever becomes of the process that started it.
package struct ToolLog: Sendable, Hashable {
    /// Where the log is.
    package let path: String

    /// Names a log; nothing is opened yet.
    package init(path: String) {
        self.path = path
    }

    /// The file beside the log that names the processes that write to it, one `pid start-time` a line.
    package var pidPath: String { path + ".pid" }

    /// Whether a tool that writes to this log still lives.
    ///
    /// - Returns: false where there is no such file.
    /// - Throws: `ProcessFailure.file` where the log cannot be opened for another reason.
    package var isHeld: Bool {
        get throws(ProcessFailure) {
            guard access(path, F_OK) == 0 else { return false }
            let file = try OwnedDescriptor.open(path, O_RDONLY | O_NOFOLLOW)
            for attempt in 0..<20 {
                // A shared lock, so that two who only look do not see one another.
                if flock(file.number, LOCK_SH | LOCK_NB) == 0 { return false }
                // A child that is being made for something else has all open files until it becomes its program.
                if attempt < 19 { usleep(5_000) }
            }
            return true
        }
    }

    /// The living processes that write to this log, found by the pid file and by their open files.
    package var holders: [ProcessIdentity] {
        let noted = (SmallFile.text(pidPath) ?? "").split(separator: "\n").compactMap { line -> ProcessIdentity? in
            let fields = line.split(separator: " ")
            guard fields.count >= 2, let pid = Int32(fields[0]), let start = UInt64(fields[1]), pid > 1 else {
                return nil
            }
            return ProcessIdentity(pid: pid, startTime: start)
        }
        let found = ProcessTable.writers(to: path).compactMap(ProcessIdentity.init(pid:))
        return Set(noted.filter(\.isAlive) + found).subtracting(ProcessIdentity.current.map { [$0] } ?? [])
            .sorted { $0.pid < $1.pid }
    }

    /// Ends every tool that still writes to this log, together with what it started: first in an orderly way, then,
    /// where the grace has passed, at once.
    ///
    /// - Parameter grace: how long a tool may take to end by itself.
    /// - Throws: `ProcessFailure.logHeld` where something survives even that.
    package func endHolders(grace: Duration = .seconds(20)) async throws(ProcessFailure) {
        let groups = Set(holders.compactMap { ProcessTable.entry(of: $0.pid)?.group }).subtracting([getpgrp(), 0, 1])
        for group in groups { await ProcessGroup(group).end(grace: grace) }
        guard try await !isHeld(after: .seconds(5)) else { throw .logHeld(path: path) }
    }

    /// The end of the log.
    ///
    /// - Parameter bytes: at most this many bytes of it.
    /// - Returns: text; bytes that are not UTF-8 are replaced. Empty where there is no log.
    package func tail(bytes: Int = 4096) -> String {
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY | O_NOFOLLOW) else { return "" }
        let size = Int(lseek(file.number, 0, SEEK_END))
        guard size > 0 else { return "" }
        let wanted = min(bytes, size)
        let end = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = max(0, pread(file.number, buffer.baseAddress, wanted, off_t(size - wanted)))
        }
        return String(decoding: end, as: UTF8.self)
    }

    /// Opens the log for a new tool and takes the lock.
    ///
    /// - Throws: `ProcessFailure.logHeld` where a living tool has it.
    func open() async throws(ProcessFailure) -> OwnedDescriptor {
        let file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW)
        // Somebody who only looks holds a shared lock for an instant.
        for attempt in 0... {
            if flock(file.number, LOCK_EX | LOCK_NB) == 0 { break }
            guard attempt < 40 else { throw .logHeld(path: path) }
            try? await Task.sleep(for: .milliseconds(5))
        }
        _ = unlink(pidPath)
        return file
    }

    /// Notes a process that writes to this log.
    func note(pid: Int32) throws(ProcessFailure) {
        let start = ProcessTable.entry(of: pid)?.startTime ?? 0
        let file = try OwnedDescriptor.open(pidPath, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW)
        let line = Array("\(pid) \(start)\n".utf8)
        guard write(file.number, line, line.count) == line.count else {
            throw .file(path: pidPath, reason: Errors.text(errno))
        }
    }

    private func isHeld(after patience: Duration) async throws(ProcessFailure) -> Bool {
        let deadline = ContinuousClock.now + patience
        while try isHeld {
            guard ContinuousClock.now < deadline else { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
