internal import WebClient

/// Which part of a container's output is wanted.
package struct LogOptions: Sendable, Hashable {
    /// The container; nil where the pod has only one.
    package var container: String?
    /// Whether to go on until the container ends.
    package var follows: Bool
    /// Whether that of the container's life before is meant.
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
        follows: Bool = false,
        isOfPrevious: Bool = false,
        since: ClusterTime? = nil,
        tailLines: Int? = nil,
        byteLimit: Int? = nil
    ) {
        self.container = container
        self.follows = follows
        self.isOfPrevious = isOfPrevious
        self.since = since
        self.tailLines = tailLines
        self.byteLimit = byteLimit
    }

    /// As the server takes it. Times are always asked for: a broken connection goes on from the last.
    var query: [(String, String)] {
        var query = [("timestamps", "true")]
        if let container { query.append(("container", container)) }
        if follows { query.append(("follow", "true")) }
        if isOfPrevious { query.append(("previous", "true")) }
        if let since { query.append(("sinceTime", since.text)) }
        if let tailLines { query.append(("tailLines", String(tailLines))) }
        if let byteLimit { query.append(("limitBytes", String(byteLimit))) }
        return query
    }
}

/// A line of a container's output.
package struct PodLogLine: Sendable, Hashable {
    /// When it was written, as the server says it, to the nanosecond; empty where it did not say.
    package var time: String
    /// What was written. A line of more than 16 KiB comes in pieces.
    package var text: String

    /// Takes a line apart that the server put a time in front of.
    init(_ line: [UInt8]) {
        let end = line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
        let first = String(decoding: line[..<end], as: UTF8.self)
        if first.utf8.count >= 20, ClusterTime(first) != nil {
            time = first
            text = String(decoding: line[end...].dropFirst(), as: UTF8.self)
        } else {
            time = ""
            text = String(decoding: line, as: UTF8.self)
        }
    }
}

extension PodLogLine {
    /// Whether it was written before a time, whatever zone each of them is told in.
    fileprivate func isBefore(_ other: String) -> Bool {
        guard let own = ClusterTime(time), let limit = ClusterTime(other), own != limit else { return time < other }
        return own < limit
    }
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
    /// Reads a container's output, line by line. Nothing is asked before the walk begins.
    package func log(of pod: String, in namespace: String, _ options: LogOptions = LogOptions()) -> PodLog {
        PodLog(
            client: self,
            target: RequestTarget(.pods, namespace: namespace, name: pod, subresource: "log"),
            options: options
        )
    }
}

/// The lines of a container's output. One that is followed outlives broken connections, and gives no line twice.
package struct PodLog: AsyncSequence, Sendable {
    /// A line.
    package typealias Element = PodLogLine
    /// What the walk throws.
    package typealias Failure = KubernetesError

    let client: KubernetesClient
    let target: RequestTarget
    let options: LogOptions

    /// Where a line is cut, in bytes.
    static let longestLine = 16 * 1024

    /// Starts the walk.
    package func makeAsyncIterator() -> Iterator {
        Iterator(log: self)
    }

    /// The walk through the lines.
    package struct Iterator: AsyncIteratorProtocol {
        /// What the walk throws.
        package typealias Failure = KubernetesError

        private let log: PodLog
        private var chunks: ByteChunks.Iterator?
        private var context: RequestContext
        private var cutter = LineCutter(limit: PodLog.longestLine, excess: .cut)
        private var isOver = false
        /// The time of the last line, and how many lines had that time.
        private var lastTime = ""
        private var linesOfThatTime = 0
        /// While a log is read again: how many lines of the last time are still to be left out.
        private var leftOut: Int?
        private var failures = 0

        init(log: PodLog) {
            self.log = log
            context = RequestContext(verb: .get, target: log.target, server: log.client.access.server.description)
        }

        /// The next line, or nil at the end.
        @concurrent
        package mutating func next() async throws(KubernetesError) -> PodLogLine? {
            while !isOver {
                do throws(KubernetesError) {
                    guard let line = try await line() else { break }
                    if let new = unheard(PodLogLine(line)) { return new }
                } catch {
                    try await afterFailure(error)
                }
            }
            isOver = true
            return nil
        }

        @concurrent
        private mutating func line() async throws(KubernetesError) -> [UInt8]? {
            if chunks == nil { try await connect() }
            while true {
                if let line = cutter.next() { return line }
                do {
                    guard let chunk = try await chunks?.next() else {
                        isOver = true
                        return cutter.rest()
                    }
                    _ = cutter.take(chunk)
                } catch {
                    throw KubernetesError(error, context)
                }
            }
        }

        @concurrent
        private mutating func connect() async throws(KubernetesError) {
            var options = log.options
            if !lastTime.isEmpty {
                // To the second, which is what the server takes: some lines come again.
                options.since = ClusterTime(lastTime)
                options.tailLines = nil
                leftOut = linesOfThatTime
            }
            let request = KubernetesClient.Request(
                verb: .get,
                target: log.target,
                query: options.query,
                // The server refuses to write a log as JSON only.
                accept: "text/plain, */*",
                patience: options.follows && !lastTime.isEmpty ? .zero : nil
            )
            let (stream, context) = try await log.client.stream(request)
            chunks = stream.chunks.makeAsyncIterator()
            cutter = LineCutter(limit: PodLog.longestLine, excess: .cut)
            self.context = context
        }

        /// The line, where it was not given before.
        private mutating func unheard(_ line: PodLogLine) -> PodLogLine? {
            if let left = leftOut {
                // A piece of a long line goes the way of its beginning.
                if line.time.isEmpty || line.isBefore(lastTime) { return nil }
                if line.time == lastTime, left > 0 {
                    leftOut = left - 1
                    return nil
                }
                leftOut = nil
            }
            failures = 0
            if !line.time.isEmpty {
                linesOfThatTime = line.time == lastTime ? linesOfThatTime + 1 : 1
                lastTime = line.time
            }
            return line
        }

        /// Waits before the log is followed again; throws where that makes no sense.
        @concurrent
        private mutating func afterFailure(_ error: KubernetesError) async throws(KubernetesError) {
            chunks = nil
            failures += 1
            guard log.options.follows, error.mayPass, failures <= PodLog.mostFailures,
                !lastTime.isEmpty || failures == 1
            else { throw error }
            try await log.client.rest(log.client.pace.pause(after: failures, error), context)
        }
    }

    /// Failures one after the other after which a log is given up: some minutes.
    static let mostFailures = 16
}
