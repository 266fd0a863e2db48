package import UpgradeModel

internal import WebClient

/// Where the Docker Engine listens.
package enum EngineAddress: Sendable, Hashable {
    /// A Unix socket, by its absolute path.
    case socket(path: String)
    /// A host and port without TLS.
    case plain(authority: String)

    /// The socket that an Engine has where nothing else is said.
    package static let standard = EngineAddress.socket(path: "/var/run/docker.sock")

    /// Reads the value of `DOCKER_HOST`.
    ///
    /// - Parameter host: `unix:///path` or `tcp://host:port`; nil or empty text means the standard socket.
    /// - Throws: blame `operator`, code `engine-address`, for any other address.
    package init(host: String?) throws(Trouble) {
        guard let host, !host.isEmpty else {
            self = .standard
            return
        }
        if host.hasPrefix("unix://"), host.dropFirst(7).hasPrefix("/") {
            self = .socket(path: String(host.dropFirst(7)))
        } else if host.hasPrefix("tcp://"), host.count > 6, !host.dropFirst(6).contains("/") {
            self = .plain(authority: String(host.dropFirst(6)))
        } else {
            throw Trouble(
                .operator,
                "engine-address",
                "DOCKER_HOST is \(host), which is neither unix:///path nor tcp://host:port.",
                remedy: "Set DOCKER_HOST to the Engine on this machine, or unset it for \(EngineAddress.standard.host)."
            )
        }
    }

    /// The value for `DOCKER_HOST` that leads other tools to the same Engine.
    package var host: String {
        switch self {
        case .socket(let path): "unix://\(path)"
        case .plain(let authority): "tcp://\(authority)"
        }
    }

    /// The address of a request target on this Engine.
    func url(_ target: String) -> WebURL {
        switch self {
        case .socket(let path): .socket(path: path, target: target)
        case .plain(let authority): .web("http://\(authority)\(target)")
        }
    }
}
