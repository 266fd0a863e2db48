/// Which part of a container's output is wanted.
package struct LogOptions: Sendable, Hashable {
    /// The container; nil where the pod has only one.
    package var container: String?
    /// Whether that of the container's life before is meant. One that is followed has that by itself.
    package var isOfPrevious: Bool
    /// Only what was written at that time and later.
    package var since: ClusterTime?
    /// Only the last lines, this many; nil for all.
    package var tailLines: Int?
    /// The most bytes that the server sends; nil for all.
    package var byteLimit: Int?

    /// Makes options; without more, everything that is there.
    package init(
        container: String? = nil,
        isOfPrevious: Bool = false,
        since: ClusterTime? = nil,
        tailLines: Int? = nil,
        byteLimit: Int? = nil
    ) {
        self.container = container
        self.isOfPrevious = isOfPrevious
        self.since = since
        self.tailLines = tailLines
        self.byteLimit = byteLimit
    }

    /// As the server takes it. Times are always asked for: a broken connection goes on from the last.
    var query: [(String, String)] {
        var query = [("timestamps", "true")]
        if let container { query.append(("container", container)) }
        if isOfPrevious { query.append(("previous", "true")) }
        if let since { query.append(("sinceTime", since.text)) }
        if let tailLines { query.append(("tailLines", String(tailLines))) }
        if let byteLimit { query.append(("limitBytes", String(byteLimit))) }
        return query
    }
}

/// A line of a container's output, or a piece of a long one.
package struct PodLogLine: Sendable, Hashable {
    /// When it was written, as the server says it, to the nanosecond; empty where it did not say.
    package var time: String
    /// What was written.
    package var text: String
    /// Whether the line goes on in the next one: one of more than 16 KiB comes in pieces, so that it is never held whole.
    package var isContinued: Bool
}

extension KubernetesError {
    /// Whether a log could not be had because its container has not been started yet.
    package var isOfContainerNotStarted: Bool {
        guard target?.subresource == "log", let status, status.code == 400 else { return false }
        return status.message.contains("waiting to start") || status.message.contains("ContainerCreating")
            || status.message.contains("PodInitializing")
    }
}

extension KubernetesClient {
    /// Reads a container's output as far as it has been written, line by line. Nothing is asked before the walk begins.
    package func log(of pod: String, in namespace: String, _ options: LogOptions = LogOptions()) -> PodLog {
        PodLog(client: self, pod: RequestTarget(.pods, namespace: namespace, name: pod), options: options)
    }
}

/// The lines of a container's output. Where the connection breaks it throws: what was given is never taken for whole.
package struct PodLog: AsyncSequence, Sendable {
    /// A line.
    package typealias Element = PodLogLine
    /// What the walk throws.
    package typealias Failure = KubernetesError

    let client: KubernetesClient
    let pod: RequestTarget
    let options: LogOptions

    /// Starts the walk.
    package func makeAsyncIterator() -> Iterator {
        Iterator(log: self)
    }

    /// The walk through the lines.
    package struct Iterator: AsyncIteratorProtocol {
        /// What the walk throws.
        package typealias Failure = KubernetesError

        private let log: PodLog
        private var stream: LogStream?

        init(log: PodLog) {
            self.log = log
        }

        /// The next line, or nil at the end.
        @concurrent
        package mutating func next() async throws(KubernetesError) -> PodLogLine? {
            if stream == nil { stream = try await LogStream(log.client, log.pod, log.options) }
            return try await stream?.next()
        }
    }
}
