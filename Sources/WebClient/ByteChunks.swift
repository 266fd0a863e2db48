internal import AsyncHTTPClient
internal import NIOCore

/// The body of an answer, piece by piece. It can be walked once.
///
/// The connection is read only as far as pieces are asked for; letting go of the iterator ends the exchange.
package struct ByteChunks: AsyncSequence, Sendable {
    /// Some bytes; where one piece ends and the next begins means nothing.
    package typealias Element = [UInt8]
    /// What reading throws.
    package typealias Failure = WebFailure

    private let body: HTTPClientResponse.Body
    private let end: ContinuousClock.Instant?
    private let keepAlive: WebSession

    /// - Parameters:
    ///   - body: what is read.
    ///   - end: when it must be over; nil for whenever it is.
    ///   - session: what has the connection.
    init(_ body: HTTPClientResponse.Body, until end: ContinuousClock.Instant?, of session: WebSession) {
        self.body = body
        self.end = end
        self.keepAlive = session
    }

    /// Starts the walk.
    package func makeAsyncIterator() -> Iterator {
        Iterator(body: BodyReader(body), end: end, keepAlive: keepAlive)
    }

    /// The walk through the body.
    package struct Iterator: AsyncIteratorProtocol {
        /// What reading throws.
        package typealias Failure = WebFailure

        private let body: BodyReader
        private let end: ContinuousClock.Instant?
        private let keepAlive: WebSession

        fileprivate init(body: BodyReader, end: ContinuousClock.Instant?, keepAlive: WebSession) {
            self.body = body
            self.end = end
            self.keepAlive = keepAlive
        }

        /// The next bytes, or nil at the end.
        @concurrent
        package mutating func next() async throws(WebFailure) -> [UInt8]? {
            do {
                guard let end else { return try await body.next() }
                return try await withThrowingTaskGroup(of: [UInt8]?.self) { [body] group in
                    group.addTask { try await body.next() }
                    group.addTask {
                        try await Task.sleep(until: end, clock: .continuous)
                        throw WebFailure.timeout
                    }
                    defer { group.cancelAll() }
                    return try await group.next() ?? nil
                }
            } catch {
                throw WebFailure(error)
            }
        }
    }
}

/// Reads a body for one who may give up waiting; the library's own iterator belongs to one task.
private actor BodyReader {
    private var body: HTTPClientResponse.Body.AsyncIterator

    init(_ body: HTTPClientResponse.Body) {
        self.body = body.makeAsyncIterator()
    }

    func next() async throws -> [UInt8]? {
        var walk = body
        defer { body = walk }
        return try await walk.next(isolation: self).map { Array($0.readableBytesView) }
    }
}
