/// An answer that was read to its end.
package struct HTTPResponse: Sendable, Hashable {
    /// The status, 100 to 599.
    package var status: Int
    /// The header lines in the order in which they came.
    package var fields: [HTTPField]
    /// The body.
    package var body: [UInt8]

    /// Makes an answer.
    package init(status: Int, fields: [HTTPField] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The first value of a header, whatever the case of its name.
    package func value(of name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// An answer whose body is still coming.
package struct HTTPStream: Sendable {
    /// The status, 100 to 599.
    package var status: Int
    /// The header lines in the order in which they came.
    package var fields: [HTTPField]
    /// The body; nothing more is read from the server than is asked for here.
    package var chunks: ByteChunks

    /// The first value of a header, whatever the case of its name.
    package func value(of name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Reads the rest of the body.
    ///
    /// - Parameter limit: the most bytes to take.
    /// - Returns: what had not been read yet.
    /// - Throws: ``WebFailure``, `.tooLarge` as soon as one byte more than `limit` has come.
    package func collected(limit: Int) async throws(WebFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var iterator = chunks.makeAsyncIterator()
        while let chunk = try await iterator.next() {
            guard chunk.count <= limit - bytes.count else { throw .tooLarge(limit: limit) }
            bytes += chunk
        }
        return bytes
    }
}
