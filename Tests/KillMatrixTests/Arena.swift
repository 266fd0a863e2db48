import Foundation
import Glibc
import Processes
import Simulators
import StateStore
import UpgradeEngine
import UpgradeModel

/// A folder in which one installation lives and dies: its data folder, its world, and the pipes by which the runner
/// under test says how far it is.
///
/// Everything here blocks: a matrix runs on threads of its own.
final class Arena {
    /// Something that a runner has said.
    enum Word: Hashable {
        /// It stands still at this place and waits to be killed; the process that does, where it is a child.
        case stopped(at: String, child: pid_t?)
        /// It waits at this place until ``openGate()``.
        case at(String)
        /// It waits for a tool that has outlived an earlier runner.
        case waiting
        /// Its process is over, with this status.
        case ended(Int32)
    }

    let folder: String
    private let announcements: Int32
    private var unread: [UInt8] = []
    private(set) var runner: pid_t = 0

    /// The program that is killed, beside the test bundle.
    static let program: String = {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "KillTarget").path
    }()

    /// Where arenas are: in memory where that can be had, since nothing here is about disks.
    static let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : FileManager.default.temporaryDirectory.path

    /// Makes an arena for a story: an empty one, or one that goes on from a copy.
    init(_ story: Story, from copy: Snapshot? = nil) throws {
        folder = Self.place + "/pawl-kill-" + UUID().uuidString
        if let copy {
            try FileManager.default.copyItem(atPath: copy.folder, toPath: folder)
        } else {
            try FileManager.default.createDirectory(atPath: folder + "/world/logs", withIntermediateDirectories: true)
        }
        try JSONEncoder().encode(story).write(to: URL(filePath: folder + "/story.json"))
        guard mkfifo(folder + "/announcements", 0o600) == 0, mkfifo(folder + "/gate", 0o600) == 0 else {
            throw Failure("no pipes in \(folder): \(errno)")
        }
        // Open for writing too, so that the pipe never ends when a runner dies.
        announcements = open(folder + "/announcements", O_RDWR | O_NONBLOCK | O_CLOEXEC)
    }

    deinit {
        close(announcements)
        if runner > 0 { _ = finish() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Starts a runner that stops at these places.
    func start(stops: [String]) throws { runner = try spawn(stops) }

    /// Starts another runner beside it and waits for its end.
    func rival() throws -> Int32 {
        var status: Int32 = 0
        let rival = try spawn([])
        waitpid(rival, &status, 0)
        return (status >> 8) & 0xFF
    }

    /// Waits for the runner's next word.
    func listen(seconds: Double = 30) throws -> Word {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let line = nextLine(), let word = Self.word(line) { return word }
            var status: Int32 = 0
            if waitpid(runner, &status, WNOHANG) == runner {
                runner = 0
                return .ended((status & 0x7F) != 0 ? -(status & 0x7F) : (status >> 8) & 0xFF)
            }
            var poller = pollfd(fd: announcements, events: Int16(POLLIN), revents: 0)
            poll(&poller, 1, 5)
        }
        throw Failure("no word within \(seconds) s: \(output)")
    }

    /// Waits until the runner stops or ends, and lets it join tools that wait at the gate.
    func awaitStop() throws -> Word {
        while true {
            switch try listen() {
            case .waiting: try openGate()
            case .at: continue
            case let word: return word
            }
        }
    }

    /// Lets through whoever waits at the gate.
    func openGate() throws {
        let end = SuspendingClock.now + .seconds(60)
        while true {
            let descriptor = open(folder + "/gate", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            let reason = errno
            if descriptor >= 0 {
                defer { close(descriptor) }
                guard write(descriptor, "\n", 1) == 1 else { throw Failure("the gate does not open: \(errno)") }
                return
            }
            guard reason == ENXIO || reason == EINTR, SuspendingClock.now < end else {
                throw Failure("nobody waits at the gate (\(reason)); runner \(runner) \(state): \(output)")
            }
            usleep(500)
        }
    }

    /// What the system says that the runner does.
    private var state: String {
        ["stat", "wchan"].map { (try? String(contentsOfFile: "/proc/\(runner)/\($0)", encoding: .utf8)) ?? "gone" }
            .joined(separator: " ")
    }

    /// Ends the runner from outside with SIGKILL, and the child's whole group too where one is named.
    func kill(with child: pid_t? = nil) {
        Glibc.kill(runner, SIGKILL)
        if let child { Glibc.kill(-child, SIGKILL) }
        _ = finish()
        let end = ContinuousClock.now + .seconds(5)
        while let child, ProcessGroup(child).isAlive, ContinuousClock.now < end { sched_yield() }
    }

    private func finish() -> Int32 {
        var status: Int32 = 0
        Glibc.kill(runner, SIGKILL)
        waitpid(runner, &status, 0)
        runner = 0
        return status
    }

    // MARK: What is there

    /// The rows of the journal; opening it checks the chain.
    func rows() throws -> [JournalEntry] {
        let store = try StateStore(in: DataFolder(folder + "/data", create: false))
        if let trouble = store.safeMode { throw Failure("the journal is broken: \(trouble.message)") }
        return try store.entries(of: nil, after: 0)
    }

    /// The changes of the world, in order: what, which part, whose token, under which row.
    func changes() -> [[String]] {
        let text = (try? String(contentsOfFile: folder + "/world/changes", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    /// What the last runner has printed.
    var output: String { (try? String(contentsOfFile: folder + "/output", encoding: .utf8)) ?? "" }

    // MARK: Processes

    private func spawn(_ stops: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder + "/output", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let arguments = [Self.program, folder] + stops
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        let result = posix_spawn(&child, Self.program, &actions, nil, &pointers, environ)
        guard result == 0 else { throw Failure("\(Self.program) does not start: \(result)") }
        return child
    }

    private func nextLine() -> String? {
        if !unread.contains(UInt8(ascii: "\n")) {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(announcements, &buffer, buffer.count)
            if count > 0 { unread += buffer.prefix(count) }
        }
        guard let end = unread.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = String(decoding: unread[..<end], as: UTF8.self)
        unread.removeSubrange(...end)
        return line
    }

    private static func word(_ line: String) -> Word? {
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 2 else { return nil }
        return switch words[0] {
        case "stop": .stopped(at: words[1], child: words.count > 2 ? pid_t(words[2]) : nil)
        case "at": .at(words[1])
        case "waiting": .waiting
        default: nil
        }
    }
}

/// A copy of everything that an arena holds, while nobody writes to it; it is removed when nobody needs it any more.
final class Snapshot: Sendable {
    let folder: String

    /// Takes the copy.
    init(of arena: Arena) throws {
        folder = Arena.place + "/pawl-kill-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["world", "data"] {
            try FileManager.default.copyItem(atPath: arena.folder + "/" + name, toPath: folder + "/" + name)
        }
        // It is an index into the log beside it, shared by living processes only.
        try? FileManager.default.removeItem(atPath: folder + "/data/pawl.sqlite-shm")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

/// Something that a matrix needs did not work, or does not hold.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
