import Foundation
import Glibc
import StateStore
import UpgradeEngine
import UpgradeModel

/// Looks at an installation's journal from outside while a runner writes it, and ends the runner where it is told to.
struct Witness: Sendable {
    let demo: any DemoProduct
    private let store: StateStore

    init(_ demo: any DemoProduct) throws {
        self.demo = demo
        store = try StateStore(in: DataFolder(demo.data, create: false))
    }

    /// The rows of the journal.
    func rows() throws -> [JournalEntry] { try store.entries(of: nil, after: 0) }

    /// The run as its journal tells it.
    func replay() throws -> Replay? {
        let rows = try rows()
        guard let run = rows.last?.run else { return nil }
        return try Replay(of: run, from: rows.filter { $0.run == run })
    }

    /// The effects that were ever begun, in order.
    func begun() throws -> [String] {
        try rows().compactMap { if case .intent(let effect) = $0.payload { effect.identity } else { nil } }
    }

    /// Looks again and again, hundreds of times a second, until something is seen.
    @discardableResult
    func await<Value>(
        _ what: String,
        within bound: Duration = .seconds(240),
        _ look: () throws -> Value?
    ) async throws -> Value {
        let end = ContinuousClock.now + bound
        while ContinuousClock.now < end {
            if let seen = try look() { return seen }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw Failure("\(what) did not come within \(bound): \(try rows().suffix(4).map(\.payload))")
    }

    /// How a runner works while it is looked at.
    enum Pace {
        case ordinary
        /// A fraction of a millisecond at a time: it stands still while the journal is looked at, and in the end.
        case slow(pid_t)
    }

    /// Looks again and again until something is so; `look` is told how long the runner has worked meanwhile.
    func await(
        _ what: String,
        at pace: Pace,
        within bound: Duration = .seconds(240),
        _ look: (_ worked: Duration) throws -> Bool
    ) async throws {
        let began = ContinuousClock.now
        guard case .slow(let runner) = pace else {
            return try await self.await(what, within: bound) { try look(began.duration(to: .now)) ? () : nil }
        }
        var worked = Duration.zero
        while began.duration(to: .now) < bound {
            try Self.halt(runner)
            if try look(worked) { return }
            Glibc.kill(runner, SIGCONT)
            let slice = ContinuousClock.now
            try await Task.sleep(for: .microseconds(200))
            worked += slice.duration(to: .now)
        }
        throw Failure("\(what) did not come within \(bound), slowly: \(try rows().suffix(4).map(\.payload))")
    }

    /// Stops a process, and returns when it stands still or is no more.
    private static func halt(_ process: pid_t) throws {
        Glibc.kill(process, SIGSTOP)
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let name = stat.lastIndex(of: ")")
            else { return }
            if stat[name...].dropFirst(2).first.map({ "TZX".contains($0) }) ?? true { return }
        }
        throw Failure("process \(process) does not stand still")
    }

    /// Starts a runner, or the next one, and returns its process when it has taken the run.
    func startRunner() async throws -> pid_t {
        let before = try rows().last?.id ?? 0
        let answer = try await demo.pawl("upgrade", "--yes", "--detach", "-o", "json")
        guard answer.exit == 0 else { throw Failure("no runner: \(answer)") }
        return try await self.await("a runner") {
            let token = try rows().first { entry in
                guard entry.id > before, case .taken = entry.payload else { return false }
                return true
            }
            guard token != nil, let text = try? String(contentsOfFile: demo.data + "/runner.pid", encoding: .utf8),
                let pid = pid_t(text), pid > 1
            else { return nil }
            return pid
        }
    }

    /// Ends the runner with SIGKILL, and where it is asked everything that it had started, which it had put into
    /// sessions of their own. Returns how many of those there were.
    @discardableResult
    func kill(_ runner: pid_t, withChildren: Bool) throws -> Int {
        let children = Self.descendants(of: runner)
        guard Glibc.kill(runner, SIGKILL) == 0 else { return 0 }
        if withChildren { for child in children { _ = Glibc.kill(child, SIGKILL) } }
        return children.count
    }

    /// Waits until a killed runner is really gone, which its lock says.
    func awaitDeath() async throws {
        let folder = try DataFolder(demo.data, create: false)
        _ = try await self.await("the runner's death", within: .seconds(20)) {
            try RunnerLock.isHeld(in: folder) ? nil : true
        }
    }

    /// Every process that descends from one.
    static func descendants(of ancestor: pid_t) -> [pid_t] {
        var children: [pid_t: [pid_t]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = pid_t(name), let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let name = stat.lastIndex(of: ")")
            else { continue }
            let fields = stat[stat.index(after: name)...].split(separator: " ")
            if fields.count > 1, let parent = pid_t(fields[1]) { children[parent, default: []].append(pid) }
        }
        var found: [pid_t] = []
        var frontier = [ancestor]
        while let next = frontier.popLast() {
            let own = children[next] ?? []
            found += own
            frontier += own
        }
        return found
    }
}

extension Replay {
    /// The identity of the effect that is begun and of which no outcome is known.
    var open: String? { openIntent?.identity }
}
