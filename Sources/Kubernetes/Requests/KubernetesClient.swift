internal import WebClient

/// Talks to the API server of a Kubernetes cluster, 1.20 or newer.
///
/// Everything it throws is a `KubernetesError`. Requests that may be made twice are, where the server or the way to it has
/// trouble that may pass; a server that asks for time gets it. A request that makes something is only made again where
/// the server said that it did nothing.
package struct KubernetesClient: Sendable {
    /// How the cluster is reached.
    package let access: ClusterAccess
    let connection: ClusterConnection
    var pace: RequestPace
    let limits: Limits

    /// The most bytes that are taken at once.
    package struct Limits: Sendable, Hashable {
        /// One object, or an answer that is none.
        package var object: Int
        /// A page of a list. One that is larger is asked for again with fewer objects.
        package var page: Int
        /// An event of a watch.
        package var event: Int

        /// Makes limits: 8 MiB each, which no object of a cluster comes near.
        package init(object: Int = 8 << 20, page: Int = 8 << 20, event: Int = 8 << 20) {
            self.object = object
            self.page = page
            self.event = event
        }
    }

    /// Makes a client; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - access: how the cluster is reached.
    ///   - environment: what credential programs get: the process's environment.
    ///   - pace: how often requests are made again.
    ///   - limits: how much is taken at once.
    package init(
        _ access: ClusterAccess,
        environment: [String: String],
        pace: RequestPace = RequestPace(),
        limits: Limits = Limits()
    ) {
        self.access = access
        self.pace = pace
        self.limits = limits
        connection = ClusterConnection(access, environment: environment, pace: pace)
    }

    /// Closes the connections. What is asked afterwards fails, and watches and logs end.
    package func shutdown() async {
        await connection.shutdown()
    }

    /// A request, as a value.
    struct Request: Sendable {
        var verb: RequestVerb
        var target: RequestTarget?
        /// The path where there is no target.
        var path = ""
        var query: [(String, String)] = []
        var accept = "application/json"
        var contentType = "application/json"
        var body: [UInt8]?
        var repetition = Repetition.safe
        /// How long trouble is borne; nil for as long as the pace says.
        var patience: Duration?
        var timeout = Duration.seconds(60)
        /// For everything of an answer that is read as it comes.
        var lifetime: Duration?
        var limit: Int?

        var pathAndQuery: String {
            let pairs = query.map { "\(percentEncoded($0))=\(percentEncoded($1))" }
            return (target?.path ?? path) + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
        }
    }

    /// Makes a request and reads the whole answer, which is JSON and a success.
    func json(_ request: Request) async throws(KubernetesError) -> JSONValue {
        let limit = request.limit ?? limits.object
        let (answer, context) = try await exchange(request) { (connections, prepared) throws(WebFailure) in
            try await connections.brief.send(prepared, timeout: request.timeout, limit: limit)
        }
        guard let json = JSONValue.read(answer.body, limit: limit), case .object = json else {
            throw KubernetesError(nonsense: answer.body, context)
        }
        return json
    }

    /// Makes a request and hands out the answer as it comes; its head was a success.
    func stream(_ request: Request) async throws(KubernetesError) -> (HTTPStream, RequestContext) {
        let (answer, context) = try await exchange(request) { (connections, prepared) throws(WebFailure) in
            let stream = try await connections.lasting.stream(
                prepared,
                headTimeout: request.timeout,
                lifetime: request.lifetime
            )
            guard !(200...299).contains(stream.status) else { return Answer.stream(stream) }
            let body = try await stream.collected(limit: 1 << 20)
            return .whole(HTTPResponse(status: stream.status, fields: stream.fields, body: body))
        }
        guard case .stream(let stream) = answer else { throw KubernetesError(nonsense: [], context) }
        return (stream, context)
    }

    private enum Answer: Sendable, AnswerHead {
        case stream(HTTPStream)
        case whole(HTTPResponse)

        var status: Int {
            switch self {
            case .stream(let stream): stream.status
            case .whole(let answer): answer.status
            }
        }

        var refusal: HTTPResponse {
            switch self {
            case .stream(let stream): HTTPResponse(status: stream.status, fields: stream.fields)
            case .whole(let answer): answer
            }
        }
    }

    /// Makes a request, and makes it again as the pace allows, until it is a success.
    private func exchange<Head: AnswerHead>(
        _ request: Request,
        _ send: (ClusterConnection.Sessions, HTTPRequest) async throws(WebFailure) -> Head
    ) async throws(KubernetesError) -> (Head, RequestContext) {
        var context = RequestContext(
            verb: request.verb,
            target: request.target,
            server: access.server.description,
            isAccountWithheld: access.withholdsAccount
        )
        if let objection = request.target?.objection {
            throw KubernetesError(
                .invalid,
                objection,
                remedy: KubernetesError.Kind.invalid.remedy(context, missing: nil),
                verb: request.verb,
                target: request.target
            )
        }
        var failures = 0
        var end: Duration?
        var isRenewed = false
        while true {
            var used: Int?
            let failure: KubernetesError
            do throws(KubernetesError) {
                let prepared = try await connection.prepare()
                used = prepared.generation
                context.secrets = prepared.secrets
                let answer = try await answer(to: httpRequest(request, prepared.fields), prepared, context, send)
                await connection.succeeded()
                return (answer, context)
            } catch {
                failure = await connection.explained(error, context)
            }
            if let used, failure.kind == .unauthorized || failure.kind == .untrusted {
                let mayHelp = await connection.wasRefused(used)
                // The server did nothing for somebody whom it does not know, so that asking once more is always safe.
                if failure.kind == .unauthorized, mayHelp, !isRenewed {
                    isRenewed = true
                    continue
                }
            }
            failures += 1
            let now = pace.uptime()
            let last = end ?? now + (request.patience ?? pace.patience)
            end = last
            let wait = pace.wait(
                after: failure,
                failures: failures,
                left: last - now,
                request.repetition,
                hasWorked: await connection.hasSucceeded
            )
            guard let wait else { throw failure }
            pace.tell(failure, wait)
            try await rest(wait, context)
        }
    }

    /// Makes a request once.
    private func answer<Head: AnswerHead>(
        to request: HTTPRequest,
        _ prepared: ClusterConnection.Prepared,
        _ context: RequestContext,
        _ send: (ClusterConnection.Sessions, HTTPRequest) async throws(WebFailure) -> Head
    ) async throws(KubernetesError) -> Head {
        let answer: Head
        do {
            answer = try await send(prepared.sessions, request)
        } catch {
            throw KubernetesError(error, context)
        }
        guard (200...299).contains(answer.status) else { throw KubernetesError(answer.refusal, context) }
        return answer
    }

    /// Does something that must be over within a time. What is not is cancelled, and told as a server that does not
    /// answer.
    ///
    /// - Parameters:
    ///   - left: the time.
    ///   - context: what is done, for messages.
    ///   - work: does it, with a client that bears no trouble beyond that time.
    /// - Returns: what came of it.
    /// - Throws: what the work throws, or kind `unreachable`.
    func within<Result: Sendable>(
        _ left: Duration,
        _ context: RequestContext,
        _ work: @escaping @Sendable (KubernetesClient) async throws(KubernetesError) -> Result
    ) async throws(KubernetesError) -> Result {
        var client = self
        client.pace.patience = min(pace.patience, max(left, .zero))
        do {
            return try await withThrowingTaskGroup(of: Result.self) { [client] group in
                group.addTask { try await work(client) }
                group.addTask {
                    try await Task.sleep(for: left)
                    throw WebFailure.timeout
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw CancellationError() }
                return first
            }
        } catch {
            throw KubernetesError(passing: error, context)
        }
    }

    /// Waits; cancelling ends it.
    func rest(_ duration: Duration, _ context: RequestContext) async throws(KubernetesError) {
        do {
            try await pace.pause(duration)
        } catch {
            throw KubernetesError(passing: error, context)
        }
    }

    private func httpRequest(_ request: Request, _ credentials: [HTTPField]) -> HTTPRequest {
        var fields = [HTTPField("Accept", request.accept), HTTPField("User-Agent", "pawl")] + credentials
        if request.body != nil { fields.append(HTTPField("Content-Type", request.contentType)) }
        return HTTPRequest(
            request.verb.http,
            connection.url(request.pathAndQuery),
            fields: fields,
            body: request.body.map { .bytes($0) } ?? .none
        )
    }
}

/// What is known of an answer as soon as its head is there.
protocol AnswerHead: Sendable {
    var status: Int { get }
    /// The answer, where it is a refusal.
    var refusal: HTTPResponse { get }
}

extension HTTPResponse: AnswerHead {
    var refusal: HTTPResponse { self }
}
