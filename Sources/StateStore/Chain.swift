import Crypto
import Foundation

/// Links the rows of the journal by hashes, so that a row that was changed, removed or slipped in is seen.
enum Chain {
    /// What the first row follows.
    static let beginning = Data(repeating: 0, count: 32)

    /// SHA-256 over the previous hash and every column, each with its length before it.
    static func hash(
        previous: Data,
        id: Int64,
        at: Int64,
        run: String,
        token: Int64,
        payload: String,
        mark: String?
    ) -> Data {
        hash(
            previous: previous,
            columns: [String(id), String(at), run, String(token), payload, mark.map { "+" + $0 } ?? "-"]
        )
    }

    /// SHA-256 over the previous hash and some columns, each with its length before it.
    static func hash(previous: Data, columns: [String]) -> Data {
        var hasher = SHA256()
        hasher.update(data: previous)
        for column in columns {
            hasher.update(data: Data("\(column.utf8.count):".utf8))
            hasher.update(data: Data(column.utf8))
        }
        return Data(hasher.finalize())
    }
}
