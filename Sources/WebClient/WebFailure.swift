/// Why an exchange with a server did not come to its end.
///
/// An answer with any status, an error's too, is not a failure.
package enum WebFailure: Error, Sendable, Hashable {
    /// No connection could be made, or it broke.
    case unreachable(detail: String)
    /// The time given was over.
    case timeout
    /// The certificate of one side did not count for the other.
    case untrusted(detail: String)
    /// A certificate or a key that was given cannot be used.
    case unusableTLS(detail: String)
    /// The answer was larger than the limit given, in bytes.
    case tooLarge(limit: Int)
    /// What was sent or what came back was not HTTP as it must be.
    case protocolError(detail: String)
    /// The file that was to be sent could not be read.
    case unreadableBody(path: String, errno: Int32)
    /// The task was cancelled.
    case cancelled
}

extension WebFailure: CustomStringConvertible {
    /// One phrase for a message.
    package var description: String {
        switch self {
        case .unreachable(let detail): "the server could not be reached (\(detail))"
        case .timeout: "the server did not answer in time"
        case .untrusted(let detail): "the server and this machine do not trust each other (\(detail))"
        case .unusableTLS(let detail): "TLS cannot be set up (\(detail))"
        case .tooLarge(let limit): "the answer was larger than \(limit) bytes"
        case .protocolError(let detail): "the server's answer could not be understood (\(detail))"
        case .unreadableBody(let path, let errno): "\(path) could not be read (error \(errno))"
        case .cancelled: "the request was cancelled"
        }
    }
}
