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
        /// Whether it says that it is of this installation; several may share a folder.
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
        /// It is the way back to the release before the newest one whose migrations have started here, or to that one, or
        /// was made before those started, or is what was restored last.
        case wayBack
        /// It is another installation's, and nothing of ours to judge.
        case foreign
        /// It says that it is of this installation, and the records do not know it: another one of the same name may rely on
        /// it.
        case unrecorded
        /// It may go.
        case remove
    }

    /// Decides about every set. Removes nothing: the same answer is the preview.
    ///
    /// A set's date is what a clock said, and a clock may have been wrong; the order of Pawl's own records is not, but a set
    /// may have come to it late. Whatever is to be kept as the newest of something is therefore kept by both orders. A set
    /// that the records do not know neither goes nor counts: a name is all that says whose it is. Nor does one that is not
    /// ours, even if it is on record: its owner relies on it, and it brings nothing of ours back.
    ///
    /// - Parameters:
    ///   - sets: all sets in the folder, by their dates, newest first.
    ///   - recorded: the sets that Pawl's own records know, in the order of the records, newest first.
    ///   - inUse: the sets that open runs refer to.
    ///   - lastPassed: the set of the newest hop that has passed its point of no return; nil where none has.
    ///   - lastRestored: the set that was restored last; nil where none was.
    ///   - highWaterMark: the newest release whose migrations have started here; nil where none has.
    /// - Returns: a verdict on each set, in the order of `sets`.
    package func decide(
        _ sets: [Candidate],
        recorded: [BackupSetID] = [],
        inUse: Set<BackupSetID> = [],
        lastPassed: BackupSetID? = nil,
        lastRestored: BackupSetID? = nil,
        highWaterMark: ReleaseVersion? = nil
    ) -> [(candidate: Candidate, verdict: Verdict)] {
        let known = sets.filter { $0.isRecorded && $0.isOurs }
        let byName = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
        let orders = [known, recorded.compactMap { byName[$0] }]
        let newest = Set(orders.flatMap { $0.prefix(keep) }.map(\.id))
        let lastProven = Set(orders.compactMap { $0.first(where: \.isProven)?.id })
        let wayBack = Set(
            orders.flatMap { Self.wayBack(in: $0, to: highWaterMark) } + [lastPassed, lastRestored].compactMap(\.self)
        )
        return sets.map { candidate in
            guard candidate.isOurs else { return (candidate, .foreign) }
            guard candidate.isRecorded else { return (candidate, .unrecorded) }
            if inUse.contains(candidate.id) { return (candidate, .inUse) }
            if lastProven.contains(candidate.id) { return (candidate, .lastProven) }
            if wayBack.contains(candidate.id) { return (candidate, .wayBack) }
            return (candidate, newest.contains(candidate.id) ? .newest : .remove)
        }
    }

    /// The newest set and the newest proven one, of the mark's own release and of the newest release before it. The former
    /// are not the newest of all where a restore has lowered the mark: those are of a future that was given up.
    private static func wayBack(in ordered: [Candidate], to mark: ReleaseVersion?) -> [BackupSetID] {
        guard let mark else { return [] }
        let before = ordered.compactMap(\.release).filter { $0 < mark }.max()
        return [mark, before].compactMap(\.self).flatMap { release in
            let own = ordered.filter { $0.release == release }
            return [own.first, own.first(where: \.isProven)].compactMap { $0?.id }
        }
    }
}
