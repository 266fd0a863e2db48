import Glibc

/// A process told apart from a later one with the same number by the time it started.
package struct ProcessIdentity: Sendable, Hashable, Codable {
    /// The process number.
    package let pid: Int32
    /// When it started, in clock ticks since the machine booted.
    package let startTime: UInt64

    /// Names a process.
    package init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The identity of a running process; nil where there is none with that number, or it is a zombie.
    package init?(pid: Int32) {
        guard let entry = ProcessTable.entry(of: pid), !entry.isDead else { return nil }
        self.init(pid: pid, startTime: entry.startTime)
    }

    /// This process.
    package static var current: ProcessIdentity? { ProcessIdentity(pid: getpid()) }

    /// Whether exactly this process still runs; a zombie does not.
    package var isAlive: Bool { ProcessIdentity(pid: pid) == self }
}

/// What `/proc` says about the processes of this machine.
enum ProcessTable {
    struct Entry: Sendable {
        var pid: Int32
        var state: Character
        var parent: Int32
        var group: Int32
        var startTime: UInt64

        var isDead: Bool { state == "Z" || state == "X" }
    }

    static func entry(of pid: Int32) -> Entry? {
        guard let text = SmallFile.text("/proc/\(pid)/stat") else { return nil }
        // The name is in parentheses and may itself contain blanks and parentheses.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let group = Int32(fields[2]), let start = UInt64(fields[19])
        else { return nil }
        return Entry(pid: pid, state: state, parent: parent, group: group, startTime: start)
    }

    static func all() -> [Int32] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var pids: [Int32] = []
        while let item = readdir(folder) {
            let name = withUnsafePointer(to: item.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let pid = Int32(name) { pids.append(pid) }
        }
        return pids
    }

    /// The living members of a process group.
    static func members(ofGroup group: Int32) -> [Int32] {
        all().filter { pid in
            guard let entry = entry(of: pid) else { return false }
            return entry.group == group && !entry.isDead
        }
    }

    /// The living processes whose standard output or standard error is the given file.
    static func writers(to path: String) -> [Int32] {
        var target = stat()
        guard stat(path, &target) == 0 else { return [] }
        return all().filter { pid in
            guard entry(of: pid)?.isDead == false else { return false }
            return [1, 2].contains { descriptor in
                var status = stat()
                return stat("/proc/\(pid)/fd/\(descriptor)", &status) == 0
                    && status.st_dev == target.st_dev && status.st_ino == target.st_ino
            }
        }
    }
}

/// Reads files that are known to be small.
enum SmallFile {
    static func text(_ path: String, limit: Int = 1 << 20) -> String? {
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY) else { return nil }
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let chunk = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
                count = max(0, read(file.number, buffer.baseAddress, buffer.count))
            }
            guard !chunk.isEmpty else { break }
            bytes += chunk
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
