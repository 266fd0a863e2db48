import Glibc

/// A process of this machine as `/proc` shows it.
package struct MachineProcess: Sendable, Hashable {
    /// The process number.
    package var pid: Int32
    /// Its parent's number.
    package var parent: Int32
    /// The program and its arguments.
    package var arguments: [String]
    /// The folder it works in; nil where this user may not see it.
    package var folder: String?

    /// Describes a process.
    package init(pid: Int32, parent: Int32, arguments: [String], folder: String?) {
        self.pid = pid
        self.parent = parent
        self.arguments = arguments
        self.folder = folder
    }

    /// Every living process that this user may see, this one left out.
    package static func all() -> [MachineProcess] {
        ProcessTable.all().compactMap { pid in
            guard pid != getpid(), let entry = ProcessTable.entry(of: pid), !entry.isDead,
                let line = SmallFile.text("/proc/\(pid)/cmdline"), !line.isEmpty
            else { return nil }
            return MachineProcess(
                pid: pid,
                parent: entry.parent,
                arguments: line.split(separator: "\0", omittingEmptySubsequences: false).map(String.init),
                folder: link("/proc/\(pid)/cwd")
            )
        }
    }

    private static func link(_ path: String) -> String? {
        var bytes: [CChar] = Array(repeating: 0, count: 4096)
        let count = readlink(path, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}
