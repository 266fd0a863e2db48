import Foundation
import Glibc

/// Looking at programs of a runner from outside, and holding them still.
extension Witness {
    /// Waits until an effect is begun, in any attempt.
    func awaitBegin(of effect: String) async throws {
        try await self.await("the beginning of \(effect)") {
            try begun().contains { $0.hasPrefix(effect + "#") } ? true : nil
        }
    }

    /// Holds a process still while something is looked at or done, so that it is seen at that moment.
    func whileStopped<Value>(_ process: pid_t, _ body: () async throws -> Value) async throws -> Value {
        Glibc.kill(process, SIGSTOP)
        defer { Glibc.kill(process, SIGCONT) }
        return try await body()
    }

    /// Waits for the helm that upgrades, among all that a runner has started; it is held still from the instant on at
    /// which it is seen, before it has asked the cluster for anything or shortly after.
    func stoppedHelm(_ program: String, of runner: pid_t) async throws -> pid_t {
        try await self.await("helm upgrade") {
            for process in Self.descendants(of: runner) {
                let words = Self.words(of: process)
                guard words.first?.split(separator: "/").last == program.split(separator: "/").last,
                    words.contains("upgrade"), !words.contains(where: { $0.hasPrefix("--dry-run") })
                else { continue }
                Glibc.kill(process, SIGSTOP)
                return process
            }
            return nil
        }
    }

    /// Lets a process work for a few milliseconds at a time until something is seen; it stands still then.
    ///
    /// - Throws: where it comes to its end before; it works on then.
    func step(
        _ process: pid_t,
        until what: String,
        within bound: Duration = .seconds(120),
        _ look: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + bound
        do {
            while ContinuousClock.now < end {
                if try await look() { return }
                guard Self.lives(process) else { throw Failure("process \(process) has ended before \(what)") }
                Glibc.kill(process, SIGCONT)
                try await Task.sleep(for: .milliseconds(10))
                Glibc.kill(process, SIGSTOP)
            }
            throw Failure("\(what) did not come within \(bound)")
        } catch {
            // Nobody else would let it go on.
            Glibc.kill(process, SIGCONT)
            throw error
        }
    }

    private static func words(of process: pid_t) -> [String] {
        let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
        return line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a process is there and no mere entry in the table of processes.
    private static func lives(_ process: pid_t) -> Bool { !words(of: process).isEmpty }
}
