internal import WebClient

/// One connection of a log, line by line.
struct LogStream {
    /// Where a line is cut, in bytes.
    static let longestLine = 16 * 1024
    /// A connection that was open for so long, or has given something new, was of use.
    static let leastUse: Duration = .seconds(5)

    /// Whether the server goes on as long as the container does.
    let follows: Bool
    /// How many bytes have come.
    private(set) var bytes = 0
    private var chunks: ByteChunks.Iterator
    private var cutter = LineCutter(limit: Self.longestLine, excess: .cut)
    private let context: RequestContext
    private let start: Duration
    /// The time of the line of which more pieces are to come.
    private var openTime: String?

    init(
        _ client: KubernetesClient,
        _ pod: RequestTarget,
        _ options: LogOptions,
        follows: Bool = false,
        patience: Duration? = nil
    ) async throws(KubernetesError) {
        self.follows = follows
        var target = pod
        target.subresource = "log"
        let (stream, context) = try await client.stream(
            KubernetesClient.Request(
                verb: .get,
                target: target,
                query: options.query + (follows ? [("follow", "true")] : []),
                // The server refuses to write a log as JSON only.
                accept: "text/plain, */*",
                patience: patience
            )
        )
        chunks = stream.chunks.makeAsyncIterator()
        self.context = context
        start = client.pace.uptime()
    }

    /// Whether it was open for long enough to be worth its connection.
    func wasOpenLong(at now: Duration) -> Bool {
        now - start >= Self.leastUse
    }

    /// The next line; nil where the server has ended the log, or a container that is followed was silent for long.
    @concurrent
    mutating func next() async throws(KubernetesError) -> PodLogLine? {
        while true {
            if let piece = cutter.next() { return line(piece) }
            let chunk: [UInt8]?
            do {
                chunk = try await chunks.next()
            } catch {
                guard follows, error == .timeout else { throw KubernetesError(error, context) }
                chunk = nil
            }
            guard let chunk else {
                // A container that goes on will end its line; what there is of it comes again.
                return follows ? nil : cutter.rest().map { line($0) }
            }
            bytes += chunk.count
            _ = cutter.take(chunk)
        }
    }

    /// Takes a line apart that the server put a time in front of. Pieces have the time of their line.
    private mutating func line(_ piece: LineCutter.Piece) -> PodLogLine {
        var line = PodLogLine(time: openTime ?? "", text: "", isContinued: piece.isContinued)
        var text = piece.bytes[...]
        if openTime == nil, let end = text.firstIndex(of: UInt8(ascii: " ")) {
            let first = String(decoding: text[..<end], as: UTF8.self)
            if first.utf8.count >= 20, ClusterTime(first) != nil {
                line.time = first
                text = text[end...].dropFirst()
            }
        }
        line.text = String(decoding: text, as: UTF8.self)
        openTime = piece.isContinued ? line.time : nil
        return line
    }
}

/// How far a container's output was given, so that nothing of it is given twice where it is read again.
struct LogPlace {
    /// The time of the last line; empty where there was none.
    private(set) var time = ""
    /// How many lines had that time, and how many pieces of the last were given.
    private var lines = 0
    private var pieces = 0
    /// Whether the next piece is of the same line as the one before.
    private var isInLine = false
    /// While it is read again: how many lines of the last time have come again.
    private var repeated: Int?
    /// How many pieces of the present line are still to be left out.
    private var leftOut = 0

    /// Hears that it will be read again, from the second of the last time on.
    mutating func beginAgain() {
        isInLine = false
        repeated = time.isEmpty ? nil : 0
        leftOut = 0
    }

    /// The line, where it was not given before.
    mutating func unheard(_ line: PodLogLine) -> PodLogLine? {
        let isBeginning = !isInLine
        isInLine = line.isContinued
        if isBeginning, let again = repeated {
            if line.time.isEmpty || line.isBefore(time) {
                leftOut = .max
            } else if line.time == time, again < lines {
                // Of the last line the connection may have broken off in the middle.
                repeated = again + 1
                leftOut = again + 1 < lines ? .max : pieces
            } else {
                repeated = nil
                leftOut = 0
            }
        }
        guard leftOut == 0 else {
            leftOut -= 1
            return nil
        }
        if isBeginning, !line.time.isEmpty {
            lines = line.time == time ? lines + 1 : 1
            time = line.time
            pieces = 0
        }
        pieces += 1
        return line
    }
}

extension PodLogLine {
    /// Whether it was written before a time, whatever zone each of them is told in.
    fileprivate func isBefore(_ other: String) -> Bool {
        guard let own = ClusterTime(time), let limit = ClusterTime(other), own != limit else { return time < other }
        return own < limit
    }
}
