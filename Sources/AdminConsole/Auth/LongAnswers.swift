import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// The answers that take long to make or to read: never more than some at a time, so that nobody else waits for them, and
/// none is kept in memory for somebody who does not take it.
final class LongAnswers: Sendable {
    /// One of them; it is over when nobody holds this any more.
    final class Turn: Sendable {
        private let answers: LongAnswers
        private let person: String

        fileprivate init(_ answers: LongAnswers, _ person: String) {
            self.answers = answers
            self.person = person
        }

        deinit { answers.end(for: person) }
    }

    private let going = Mutex<[String: Int]>([:])
    /// How long each piece of an answer may wait to be taken.
    let patience: TimeAmount
    /// The fewest bytes a second at which an answer is taken, beyond that time: the turn of somebody slower than any
    /// connection is somebody else's.
    let slowest: Int

    /// The most over all, and the most of one person.
    static let most = 4
    static let mostOfOne = 2

    init(patience: TimeAmount = .seconds(60), slowest: Int = 8 << 10) {
        self.patience = patience
        self.slowest = slowest
    }

    /// How many there are.
    var count: Int { going.withLock { $0.values.reduce(0, +) } }

    /// Begins one.
    ///
    /// - Throws: `too-many-requests` where there are as many as may be.
    func begin(for person: String) throws(Refusal) -> Turn {
        let isFree = going.withLock { going in
            let theirs = going[person, default: 0]
            guard theirs < Self.mostOfOne, going.values.reduce(0, +) < Self.most else { return false }
            going[person] = theirs + 1
            return true
        }
        guard isFree else { throw .tooMany(seconds: 5) }
        return Turn(self, person)
    }

    private func end(for person: String) {
        going.withLock { going in
            let left = going[person, default: 1] - 1
            going[person] = left > 0 ? left : nil
        }
    }

    /// The same answer, written as it is taken, over the connection that asked for it. Its turn lasts as long; so it does
    /// where the answer is dropped unwritten, as one to HEAD.
    func written(_ response: Response, during turn: Turn, over channel: any Channel) -> Response {
        var response = response
        response.body = ResponseBody(contentLength: response.body.contentLength) { [self, body = response.body] in
            try await body.write(
                PatientWriter(writer: $0, channel: channel, patience: patience, slowest: slowest, start: .now())
            )
            withExtendedLifetime(turn) {}
        }
        return response
    }
}

/// Writes in pieces, each when the one before has been taken, and closes the connection of somebody who takes none for too
/// long, or takes them too slowly.
///
/// A body that is written at once would count as answered as soon as it stands in memory: the connection would be idle, and
/// be closed as such in the middle.
private struct PatientWriter: ResponseBodyWriter {
    var writer: any ResponseBodyWriter
    let channel: any Channel
    let patience: TimeAmount
    let slowest: Int
    let start: NIODeadline
    private var taken = 0

    init(writer: any ResponseBodyWriter, channel: any Channel, patience: TimeAmount, slowest: Int, start: NIODeadline) {
        self.writer = writer
        self.channel = channel
        self.patience = patience
        self.slowest = slowest
        self.start = start
    }

    /// Bytes of a piece: as many as a connection queues before it lets its writer wait.
    private static let length = 64 << 10

    @concurrent mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let piece = rest.readSlice(length: min(rest.readableBytes, Self.length)), piece.readableBytes > 0 {
            let alarm = alarm()
            defer { alarm.cancel() }
            try await writer.write(piece)
            // Whether the next one has to wait is only known when this one has come to the connection's own thread.
            try await channel.eventLoop.submit {}.get()
            taken += piece.readableBytes
        }
    }

    @concurrent consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        let alarm = alarm()
        defer { alarm.cancel() }
        try await writer.finish(trailingHeaders)
    }

    /// Closes the connection where the next piece is not taken in time, or all of them together are not.
    private func alarm() -> Scheduled<Void> {
        let (seconds, rest) = taken.quotientAndRemainder(dividingBy: slowest)
        let whole = start + patience + .seconds(Int64(seconds)) + .milliseconds(Int64(rest * 1000 / slowest))
        return channel.eventLoop.scheduleTask(deadline: min(.now() + patience, whole)) { [channel] in
            channel.close(promise: nil)
        }
    }
}
