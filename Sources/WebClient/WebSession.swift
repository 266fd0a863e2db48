internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A client for HTTP servers, with its pool of connections. Ask it for answers; shut it down when it is no longer used.
///
/// Redirects are not followed, and no proxy is used that was not asked for: it is for servers whose address is known.
package final class WebSession: Sendable {
    private let client: HTTPClient

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - connectTimeout: how long making a connection may take.
    ///   - addresses: the numbers to connect to instead of asking for these names; certificates are still those of the
    ///     names.
    package init(connectTimeout: Duration = .seconds(5), addresses: [String: String] = [:]) {
        client = Self.client(Self.configuration(connectTimeout: connectTimeout, addresses: addresses))
    }

    init(_ configuration: HTTPClient.Configuration) {
        client = Self.client(configuration)
    }

    private static func client(_ configuration: HTTPClient.Configuration) -> HTTPClient {
        HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }

    /// The most connections to one server where nothing else is said.
    package static let usualConnections = 64

    /// What all sessions have in common.
    static func configuration(connectTimeout: Duration, addresses: [String: String]) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: connectTimeout.timeAmount)
        )
        // A server that is down is to be reported at once; whoever wants to wait for it asks again.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = usualConnections
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = addresses
        return configuration
    }

    deinit {
        // The library stops the program over a client that was merely forgotten; close its connections instead.
        client.shutdown { _ in }
    }

    /// Closes all connections. Requests made afterwards fail; a second call does nothing.
    package func shutdown() async {
        _ = try? await client.shutdown()
    }

    /// Sends a request and reads the whole answer.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - timeout: for everything from connecting to the last byte of the answer.
    ///   - limit: the largest body taken, in bytes.
    /// - Returns: the answer, whatever its status.
    /// - Throws: ``WebFailure``.
    package func send(
        _ request: HTTPRequest,
        timeout: Duration = .seconds(30),
        limit: Int = 4 * 1024 * 1024
    ) async throws(WebFailure) -> HTTPResponse {
        do {
            return try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
                group.addTask {
                    let answer = try await self.stream(request, headTimeout: nil)
                    let body = try await answer.collected(limit: limit)
                    return HTTPResponse(status: answer.status, fields: answer.fields, body: body)
                }
                group.addTask {
                    try await Task.sleep(for: timeout)
                    throw WebFailure.timeout
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw WebFailure.cancelled }
                return first
            }
        } catch {
            throw WebFailure(error)
        }
    }

    /// Sends a request and hands back the answer as soon as its head is there.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - headTimeout: for everything until the head of the answer; nil waits for as long as it takes.
    ///   - lifetime: for everything until the end of the body, from now on; reading it then throws `.timeout`. Nil for
    ///     as long as it takes.
    /// - Returns: the answer; its body is read as it is walked. Cancelling the task ends the exchange.
    /// - Throws: ``WebFailure``.
    package func stream(
        _ request: HTTPRequest,
        headTimeout: Duration? = .seconds(30),
        lifetime: Duration? = nil
    ) async throws(WebFailure) -> HTTPStream {
        let end = lifetime.map { ContinuousClock.now + $0 }
        var prepared = HTTPClientRequest(url: request.url.text)
        prepared.method = .init(rawValue: request.verb.rawValue)
        for field in request.fields {
            prepared.headers.add(name: field.name, value: field.value)
        }
        if case .socket = request.url, !request.fields.contains(where: { $0.name.lowercased() == "host" }) {
            // Left alone, the socket's path would be sent as the host, which servers refuse.
            prepared.headers.add(name: "Host", value: "localhost")
        }
        switch request.body {
        case .none: break
        case .bytes(let bytes): prepared.body = .bytes(bytes)
        case .file(let path):
            let chunks = try FileChunks(path: path)
            prepared.body = .stream(chunks, length: .known(chunks.size))
        }
        do {
            let deadline = headTimeout.map { NIODeadline.now() + $0.timeAmount } ?? .distantFuture
            let response = try await client.execute(prepared, deadline: deadline)
            return HTTPStream(
                status: Int(response.status.code),
                fields: response.headers.map { HTTPField($0.name, $0.value) },
                chunks: ByteChunks(response.body, until: end, of: self)
            )
        } catch {
            throw WebFailure(error)
        }
    }
}

extension Duration {
    /// The same in the library's words.
    var timeAmount: TimeAmount {
        let (seconds, attoseconds) = components
        return .nanoseconds(seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue)
            + .nanoseconds(attoseconds / 1_000_000_000)
    }
}
