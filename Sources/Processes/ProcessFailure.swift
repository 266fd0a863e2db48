/// Why a program could not be run to its end. A program that ran and exited with another status than 0 is a result.
package enum ProcessFailure: Error, Sendable, Hashable {
    /// No such program in `PATH`, or not executable.
    case notFound(program: String)
    /// The system refused to start it.
    case notStarted(program: String, reason: String)
    /// It printed more than the caller wanted to hold, in bytes.
    case tooMuchOutput(program: String, limit: Int)
    /// It ran longer than it may, and was stopped.
    case timedOut(program: String, after: Duration)
    /// The caller was cancelled, and the program was stopped in an orderly way.
    case cancelled(program: String)
    /// Another living program still writes to this log.
    case logHeld(path: String)
    /// A file or a pipe that the run needs could not be opened or written.
    case file(path: String, reason: String)
}

extension ProcessFailure: CustomStringConvertible {
    /// One sentence: what was seen.
    package var description: String {
        switch self {
        case .notFound(let program): "the program \(program) was not found"
        case .notStarted(let program, let reason): "\(program) could not be started: \(reason)"
        case .tooMuchOutput(let program, let limit): "\(program) printed more than \(limit) bytes"
        case .timedOut(let program, let after): "\(program) had not finished after \(after) and was stopped"
        case .cancelled(let program): "\(program) was stopped because the work was cancelled"
        case .logHeld(let path): "a program that was started earlier still runs and writes to \(path)"
        case .file(let path, let reason): "\(path): \(reason)"
        }
    }

    /// One sentence: what to do next.
    package var remedy: String {
        switch self {
        case .notFound(let program): "Install \(program), or put its folder into PATH."
        case .notStarted: "Check that the program may be run by this user and that the machine has free memory."
        case .tooMuchOutput: "Look at what the program prints; this is more than it should."
        case .timedOut: "Look at what the program waits for, then try again."
        case .cancelled: "Start it again."
        case .logHeld: "Wait for that program to end."
        case .file: "Check the folder's owner, rights and free space."
        }
    }
}
