/// Why a text is no version.
package enum VersionError: Error, Sendable, Hashable {
    /// Nothing is there.
    case empty
    /// More than 128 characters, or more than 16 segments.
    case tooLong
    /// A segment is no number, or has more than 18 digits.
    case segment(String)
    /// A suffix of which nobody can say whether it sorts before or after its base.
    case suffix(String)
    /// What follows a `+` is no build label.
    case build(String)
}

extension VersionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "the version is empty"
        case .tooLong: "the version is too long"
        case .segment(let text): "“\(text)” is not a number"
        case .suffix(let text): "the suffix “\(text)” is none of -alpha, -beta, -rc, -patch or a number"
        case .build(let text): "“\(text)” is not a build label"
        }
    }
}
