internal import AsyncHTTPClient

/// A server that passes our connections on.
package enum WebProxy: Sendable, Hashable {
    /// One that is asked with `CONNECT`, in plain HTTP.
    case http(host: String, port: Int, user: String?, password: String?)
    /// One that speaks SOCKS 5, without a password.
    case socks(host: String, port: Int)

    /// The same in the library's words.
    var configuration: HTTPClient.Configuration.Proxy {
        switch self {
        case .http(let host, let port, let user?, let password):
            .server(host: host, port: port, authorization: .basic(username: user, password: password ?? ""))
        case .http(let host, let port, nil, _): .server(host: host, port: port)
        case .socks(let host, let port): .socksServer(host: host, port: port)
        }
    }
}

extension WebProxy: CustomStringConvertible, CustomReflectable {
    /// Where it is, without the password.
    package var description: String {
        switch self {
        case .http(let host, let port, _, _): "http://\(host):\(port)"
        case .socks(let host, let port): "socks5://\(host):\(port)"
        }
    }

    /// Nothing: what prints every field would print the password.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
