import Subprocess

/// How a program ended.
package enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    /// It exited with a code.
    case code(Int32)
    /// A signal ended it.
    case signal(Int32)

    /// Whether it exited with 0.
    package var isSuccess: Bool { self == .code(0) }

    /// In words, for a message.
    package var description: String {
        switch self {
        case .code(let code): "exit status \(code)"
        case .signal(let signal): "ended by signal \(signal)"
        }
    }

    init(_ status: TerminationStatus) {
        self =
            switch status {
            case .exited(let code): .code(code)
            case .signaled(let signal): .signal(signal)
            }
    }
}
