import Synchronization

/// The answers that take long and are being made: never more than some at a time, so that nobody else waits for them.
final class LongAnswers: Sendable {
    private let going = Mutex<[String: Int]>([:])

    /// The most over all, and the most of one person.
    static let most = 4
    static let mostOfOne = 2

    /// Begins one; ``end(for:)`` follows.
    ///
    /// - Throws: `too-many-requests` where as many are being made as may be.
    func begin(for person: String) throws(Refusal) {
        let isFree = going.withLock { going in
            let theirs = going[person, default: 0]
            guard theirs < Self.mostOfOne, going.values.reduce(0, +) < Self.most else { return false }
            going[person] = theirs + 1
            return true
        }
        guard isFree else { throw .tooMany(seconds: 5) }
    }

    func end(for person: String) {
        going.withLock { going in
            let left = going[person, default: 1] - 1
            going[person] = left > 0 ? left : nil
        }
    }
}
