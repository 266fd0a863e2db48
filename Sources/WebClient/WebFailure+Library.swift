internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

extension WebFailure {
    /// Sorts what the library throws.
    init(_ error: any Error) {
        switch error {
        case let failure as WebFailure: self = failure
        case is CancellationError: self = .cancelled
        case let error as HTTPClientError: self = Self.sorted(error)
        case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
            self = .unreachable(detail: "the connection broke in the middle of an answer")
        case let error as HTTPParserError: self = .protocolError(detail: "\(error)")
        case ChannelError.connectTimeout: self = .timeout
        case let error as IOError: self = .unreachable(detail: error.description)
        case let error as NIOConnectionError: self = .unreachable(detail: Self.phrase(error))
        case let error as NIOSSLExtraError: self = .untrusted(detail: Self.phrase(error))
        case let error as NIOSSLError: self = Self.sorted(error)
        case let error as BoringSSLError: self = Self.sorted(error)
        default: self = .unreachable(detail: "\(error)")
        }
    }

    private static func phrase(_ error: NIOSSLExtraError) -> String {
        switch error {
        case .failedToValidateHostname: "the server's certificate is for another name or address"
        case .serverHostnameImpossibleToMatch, .invalidSNIHostname: "the server's name can be in no certificate"
        default: error.description
        }
    }

    private static func sorted(_ error: NIOSSLError) -> WebFailure {
        switch error {
        case .handshakeFailed(let reason): sorted(reason)
        case .failedToLoadPrivateKey:
            .unusableTLS(detail: "the client's key does not belong to its certificate")
        case .failedToLoadCertificate: .unusableTLS(detail: "the client's certificate cannot be used")
        case .uncleanShutdown: .unreachable(detail: "the connection was closed")
        default: .untrusted(detail: "\(error)")
        }
    }

    /// The library's own text is about its source; what matters are the words of the protocol in it.
    private static func sorted(_ error: BoringSSLError) -> WebFailure {
        let text = "\(error)"
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return .protocolError(detail: "it does not speak TLS")
        }
        if ["EOF during handshake", "syscallError", "zeroReturn"].contains(where: text.contains) {
            return .unreachable(detail: "the connection was closed during the TLS handshake")
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return .untrusted(
                detail: "the server's certificate is signed by nobody who is trusted here, or has expired"
            )
        }
        guard let alert = text.firstRange(of: "ALERT_").map({ text[$0.upperBound...] }) else {
            return .untrusted(detail: text)
        }
        let words = alert.prefix { $0.isLetter || $0 == "_" }.lowercased().split(separator: "_").joined(separator: " ")
        // A balancer without servers, or a server that starts, ends handshakes like this.
        if words == "internal error" {
            return .unreachable(detail: "the server ended the TLS handshake: \(words)")
        }
        let isAboutOurs = words.contains("certificate") || words.contains("unknown ca")
        return .untrusted(detail: "the server refused our \(isAboutOurs ? "certificate" : "TLS handshake"): \(words)")
    }

    private static func sorted(_ error: HTTPClientError) -> WebFailure {
        switch error {
        case .cancelled: .cancelled
        case .deadlineExceeded, .readTimeout, .writeTimeout, .connectTimeout, .tlsHandshakeTimeout,
            .socksHandshakeTimeout, .httpProxyHandshakeTimeout:
            .timeout
        case .getConnectionFromPoolTimeout: .unreachable(detail: "all connections are in use")
        case .remoteConnectionClosed, .uncleanShutdown: .unreachable(detail: "the connection was closed")
        // What the proxy has answered the library does not say; mostly it is that the server is away.
        case .invalidProxyResponse: .unreachable(detail: "the proxy did not pass the connection on")
        case .proxyAuthenticationRequired: .protocolError(detail: "the proxy wants a name and a password that it knows")
        case .alreadyShutdown: .unreachable(detail: "the client was shut down")
        default: .protocolError(detail: error.shortDescription)
        }
    }

    private static func phrase(_ error: NIOConnectionError) -> String {
        if let attempt = error.connectionErrors.first { return "\(attempt.error)" }
        return "the name \(error.host) was not found"
    }
}
