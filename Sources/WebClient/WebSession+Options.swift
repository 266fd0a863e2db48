internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOSSL

extension WebSession {
    /// What a session may be told beside how long connecting takes.
    package struct Options: Sendable, Hashable {
        /// How it speaks TLS.
        package var tls: TLSOptions
        /// Who passes its connections on; nil for nobody.
        package var proxy: WebProxy?
        /// The names or numbers to connect to instead of these names; certificates are still those of the names.
        package var addresses: [String: String]
        /// The longest silence in the middle of an answer; nil waits for as long as it takes.
        package var silence: Duration?
        /// Whether the kernel asks a silent peer whether it is still there, and ends the connection after a minute
        /// without an answer. For answers that go on for hours.
        package var asksSilentPeers: Bool
        /// The most connections to one server; whoever needs one more waits as long as connecting may take.
        package var connections: Int

        /// Makes options; without more, those of a session for servers that the machine trusts.
        package init(
            tls: TLSOptions = TLSOptions(),
            proxy: WebProxy? = nil,
            addresses: [String: String] = [:],
            silence: Duration? = nil,
            asksSilentPeers: Bool = false,
            connections: Int = WebSession.usualConnections
        ) {
            self.tls = tls
            self.proxy = proxy
            self.addresses = addresses
            self.silence = silence
            self.asksSilentPeers = asksSilentPeers
            self.connections = connections
        }
    }

    /// Makes a client with options of its own.
    ///
    /// - Parameters:
    ///   - connectTimeout: how long making a connection may take, with TLS and the proxy.
    ///   - options: certificates, proxy, and what belongs to long answers.
    /// - Throws: `.unusableTLS` where certificates or keys cannot be used, or do not belong together.
    package convenience init(
        connectTimeout: Duration = .seconds(10),
        options: Options
    ) throws(WebFailure) {
        var configuration = Self.configuration(connectTimeout: connectTimeout, addresses: options.addresses)
        let tls = try options.tls.configuration()
        configuration.tlsConfiguration = tls
        if options.tls.identity != nil {
            // Whether the two belong together, before anything depends on the session.
            do {
                _ = try NIOSSLContext(configuration: tls)
            } catch {
                throw WebFailure(error)
            }
        }
        configuration.proxy = options.proxy?.configuration
        configuration.timeout.read = options.silence?.timeAmount
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = options.connections
        // Servers close connections without TLS's own goodbye; lengths and chunks say whether an answer is whole.
        if options.asksSilentPeers { configuration.http1_1ConnectionDebugInitializer = Self.askSilentPeers }
        self.init(configuration)
    }

    /// Tells the kernel to look after a connection: after 30 silent seconds, every 10, three times.
    private static func askSilentPeers(_ channel: any Channel) -> EventLoopFuture<Void> {
        switch channel.remoteAddress {
        case .v4, .v6: break
        default: return channel.eventLoop.makeSucceededVoidFuture()
        }
        let settings: [(ChannelOptions.Types.SocketOption, SocketOptionValue)] = [
            (.init(level: .socket, name: .so_keepalive), 1),
            (.init(level: .tcp, name: .init(rawValue: TCP_KEEPIDLE)), 30),
            (.init(level: .tcp, name: .init(rawValue: TCP_KEEPINTVL)), 10),
            (.init(level: .tcp, name: .init(rawValue: TCP_KEEPCNT)), 3),
        ]
        let set = settings.map { channel.setOption($0, value: $1) }
        // A connection that cannot be looked after is still one.
        return EventLoopFuture.andAllComplete(set, on: channel.eventLoop)
    }
}
