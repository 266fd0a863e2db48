/// Passwords that wait to be looked at, and which of them comes next.
///
/// Those from places that their account knows go first. Of the others whoever has asked least goes first, so that a flood,
/// from however many addresses, stands behind somebody who comes for the first time.
struct WaitingLine: Sendable {
    /// How often an address, and the network around it, had asked within the hour before; less goes first.
    struct Rank: Sendable, Hashable, Comparable {
        var ofAddress: Int
        var ofNetwork: Int

        static func < (left: Rank, right: Rank) -> Bool {
            (left.ofAddress, left.ofNetwork) < (right.ofAddress, right.ofNetwork)
        }
    }

    /// One that waits.
    struct Attempt: Sendable {
        /// Nil where it goes first.
        var rank: Rank?
        /// Takes its turn; false where its account must wait.
        var takesTurn: @Sendable () -> Bool = { true }
        var work: @Sendable () -> Void
        /// Tells whoever waits that somebody else has their place.
        var isSentAway: @Sendable () -> Void
    }

    /// How many may wait: of those who go first, and of the others.
    static let longest = (first: 8, others: 4)

    private var first: [Attempt] = []
    /// In order.
    private var others: [Attempt] = []

    var isEmpty: Bool { first.isEmpty && others.isEmpty }

    /// Lets an attempt in; returns who has no place for it: nobody, the last, or itself.
    mutating func enter(_ attempt: Attempt) -> Attempt? {
        guard let rank = attempt.rank else {
            guard first.count < Self.longest.first else { return attempt }
            first.append(attempt)
            return nil
        }
        let place = others.firstIndex { $0.rank.map { rank < $0 } ?? false } ?? others.count
        others.insert(attempt, at: place)
        return others.count > Self.longest.others ? others.removeLast() : nil
    }

    /// Takes out whose turn it is; nil where nobody waits, or all wait for their accounts.
    mutating func next() -> Attempt? {
        if !first.isEmpty { return first.removeFirst() }
        return others.firstIndex { $0.takesTurn() }.map { others.remove(at: $0) }
    }
}
