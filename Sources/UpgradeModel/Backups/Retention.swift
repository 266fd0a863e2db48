/// Which backup sets to keep.
package struct Retention: Sendable, Hashable {
    /// How many of the newest sets are kept in any case; at least one.
    package let keep: Int

    /// Makes a rule; fewer than one counts as one.
    package init(keep: Int) {
        self.keep = max(1, keep)
    }

    /// What is known of a set.
    package struct Candidate: Sendable, Hashable {
        /// Its name.
        package var id: BackupSetID
        /// When it was begun.
        package var createdAt: Moment
        /// Whether it is proven to restore.
        package var isProven: Bool

        /// Makes a candidate.
        package init(id: BackupSetID, createdAt: Moment, isProven: Bool) {
            self.id = id
            self.createdAt = createdAt
            self.isProven = isProven
        }
    }

    /// What becomes of a set.
    package enum Verdict: String, Sendable, Hashable, Codable {
        /// It is one of the newest.
        case newest
        /// It is the newest that is proven to restore.
        case lastProven
        /// A run that is not over refers to it.
        case inUse
        /// It may go.
        case remove
    }

    /// Decides about every set, newest first. Removes nothing: the same answer is the preview.
    ///
    /// - Parameters:
    ///   - sets: all sets of the installation, in any order.
    ///   - inUse: the sets that open runs refer to.
    /// - Returns: a verdict on each set.
    package func decide(
        _ sets: [Candidate],
        inUse: Set<BackupSetID> = []
    ) -> [(candidate: Candidate, verdict: Verdict)] {
        let ordered = sets.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
        let lastProven = ordered.first(where: \.isProven)?.id
        return ordered.enumerated().map { index, candidate in
            if inUse.contains(candidate.id) { return (candidate, .inUse) }
            if candidate.id == lastProven { return (candidate, .lastProven) }
            return (candidate, index < keep ? .newest : .remove)
        }
    }
}
