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
    private let keepAlive: WebSession

    init(_ body: HTTPClientResponse.Body, of session: WebSession) {
        self.body = body
        self.keepAlive = session
    }

    /// Starts the walk.
    package func makeAsyncIterator() -> Iterator {
        Iterator(body: body.makeAsyncIterator(), keepAlive: keepAlive)
    }

    /// The walk through the body.
    package struct Iterator: AsyncIteratorProtocol {
        /// What reading throws.
        package typealias Failure = WebFailure

        private var body: HTTPClientResponse.Body.AsyncIterator
        private let keepAlive: WebSession

        init(body: HTTPClientResponse.Body.AsyncIterator, keepAlive: WebSession) {
            self.body = body
            self.keepAlive = keepAlive
        }

        /// The next bytes, or nil at the end.
        @concurrent
        package mutating func next() async throws(WebFailure) -> [UInt8]? {
            do {
                guard let buffer = try await body.next() else { return nil }
                return Array(buffer.readableBytesView)
            } catch {
                throw WebFailure(error)
            }
        }
    }
}
