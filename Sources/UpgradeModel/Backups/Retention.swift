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
        /// The release that its data belongs to; nil where that is no version.
        package var release: ReleaseVersion?
        /// Whether Pawl's own records know it.
        package var isRecorded: Bool
        /// Whether it is of this installation; several may share a folder.
        package var isOurs: Bool

        /// Makes a candidate.
        package init(
            id: BackupSetID,
            createdAt: Moment,
            isProven: Bool,
            release: ReleaseVersion? = nil,
            isRecorded: Bool = true,
            isOurs: Bool = true
        ) {
            self.id = id
            self.createdAt = createdAt
            self.isProven = isProven
            self.release = release
            self.isRecorded = isRecorded
            self.isOurs = isOurs
        }
    }

    /// What becomes of a set, and why.
    package enum Verdict: String, Sendable, Hashable, Codable {
        /// It is one of the newest.
        case newest
        /// It is the newest that is proven to restore.
        case lastProven
        /// A run that is not over refers to it.
        case inUse
        /// It is the way back to the release before the newest one whose migrations have started here.
        case wayBack
        /// It is another installation's, and nothing of ours to judge.
        case foreign
        /// It may go.
        case remove
    }

    /// Decides about every set, newest first. Removes nothing: the same answer is the preview.
    ///
    /// A set that Pawl's records do not know is no substitute for one that they know: the newest of each is kept.
    ///
    /// - Parameters:
    ///   - sets: all sets in the folder, in any order.
    ///   - inUse: the sets that open runs refer to.
    ///   - highWaterMark: the newest release whose migrations have started here; nil where none has.
    /// - Returns: a verdict on each set.
    package func decide(
        _ sets: [Candidate],
        inUse: Set<BackupSetID> = [],
        highWaterMark: ReleaseVersion? = nil
    ) -> [(candidate: Candidate, verdict: Verdict)] {
        let all = sets.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
        let ordered = all.filter(\.isOurs)
        let newest = Set(ordered.prefix(keep).map(\.id))
        let proven = ordered.filter(\.isProven)
        let lastProven = Set([proven.first, proven.first(where: \.isRecorded)].compactMap { $0?.id })
        let wayBack = Self.wayBack(in: ordered, before: highWaterMark)
            .union(Self.wayBack(in: ordered.filter(\.isRecorded), before: highWaterMark))
        return all.map { candidate in
            if !candidate.isOurs { return (candidate, .foreign) }
            if inUse.contains(candidate.id) { return (candidate, .inUse) }
            if lastProven.contains(candidate.id) { return (candidate, .lastProven) }
            if wayBack.contains(candidate.id) { return (candidate, .wayBack) }
            return (candidate, newest.contains(candidate.id) ? .newest : .remove)
        }
    }

    /// The newest set of the newest release before the mark, and the newest proven one.
    private static func wayBack(in ordered: [Candidate], before mark: ReleaseVersion?) -> Set<BackupSetID> {
        guard let mark else { return [] }
        let older = ordered.filter { candidate in candidate.release.map { $0 < mark } ?? false }
        guard let release = older.compactMap(\.release).max() else { return [] }
        let own = older.filter { $0.release == release }
        return Set([own.first, own.first(where: \.isProven)].compactMap { $0?.id })
    }
}
