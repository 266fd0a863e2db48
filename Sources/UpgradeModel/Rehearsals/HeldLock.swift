/// A lock on a table that a migration was seen to hold.
package struct HeldLock: Sendable, Codable, Hashable {
    /// The table, with its schema.
    package var relation: String
    /// PostgreSQL's name for the lock, such as `AccessExclusiveLock`.
    package var mode: String
    /// How long it was seen to be held, in seconds.
    package var seconds: Double

    /// Makes a record.
    package init(relation: String, mode: String, seconds: Double) {
        self.relation = relation
        self.mode = mode
        self.seconds = seconds
    }

    /// The modes that keep somebody else from working with a table's rows or from changing it, the weakest first.
    package static let modes = [
        "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
    ]

    /// How much the lock keeps others from; 0 for a mode that is not in `modes`.
    package var strength: Int { Self.modes.firstIndex(of: mode).map { $0 + 1 } ?? 0 }

    /// The strongest first, of the same strength the longest.
    package static func ranked(_ locks: [HeldLock]) -> [HeldLock] {
        locks.sorted { left, right in
            if left.strength != right.strength { return left.strength > right.strength }
            if left.seconds != right.seconds { return left.seconds > right.seconds }
            return (left.relation, left.mode) < (right.relation, right.mode)
        }
    }
}
