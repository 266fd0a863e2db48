import Subprocess
import SystemPackage

/// What a short program printed, and how it ended.
package struct Collected: Sendable, Hashable {
    /// How it ended.
    package var status: ExitStatus
    /// Its standard output.
    package var output: [UInt8]
    /// Its standard error.
    package var errors: [UInt8]

    /// Makes a result.
    package init(status: ExitStatus, output: [UInt8], errors: [UInt8]) {
        self.status = status
        self.output = output
        self.errors = errors
    }

    /// Standard output as text; bytes that are not UTF-8 are replaced.
    package var text: String { String(decoding: output, as: UTF8.self) }
    /// Standard error as text; bytes that are not UTF-8 are replaced.
    package var errorText: String { String(decoding: errors, as: UTF8.self) }
}

/// Runs a short program and holds what it prints.
///
/// - Parameters:
///   - command: what to run.
///   - input: what it reads.
///   - limit: the most bytes that each of its outputs may have.
///   - deadline: how long it may run.
///   - grace: how long it may take to stop when asked.
/// - Returns: its outputs and how it ended; a status other than 0 is not thrown.
/// - Throws: `ProcessFailure` where it could not be started, printed too much, or was stopped.
package func collect(
    _ command: Command,
    input: Endpoint = .nothing,
    limit: Int = 1 << 20,
    deadline: Duration = .seconds(60),
    grace: Duration = .seconds(5)
) async throws(ProcessFailure) -> Collected {
    let name = command.name
    return try await Launch.bounded(by: deadline, name: name) {
        let configuration = try Launch.configuration(command, grace: grace)
        let source = try OpenEndpoint.input(input)
        defer { source.release() }
        do {
            let result = try await Subprocess.run(
                configuration,
                input: .fileDescriptor(FileDescriptor(rawValue: source.number), closeAfterSpawningProcess: false),
                output: .bytes(limit: limit),
                error: .bytes(limit: limit)
            )
            try Task.checkCancellation()
            return Collected(
                status: ExitStatus(result.terminationStatus),
                output: result.standardOutput,
                errors: result.standardError
            )
        } catch let error as SubprocessError where error.code == .outputLimitExceeded {
            throw ProcessFailure.tooMuchOutput(program: name, limit: limit)
        }
    }
}
