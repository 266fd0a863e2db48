import Foundation
import Processes
import Synchronization

extension DemoInstallation {
    /// Asks again and again, within a bound, until the answer holds `text`; returns that answer.
    func event(
        containing text: String,
        within bound: Duration,
        _ ask: () async throws -> String
    ) async throws -> String {
        let end = ContinuousClock.now + bound
        while ContinuousClock.now < end {
            let answer = try await ask()
            if answer.contains(text) { return answer }
        }
        throw Failure("\(text) did not come within \(bound)")
    }

    /// Waits until the command has begun a run, and returns the run; throws with the command's answer where it ends
    /// before.
    func begun(by command: Task<Pawl.Answer, any Error>) async throws -> String {
        let ended = Mutex<String?>(nil)
        let watch = Task {
            let answer = await command.result
            ended.withLock { $0 = "\(answer)" }
        }
        defer { watch.cancel() }
        return try await event(containing: "-", within: .seconds(180)) {
            if let run = try await pawl("status", "-o", "json").text("run", "id") { return run }
            if let answer = ended.withLock({ $0 }) { throw Failure("no run was begun: \(answer)") }
            return ""
        }
    }

    /// Waits until the run's journal says that an effect of this kind is going on.
    func waitFor(run: String, effect: String) async throws {
        _ = try await event(containing: "/\(effect)#", within: .seconds(300)) {
            try await pawl("details", run, "-o", "json").output
        }
    }

    /// Ends the run's runner, and nothing else, with SIGKILL while an effect is going on.
    func kill(run: String, during effect: String) async throws {
        try await waitFor(run: run, effect: effect)
        try await Self.shell("kill -KILL \(try await runner())")
    }

    /// The process that carries the newest run, by what it has written down about itself.
    func runner() async throws -> String {
        let pid = try String(contentsOfFile: data + "/runner.pid", encoding: .utf8)
        guard let number = Int32(pid), number > 1 else { throw Failure("no runner: \(pid)") }
        return "\(number)"
    }
}
