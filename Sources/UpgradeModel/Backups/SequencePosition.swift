/// Where a sequence stands, or between which two places it moved while its database was dumped.
///
/// Sequences are outside of every snapshot: one that is used during a dump stands in the dump somewhere between where it
/// stood before and where it stood after. As text a place is `42 used` or `1 unused`, and a way is `42 used to 57 used`.
struct SequencePosition: Hashable {
    private struct Place: Hashable {
        var last: Int64
        var isUsed: Bool

        init?(_ text: Substring) {
            let words = text.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let last = Int64(words[0]), words[1] == "used" || words[1] == "unused" else {
                return nil
            }
            self.last = last
            isUsed = words[1] == "used"
        }

        /// Whether a sequence that goes up, or else down, comes from here to `other`.
        func leads(to other: Place, upwards: Bool) -> Bool {
            if last == other.last { return !isUsed || other.isUsed }
            return upwards ? last < other.last : last > other.last
        }
    }

    private var before: Place
    private var after: Place

    /// Reads a place or a way; nil where the text is neither.
    init?(_ text: String) {
        let separator = " to "
        guard let range = text.firstRange(of: separator) else {
            guard let place = Place(Substring(text)) else { return nil }
            (before, after) = (place, place)
            return
        }
        guard let before = Place(text[..<range.lowerBound]), let after = Place(text[range.upperBound...]) else {
            return nil
        }
        (self.before, self.after) = (before, after)
    }

    /// The text of the way from one place to another; of the place alone where nothing moved.
    static func text(from before: String?, to after: String?) -> String? {
        guard let before, let after, before != after else { return before ?? after }
        return "\(before) to \(after)"
    }

    /// Whether `place` is a single place on the way.
    func covers(_ place: String) -> Bool {
        guard let other = SequencePosition(place), other.before == other.after else { return false }
        let upwards = before.last <= after.last
        return before.leads(to: other.before, upwards: upwards) && other.before.leads(to: after, upwards: upwards)
    }
}
