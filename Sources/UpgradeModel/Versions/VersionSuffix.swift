/// One part of a version's suffix, such as `rc.2`, or `1` in `2022.8.19-1`.
struct VersionSuffix: Sendable, Hashable, Comparable {
    /// Where the part stands to the version without it.
    enum Rank: Int, Sendable, Comparable {
        case alpha, beta, candidate, base, patch

        static func < (left: Rank, right: Rank) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// A number or a word; numbers sort before words.
    enum Identifier: Sendable, Hashable, Comparable {
        case number(Int)
        case word(String)

        static func < (left: Identifier, right: Identifier) -> Bool {
            switch (left, right) {
            case (.number(let left), .number(let right)): left < right
            case (.number, .word): true
            case (.word, .number): false
            case (.word(let left), .word(let right)): left < right
            }
        }
    }

    /// Stands for no further part.
    static let end = VersionSuffix(rank: .base, identifiers: [])

    var rank: Rank
    var identifiers: [Identifier]

    static func < (left: VersionSuffix, right: VersionSuffix) -> Bool {
        guard left.rank == right.rank else { return left.rank < right.rank }
        return left.identifiers.lexicographicallyPrecedes(right.identifiers)
    }
}
