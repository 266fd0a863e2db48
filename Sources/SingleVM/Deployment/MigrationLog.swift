internal import Glibc
internal import UpgradeModel

extension ComposeDeployment {
    /// Copies what a container prints into a file, and hands out each line, until the container ends. A file that an
    /// earlier runner began is continued: lines that it has already are left out.
    ///
    /// A log that cannot be read or written never ends a migration; the file then says so.
    func followLogs(of container: EngineContainer, into path: String, _ line: @Sendable (LogLine) -> Void) async {
        guard let file = LineFile(path: path) else { return }
        var newest = file.newestTime
        for attempt in 0..<10 {
            // The two outputs are not in order to the nanosecond: only what an earlier connection brought is left out.
            let known = newest
            do throws(Trouble) {
                try await engine.readLogs(of: container, follows: true) { entry throws(Trouble) in
                    guard entry.time.isEmpty || entry.time > known else { return }
                    newest = max(newest, entry.time)
                    file.append("\(entry.time) \(entry.text)\n")
                    line(entry)
                }
                return
            } catch {
                guard error.code == "engine-unreachable", attempt < 9, !Task.isCancelled else {
                    file.append("# the output could not be read further: \(error.message)\n")
                    return
                }
                try? await clock.sleep(for: .seconds(2))
            }
        }
    }
}

/// A file that lines are added to.
private final class LineFile: Sendable {
    private let descriptor: Int32
    /// The time at the beginning of the last line that has one.
    let newestTime: String

    init?(path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let wanted = min(max(size, 0), 64 * 1024)
        let end = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, wanted, off_t(size - wanted)))
        }
        let times = String(decoding: end, as: UTF8.self).split(separator: "\n").map { $0.prefix { $0 != " " } }
        newestTime = times.last { $0.count >= 20 && $0.hasSuffix("Z") }.map(String.init) ?? ""
    }

    deinit {
        close(descriptor)
    }

    func append(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
