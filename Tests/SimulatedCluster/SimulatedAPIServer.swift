import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Kubernetes
import Logging
import NIOCore
package import NIOSSL
import ServiceLifecycle
package import Synchronization

/// A request as the server has seen it.
package struct SeenRequest: Sendable {
    /// `GET` and the like.
    package var method: String
    /// Without the query.
    package var path: String
    /// The query's values by name.
    package var query: [String: String]
    /// The headers' values by name, in small letters.
    package var headers: [String: [String]]
    /// What was sent.
    package var body: [UInt8]

    /// What was sent, read.
    package var json: JSONValue? { JSONValue.read(body, limit: 1 << 20) }
    /// The first header of that name.
    package func header(_ name: String) -> String? { headers[name.lowercased()]?.first }
    /// Method and path.
    package var line: String { "\(method) \(path)" }
}

/// What a server answers.
package struct ServerAnswer: Sendable {
    /// The status of HTTP.
    package var status = 200
    /// The headers.
    package var headers: [String: String] = ["content-type": "application/json"]
    /// The body, piece by piece.
    package var pieces: AsyncStream<[UInt8]>
    /// Whether the connection is broken off where the pieces end.
    package var breaksOff = false

    /// JSON.
    package init(_ json: JSONValue) {
        self.init(200, json)
    }

    /// JSON with a status.
    package init(_ status: Int, _ json: JSONValue, headers: [String: String] = [:]) {
        self.init(status, text: json.text, headers: headers)
    }

    /// Text.
    package init(
        _ status: Int = 200,
        text: String,
        type: String = "application/json",
        headers: [String: String] = [:],
        breaksOff: Bool = false
    ) {
        self.status = status
        self.headers = headers.merging(["content-type": type]) { own, _ in own }
        self.breaksOff = breaksOff
        let (pieces, end) = AsyncStream.makeStream(of: [UInt8].self)
        end.yield(Array(text.utf8))
        end.finish()
        self.pieces = pieces
    }

    /// What comes piece by piece.
    package init(pieces: AsyncStream<[UInt8]>) {
        self.pieces = pieces
    }

    /// A `Status` object.
    package static func failure(
        _ code: Int,
        _ reason: String,
        _ message: String = "",
        details: JSONValue? = nil,
        headers: [String: String] = [:]
    ) -> ServerAnswer {
        var json: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
            "reason": .string(reason), "code": JSONValue(code),
        ]
        json["details"] = details
        return ServerAnswer(code, json, headers: headers)
    }
}

/// An HTTP server that speaks as an API server does, over objects that it holds.
package final class SimulatedAPIServer: Sendable {
    /// Answers a request in the server's place, or does not.
    package typealias Script = @Sendable (SeenRequest) async -> ServerAnswer?

    /// What it holds.
    package struct State {
        /// The objects, by collection and name.
        package var objects: [String: JSONValue] = [:]
        /// The newest version.
        package var version = 100
        /// What has happened.
        package var events: [(version: Int, collection: String, json: JSONValue)] = []
        /// Versions up to this one are forgotten.
        package var forgotten = 0
        /// Who watches what.
        package var watchers: [Int: (collection: String, pieces: AsyncStream<[UInt8]>.Continuation)] = [:]
        /// The number of the next one who watches.
        package var nextWatcher = 0
        /// The requests so far.
        package var seen: [SeenRequest] = []
        /// Asked in their order before the server's own answers.
        package var scripts: [Script] = []
        /// Answers that are given once, in their order, before anything else.
        package var once: [(path: String, answer: ServerAnswer)] = []
        /// Whether lists are chosen by labels; otherwise everything of a collection is listed.
        package var choosesByLabels = false
        /// Makes a pod as its machine would look after it; nil where nobody looks after workloads.
        package var machine: (@Sendable (JSONValue) -> JSONValue)?
        /// The newest number of a pod.
        package var newestPod = 0
        /// Whether there are rules that the server itself keeps to.
        package var servesPolicies = false
        /// What containers have written, by `pod/container`.
        package var logs: [String: String] = [:]
    }

    /// What it holds.
    package let state = Mutex(State())

    /// Adds a script, which is asked before the server's own answers; nil means that they are to be given.
    package func script(_ script: @escaping Script) {
        state.withLock { $0.scripts.append(script) }
    }

    /// Gives answers once, in their order.
    package func once(_ answers: ServerAnswer...) {
        state.withLock { $0.once += answers.map { ("", $0) } }
    }

    /// Gives answers once, in their order, to requests whose path ends like this.
    package func once(at path: String, _ answers: ServerAnswer...) {
        state.withLock { $0.once += answers.map { (path, $0) } }
    }

    /// The requests so far.
    package var seen: [SeenRequest] { state.withLock { $0.seen } }

    /// Answers.
    package func answer(_ request: SeenRequest) async -> ServerAnswer {
        let (once, scripts) = state.withLock { state -> (ServerAnswer?, [Script]) in
            state.seen.append(request)
            let next = state.once.firstIndex { request.path.hasSuffix($0.path) }
            return (next.map { state.once.remove(at: $0).answer }, state.scripts)
        }
        if let once { return once }
        for script in scripts {
            if let answer = await script(request) { return answer }
        }
        return own(request)
    }

    /// Serves with TLS while `body` runs, for clients of whatever certificate.
    package static func serveSecurely<Result: Sendable>(
        _ body: @Sendable @escaping (SimulatedAPIServer, Int) async throws -> Result
    ) async throws -> Result {
        let tls = try TestAuthority().server(names: ["127.0.0.1"], wantsClients: false)
        return try await serve(tls: tls, body)
    }

    /// Serves while `body` runs.
    package static func serve<Result: Sendable>(
        tls: TLSConfiguration? = nil,
        _ body: @Sendable @escaping (SimulatedAPIServer, Int) async throws -> Result
    ) async throws -> Result {
        let simulated = SimulatedAPIServer()
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var log = Logger(label: "test")
        log.logLevel = .critical
        let plain = HTTPServerBuilder.http1()
        let app = Application(
            responder: Responder(server: simulated),
            server: try tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) },
            logger: log
        )
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                // Cancelling is how it ends.
                try? await app.run()
                return nil
            }
            group.addTask {
                var iterator = ports.makeAsyncIterator()
                return try await body(simulated, await iterator.next() ?? 0)
            }
            defer {
                simulated.closeWatches()
                group.cancelAll()
            }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private struct Responder: HTTPResponder {
        let server: SimulatedAPIServer

        func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
            var headers: [String: [String]] = [:]
            for field in request.headers { headers[field.name.canonicalName, default: []].append(field.value) }
            if let host = request.head.authority { headers["host"] = [host] }
            let query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
            let answer = await server.answer(
                SeenRequest(
                    method: request.method.rawValue,
                    path: request.uri.path,
                    query: Dictionary(query) { first, _ in first },
                    headers: headers,
                    body: Array(buffer: try await request.body.collect(upTo: 8 << 20))
                )
            )
            var fields = HTTPFields()
            for (name, value) in answer.headers {
                if let name = HTTPField.Name(name) { fields[name] = value }
            }
            return Response(
                status: .init(code: answer.status),
                headers: fields,
                body: ResponseBody { writer in
                    for await piece in answer.pieces { try await writer.write(ByteBuffer(bytes: piece)) }
                    if answer.breaksOff { throw BrokenOff() }
                    try await writer.finish(nil)
                }
            )
        }
    }

    private struct BrokenOff: Error {}
}
