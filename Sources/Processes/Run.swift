import Subprocess
import Synchronization

/// Runs a program to its end, its output in a log.
///
/// The program gets a session of its own. Cancelling the caller's task asks the program's whole group to stop, and
/// ends it where the grace has passed; it is never left running.
///
/// - Parameters:
///   - command: what to run.
///   - log: gets standard error, and standard output unless `output` says otherwise. Held until the program ends.
///   - input: what it reads.
///   - output: where its standard output goes.
///   - deadline: how long it may run; nil is without bound.
///   - grace: how long it may take to stop when asked.
/// - Returns: how it ended; a status other than 0 is not thrown.
/// - Throws: `ProcessFailure` where it could not be started, or was stopped.
package func run(
    _ command: Command,
    log: ToolLog,
    input: Endpoint = .nothing,
    output: Endpoint = .log,
    deadline: Duration? = nil,
    grace: Duration = .seconds(20)
) async throws(ProcessFailure) -> ExitStatus {
    let ends = try await pipeline([command], log: log, input: input, output: output, deadline: deadline, grace: grace)
    guard let end = ends.first else { throw .notStarted(program: command.name, reason: "no status") }
    return end
}

/// Runs programs joined by kernel pipes, each reading what the one before it writes, to the end of all of them.
///
/// - Parameters:
///   - commands: the programs in the order in which the data flows; at least one.
///   - log: gets the standard error of all of them.
///   - input: what the first one reads.
///   - output: where the last one writes.
///   - deadline: how long the whole may run; nil is without bound.
///   - grace: how long each may take to stop when asked.
/// - Returns: how each ended, in the order of `commands`.
/// - Throws: `ProcessFailure` where one could not be started, or they were stopped.
package func pipeline(
    _ commands: [Command],
    log: ToolLog,
    input: Endpoint = .nothing,
    output: Endpoint = .log,
    deadline: Duration? = nil,
    grace: Duration = .seconds(20)
) async throws(ProcessFailure) -> [ExitStatus] {
    let name = commands.map(\.name).joined(separator: " | ")
    return try await Launch.bounded(by: deadline, name: name) {
        // Everything that can be refused is refused before the first program starts.
        var stages: [Stage] = []
        for command in commands {
            stages.append(Stage(name: command.name, configuration: try Launch.configuration(command, grace: grace)))
        }
        let file = try await log.open()
        defer { file.close() }
        let outermost = try OpenEndpoint.output(output, log: file)
        let waiting = StartCount(stages.count)
        var next = try OpenEndpoint.input(input)
        return try await withThrowingTaskGroup(of: (Int, ExitStatus).self) { group in
            for (index, stage) in stages.enumerated() {
                let source = next
                var target = outermost
                if index < stages.count - 1 {
                    let pipe = try OwnedDescriptor.pipe()
                    target = .owned(pipe.write)
                    next = .owned(pipe.read)
                }
                let destination = target
                group.addTask {
                    let status = try await Launch.run(
                        stage.configuration,
                        name: stage.name,
                        input: source,
                        output: destination,
                        errors: file.number,
                        started: { pid in
                            try log.note(pid: pid)
                            // Once all have the log, this process lets go of it: a child that is just being made
                            // for somebody else would have a copy, and the lock, for a moment.
                            if waiting.isLast() { file.close() }
                        }
                    )
                    return (index, status)
                }
            }
            var ends: [Int: ExitStatus] = [:]
            for try await (index, status) in group { ends[index] = status }
            return ends.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}

private struct Stage: Sendable {
    let name: String
    let configuration: Configuration
}

/// Counts programs as they start.
private final class StartCount: Sendable {
    private let left: Mutex<Int>
    init(_ count: Int) { left = Mutex(count) }

    /// Counts one, and tells whether it was the last.
    func isLast() -> Bool {
        left.withLock { left in
            left -= 1
            return left == 0
        }
    }
}
