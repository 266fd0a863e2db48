import NIOCore
import Reports

/// Server-sent events as they stand in the stream.
enum StreamText {
    /// The first words: how many milliseconds to wait before coming back after the connection was lost.
    static let opening = ByteBuffer(string: "retry: 2000\n\n")
    /// A remark that keeps the connection from being taken for a dead one.
    static let heartbeat = ByteBuffer(string: ": still here\n\n")

    /// An event of a run.
    static func piece(of event: EventReport) -> ByteBuffer {
        // JSON on one line has no line end that would end the event.
        ByteBuffer(string: "id: \(event.id)\nevent: \(event.kind)\ndata: \(JSONText.line(event))\n\n")
    }

    /// The last event of a run that has ended: the run itself.
    static func end(_ run: RunReport, after event: Int64) -> ByteBuffer {
        ByteBuffer(string: "id: \(event)\nevent: end\ndata: \(JSONText.line(run))\n\n")
    }

    /// What has changed.
    static func piece(of news: [News]) -> ByteBuffer {
        ByteBuffer(string: news.map { "event: \($0.kind.rawValue)\ndata: \(JSONText.line($0))\n\n" }.joined())
    }
}
