internal import WebClient

/// One connection of a watch, event by event.
struct WatchStream {
    enum Event: Sendable {
        /// Something happened to an object: `ADDED`, `MODIFIED`, `DELETED` or `BOOKMARK`.
        case object(type: String, JSONValue)
        /// The server has trouble with the watch.
        case status(APIStatus)
    }

    /// A watch that was open for so long, or has told something, was one.
    static let leastUse: Duration = .seconds(5)

    private var chunks: ByteChunks.Iterator
    private var cutter: LineCutter
    private let context: RequestContext
    private let start: Duration
    private var hasTold = false

    init(
        _ client: KubernetesClient,
        _ selection: ObjectSelection,
        from resourceVersion: String,
        _ context: RequestContext
    ) async throws(KubernetesError) {
        let length = client.pace.watchLength
        let query =
            selection.query + [
                ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
                ("timeoutSeconds", String(length.wholeSeconds)),
            ]
        let (stream, context) = try await client.stream(
            KubernetesClient.Request(
                verb: .watch,
                target: selection.target,
                query: query,
                accept: selection.accept(asList: false),
                patience: .zero,
                lifetime: length + length / 29
            )
        )
        chunks = stream.chunks.makeAsyncIterator()
        cutter = LineCutter(limit: client.limits.event, excess: .refused)
        self.context = context
        start = client.pace.uptime()
    }

    /// Whether it was worth its connection.
    func wasOfUse(at now: Duration) -> Bool {
        hasTold || now - start >= Self.leastUse
    }

    /// The next event; nil where the server has ended the watch, or should have.
    @concurrent
    mutating func next() async throws(KubernetesError) -> Event? {
        while true {
            while let line = cutter.next() {
                guard !line.bytes.isEmpty else { continue }
                hasTold = true
                return try read(line.bytes)
            }
            let chunk: [UInt8]?
            do {
                chunk = try await chunks.next()
            } catch {
                guard error == .timeout else { throw KubernetesError(error, context) }
                return nil
            }
            // What has not ended with a line is half an event: it comes again.
            guard let chunk else { return nil }
            guard cutter.take(chunk) else { throw KubernetesError(.tooLarge(limit: cutter.limit), context) }
        }
    }

    private func read(_ line: [UInt8]) throws(KubernetesError) -> Event {
        guard let json = JSONValue.read(line, limit: cutter.limit), let object = json["object"],
            let type = json["type"]?.string
        else { throw KubernetesError(nonsense: line, context) }
        guard type == "ERROR" else { return .object(type: type, object) }
        guard let status = APIStatus(object, httpStatus: 500) else { throw KubernetesError(nonsense: line, context) }
        return .status(status)
    }
}
