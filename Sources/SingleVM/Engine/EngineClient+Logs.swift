package import UpgradeModel

internal import WebClient

/// A line of a container's output.
package struct LogLine: Sendable, Hashable {
    /// When the container wrote it, RFC 3339 in UTC with nanoseconds; empty where the Engine did not say.
    package var time: String
    /// What it wrote.
    package var text: String

    /// Takes a line apart that the Engine put a time in front of.
    init(timestamped line: String) {
        let time = line.prefix { $0 != " " }
        if time.count >= 20, time.first?.isNumber == true, time.contains("T") {
            self.time = String(time)
            text = String(line.dropFirst(time.count + 1))
        } else {
            self.time = ""
            text = line
        }
    }
}

extension EngineClient {
    /// Reads a container's output, both streams in one, line by line.
    ///
    /// - Parameters:
    ///   - container: whose.
    ///   - follows: whether to go on until the container ends; otherwise only what is there is read.
    ///   - tail: only the last lines, this many; nil means from the beginning.
    ///   - visit: gets each line; may throw to stop.
    /// - Throws: code `engine-failed` where the container's logging driver keeps nothing that can be read.
    package func readLogs(
        of container: EngineContainer,
        follows: Bool,
        tail: Int? = nil,
        _ visit: (LogLine) throws(Trouble) -> Void
    ) async throws(Trouble) {
        let target =
            "/containers/\(percentEncoded(container.id))/logs?stdout=1&stderr=1&timestamps=1"
            + "&follow=\(follows ? 1 : 0)&tail=\(tail.map(String.init) ?? "all")"
        let answer = try await follow(HTTPRequest(.get, url(target)), target: target)
        var frames = LogFrames(isFramed: !container.hasTerminal)
        var splitter = LineSplitter()
        try await walk(answer) { chunk throws(Trouble) in
            guard let content = frames.content(of: chunk) else {
                throw trouble(.protocolError(detail: "the log of \(container.name) is not in frames"))
            }
            for line in splitter.lines(in: content) { try visit(LogLine(timestamped: line)) }
        }
        if let rest = splitter.rest() { try visit(LogLine(timestamped: rest)) }
    }

    /// The last lines of a container's output; empty where they cannot be had.
    package func lastLines(of container: EngineContainer, count: Int) async -> [String] {
        var lines: [String] = []
        try? await readLogs(of: container, follows: false, tail: count) { line throws(Trouble) in
            lines.append(line.text)
        }
        return lines
    }
}
