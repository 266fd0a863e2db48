import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Kubernetes
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// A request as the server has seen it.
struct SeenRequest: Sendable {
    var method: String
    var path: String
    var query: [String: String]
    var headers: [String: [String]]
    var body: [UInt8]

    var json: JSONValue? { JSONValue.read(body, limit: 1 << 20) }
    /// The first header of that name.
    func header(_ name: String) -> String? { headers[name.lowercased()]?.first }
    /// Method and path.
    var line: String { "\(method) \(path)" }
}

/// What a server answers.
struct ServerAnswer: Sendable {
    var status = 200
    var headers: [String: String] = ["content-type": "application/json"]
    /// The body, piece by piece.
    var pieces: AsyncStream<[UInt8]>
    /// Whether the connection is broken off where the pieces end.
    var breaksOff = false

    init(_ json: JSONValue) {
        self.init(200, json)
    }

    init(_ status: Int, _ json: JSONValue, headers: [String: String] = [:]) {
        self.init(status, text: json.text, headers: headers)
    }

    init(
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

    init(pieces: AsyncStream<[UInt8]>) {
        self.pieces = pieces
    }

    /// A `Status` object.
    static func failure(
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
final class SimulatedAPIServer: Sendable {
    typealias Script = @Sendable (SeenRequest) async -> ServerAnswer?

    struct State {
        var objects: [String: JSONValue] = [:]
        var version = 100
        var events: [(version: Int, collection: String, json: JSONValue)] = []
        /// Versions up to this one are forgotten.
        var forgotten = 0
        var watchers: [Int: (collection: String, pieces: AsyncStream<[UInt8]>.Continuation)] = [:]
        var nextWatcher = 0
        var seen: [SeenRequest] = []
        var scripts: [Script] = []
        /// Answers that are given once, in their order, before anything else.
        var once: [(path: String, answer: ServerAnswer)] = []
    }

    let state = Mutex(State())

    /// Adds a script, which is asked before the server's own answers; nil means that they are to be given.
    func script(_ script: @escaping Script) {
        state.withLock { $0.scripts.append(script) }
    }

    /// Gives answers once, in their order.
    func once(_ answers: ServerAnswer...) {
        state.withLock { $0.once += answers.map { ("", $0) } }
    }

    /// Gives answers once, in their order, to requests whose path ends like this.
    func once(at path: String, _ answers: ServerAnswer...) {
        state.withLock { $0.once += answers.map { (path, $0) } }
    }

    /// The requests so far.
    var seen: [SeenRequest] { state.withLock { $0.seen } }

    func answer(_ request: SeenRequest) async -> ServerAnswer {
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
    static func serveSecurely<Result: Sendable>(
        _ body: @Sendable @escaping (SimulatedAPIServer, Int) async throws -> Result
    ) async throws -> Result {
        let tls = try TestAuthority().server(names: ["127.0.0.1"], wantsClients: false)
        return try await serve(tls: tls, body)
    }

    /// Serves while `body` runs.
    static func serve<Result: Sendable>(
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
