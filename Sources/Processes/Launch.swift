import Glibc
import Subprocess
import SystemPackage

/// How this room starts programs: own session, minimal environment, orderly stop.
enum Launch {
    static func configuration(_ command: Command, grace: Duration) throws(ProcessFailure) -> Configuration {
        let path = SearchPath(command.wholeEnvironment["PATH"] ?? "")
        guard var program = path.find(command.executable) else { throw .notFound(program: command.executable) }
        var arguments = command.arguments
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)]
        if let user = command.user, user.uid != geteuid() {
            // Subprocess would change the user between fork and exec, where the C library waits for a lock that a
            // thread of this process may have held at the fork: the child then hangs for ever. This program changes
            // the user by itself and becomes the other one.
            guard let changer = SearchPath.current.find("setpriv") else { throw .notFound(program: "setpriv") }
            arguments = switching(to: user) + [program] + arguments
            program = changer
        }
        var environment: [Environment.Key: String] = [:]
        for (name, value) in command.wholeEnvironment { environment[Environment.Key(stringLiteral: name)] = value }
        let folder = command.workingDirectory ?? (command.user == nil ? nil : "/")
        return Configuration(
            executable: .path(FilePath(program)),
            arguments: Arguments(arguments),
            environment: .custom(environment),
            workingDirectory: folder.map { FilePath($0) },
            platformOptions: options
        )
    }

    /// The arguments of `setpriv`, which becomes another user and then the program, in the same process.
    private static func switching(to user: ProcessUser) -> [String] {
        ["--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups", "--"]
    }

    /// Runs one program between open files and waits for its end.
    ///
    /// `input` and `output` are released as soon as the program has its own copies, so that a reader sees the end of
    /// a pipe; `started` is told the process number.
    static func run(
        _ configuration: Configuration,
        name: String,
        input: OpenEndpoint,
        output: OpenEndpoint,
        errors: Int32,
        started: @Sendable (Int32) throws -> Void
    ) async throws(ProcessFailure) -> ExitStatus {
        defer {
            input.release()
            output.release()
        }
        do {
            let result = try await Subprocess.run(
                configuration,
                input: .fileDescriptor(FileDescriptor(rawValue: input.number), closeAfterSpawningProcess: false),
                output: .fileDescriptor(FileDescriptor(rawValue: output.number), closeAfterSpawningProcess: false),
                error: .fileDescriptor(FileDescriptor(rawValue: errors), closeAfterSpawningProcess: false)
            ) { execution in
                input.release()
                output.release()
                try started(execution.processIdentifier.value)
                return execution.processIdentifier.value
            }
            guard Task.isCancelled else { return ExitStatus(result.terminationStatus) }
            // The first process has ended; whatever it started in its group must not outlive it.
            await ProcessGroup(result.closureResult).end(grace: .seconds(5))
            throw ProcessFailure.cancelled(program: name)
        } catch {
            throw failure(error, name: name)
        }
    }

    static func failure(_ error: any Error, name: String) -> ProcessFailure {
        switch error {
        case let known as ProcessFailure: known
        case is CancellationError: .cancelled(program: name)
        case let error as SubprocessError where error.code == .executableNotFound: .notFound(program: name)
        default: .notStarted(program: name, reason: "\(error)")
        }
    }

    /// Stops the work when it has taken too long, in the same orderly way as a cancellation.
    static func bounded<Value: Sendable>(
        by deadline: Duration?,
        name: String,
        _ work: @Sendable @escaping () async throws -> Value
    ) async throws(ProcessFailure) -> Value {
        do {
            try Task.checkCancellation()
            guard let deadline else { return try await work() }
            return try await withThrowingTaskGroup(of: Value?.self) { group in
                group.addTask { try await work() }
                group.addTask {
                    try await Task.sleep(for: deadline)
                    return nil
                }
                if let finished = try await group.next() ?? nil {
                    group.cancelAll()
                    return finished
                }
                group.cancelAll()
                // The stop itself takes time; only when it is over may the caller go on.
                _ = try? await group.next()
                throw ProcessFailure.timedOut(program: name, after: deadline)
            }
        } catch {
            throw failure(error, name: name)
        }
    }
}
