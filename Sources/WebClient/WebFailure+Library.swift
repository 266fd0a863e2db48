internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

extension WebFailure {
    /// Sorts what the library throws.
    init(_ error: any Error) {
        switch error {
        case let failure as WebFailure: self = failure
        case is CancellationError: self = .cancelled
        case let error as HTTPClientError: self = Self.sorted(error)
        case let error as HTTPParserError: self = .protocolError(detail: "\(error)")
        case let error as IOError: self = .unreachable(detail: error.description)
        case let error as NIOConnectionError: self = .unreachable(detail: Self.phrase(error))
        default: self = .unreachable(detail: "\(error)")
        }
    }

    private static func sorted(_ error: HTTPClientError) -> WebFailure {
        switch error {
        case .cancelled: .cancelled
        case .deadlineExceeded, .readTimeout, .writeTimeout, .connectTimeout, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout:
            .timeout
        case .remoteConnectionClosed: .unreachable(detail: "the connection was closed")
        case .alreadyShutdown: .unreachable(detail: "the client was shut down")
        default: .protocolError(detail: error.shortDescription)
        }
    }

    private static func phrase(_ error: NIOConnectionError) -> String {
        if let attempt = error.connectionErrors.first { return "\(attempt.error)" }
        return "the name \(error.host) was not found"
    }
}
