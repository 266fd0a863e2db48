/// Passwords that wait to be looked at, and which of them comes next.
///
/// Those from places that their account knows go first, but no more than two of one account, and every fourth turn is one
/// of the others': whoever can sign in keeps nobody else out by doing so over and over. Of the others whoever has asked
/// least goes first, so that a flood, from however many addresses, stands behind somebody who comes for the first time.
struct WaitingLine: Sendable {
    /// How often an address, and the network around it, had asked within the hour before; less goes first. Both count
    /// together: who has ever fresh addresses of one network stands behind somebody who mistypes once in another.
    struct Rank: Sendable, Hashable, Comparable {
        var ofAddress: Int
        var ofNetwork: Int

        static func < (left: Rank, right: Rank) -> Bool {
            (left.together, left.ofAddress) < (right.together, right.ofAddress)
        }

        private var together: Int { (1 + ofAddress).multipliedReportingOverflow(by: 1 + ofNetwork).partialValue }
    }

    /// One that waits.
    struct Attempt: Sendable {
        /// Whose password it may be.
        var account: String
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
    /// How many of those who go first may be of one account.
    static let mostOfOne = 2
    /// How many of those who go first have their turn before one of the others has.
    static let mostInARow = 3

    private var first: [Attempt] = []
    /// In order.
    private var others: [Attempt] = []
    /// How many of those who go first have had their turn since one of the others had.
    private var inARow = 0

    var count: Int { first.count + others.count }
    var isEmpty: Bool { first.isEmpty && others.isEmpty }

    /// Lets an attempt in; returns who has no place for it: nobody, the last, or itself.
    mutating func enter(_ attempt: Attempt) -> Attempt? {
        guard let rank = attempt.rank else {
            let theirs = first.count { $0.account == attempt.account }
            guard first.count < Self.longest.first, theirs < Self.mostOfOne else { return attempt }
            first.append(attempt)
            return nil
        }
        let place = others.firstIndex { $0.rank.map { rank < $0 } ?? false } ?? others.count
        others.insert(attempt, at: place)
        return others.count > Self.longest.others ? others.removeLast() : nil
    }

    /// Takes out whose turn it is; nil where nobody waits, or all wait for their accounts.
    mutating func next() -> Attempt? {
        if first.isEmpty || inARow >= Self.mostInARow, let turn = others.firstIndex(where: { $0.takesTurn() }) {
            inARow = 0
            return others.remove(at: turn)
        }
        guard !first.isEmpty else { return nil }
        inARow += 1
        return first.removeFirst()
    }
}
