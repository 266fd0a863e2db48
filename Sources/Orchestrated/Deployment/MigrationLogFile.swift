internal import Glibc

/// The file with what a migration printed, line by line with the time of each, across pods and runners.
final class MigrationLogFile: Sendable {
    private let descriptor: Int32
    /// The pod whose lines come last in a file that an earlier runner began, and the time of its last one.
    let last: (pod: String, time: String)

    /// Opens the file, or makes it; nil where that cannot be: a log that cannot be written never ends a migration.
    init?(path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let wanted = min(max(size, 0), 256 * 1024)
        let end = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, wanted, off_t(size - wanted)))
        }
        var pod = ""
        var time = ""
        for line in String(decoding: end, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix(Self.header) {
                pod = String(line.dropFirst(Self.header.count))
                time = ""
            } else {
                let first = line.prefix { $0 != " " }
                if first.count >= 20, first.hasSuffix("Z") { time = String(first) }
            }
        }
        last = (pod, time)
    }

    deinit {
        close(descriptor)
    }

    private static let header = "# pod "

    /// Says whose lines come next.
    func begin(_ pod: String) { append(Self.header + pod) }

    /// Adds a line.
    func append(_ line: String) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
