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
            isProven: Bool,
            release: ReleaseVersion?,
            isRecorded: Bool,
            isOurs: Bool
        ) {
            self.id = id
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
        /// It is the way back to the release before the newest one whose migrations have started here, or was made before
        /// those started.
        case wayBack
        /// It is another installation's, and nothing of ours to judge.
        case foreign
        /// It may go.
        case remove
    }

    /// Decides about every set. Removes nothing: the same answer is the preview.
    ///
    /// A set's date is what a clock said, and a clock may have been wrong; the order of Pawl's own records is not, but a set
    /// may have come to it late. Whatever is to be kept as the newest of something is therefore kept by both orders. Nor
    /// is a set that the records do not know a substitute for one that they know.
    ///
    /// - Parameters:
    ///   - sets: all sets in the folder, by their dates, newest first.
    ///   - recorded: the sets that Pawl's own records know, in the order of the records, newest first.
    ///   - inUse: the sets that open runs refer to.
    ///   - lastPassed: the set of the newest hop that has passed its point of no return; nil where none has.
    ///   - highWaterMark: the newest release whose migrations have started here; nil where none has.
    /// - Returns: a verdict on each set, in the order of `sets`.
    package func decide(
        _ sets: [Candidate],
        recorded: [BackupSetID] = [],
        inUse: Set<BackupSetID> = [],
        lastPassed: BackupSetID? = nil,
        highWaterMark: ReleaseVersion? = nil
    ) -> [(candidate: Candidate, verdict: Verdict)] {
        let ours = sets.filter(\.isOurs)
        let known = ours.filter(\.isRecorded)
        let byName = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
        let orders = [ours, known, recorded.compactMap { byName[$0] }]
        let newest = Set(orders.flatMap { $0.prefix(keep) }.map(\.id))
        let lastProven = Set(orders.compactMap { $0.first(where: \.isProven)?.id })
        let wayBack = Set(
            orders.flatMap { Self.wayBack(in: $0, before: highWaterMark) } + [lastPassed].compactMap(\.self)
        )
        return sets.map { candidate in
            if !candidate.isOurs { return (candidate, .foreign) }
            if inUse.contains(candidate.id) { return (candidate, .inUse) }
            if lastProven.contains(candidate.id) { return (candidate, .lastProven) }
            if wayBack.contains(candidate.id) { return (candidate, .wayBack) }
            return (candidate, newest.contains(candidate.id) ? .newest : .remove)
        }
    }

    /// The newest set of the newest release before the mark, and the newest proven one.
    private static func wayBack(in ordered: [Candidate], before mark: ReleaseVersion?) -> [BackupSetID] {
        guard let mark else { return [] }
        guard let release = ordered.compactMap(\.release).filter({ $0 < mark }).max() else { return [] }
        let own = ordered.filter { $0.release == release }
        return [own.first, own.first(where: \.isProven)].compactMap { $0?.id }
    }
}
