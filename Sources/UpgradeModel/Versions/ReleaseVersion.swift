/// A version as it was published, ordered as its publisher means it.
///
/// Numeric segments are compared as numbers, so `2024.01.5` equals `2024.1.5`, and missing ones count as zero. A
/// suffix `-alpha…`, `-beta…` or `-rc…` sorts before its base; a bare number or `-patchN` sorts after it. A leading
/// `v` and what follows a `+` say nothing about order. Equality is by value, not by spelling.
package struct ReleaseVersion: Sendable {
    /// The version as published.
    package let text: String
    /// The numeric segments without trailing zeros.
    let segments: [Int]
    /// The parts of the suffix, in the order of the text.
    let suffixes: [VersionSuffix]
    /// The year, where the version is a date: `YYYY.M.D` with any further segments.
    package let calendarYear: Int?

    /// Reads a version as published.
    /// - Parameter text: the version, such as `2022.8.19-1` or `1.280.1`, without blanks around it.
    /// - Throws: `VersionError` that says what cannot be read.
    package init(_ text: String) throws(VersionError) {
        let parsed = try VersionParser(text).parse()
        self.text = text
        var segments = parsed.segments
        calendarYear = Self.calendarYear(of: segments)
        while segments.count > 1, segments.last == 0 { segments.removeLast() }
        self.segments = segments
        suffixes = parsed.suffixes
    }

    /// Whether the version is an alpha, a beta or a release candidate.
    package var isPrerelease: Bool {
        suffixes.contains { $0.rank < .base }
    }

    private static func calendarYear(of segments: [Int]) -> Int? {
        guard segments.count >= 3, (1970...9999).contains(segments[0]), (1...12).contains(segments[1]),
            (1...31).contains(segments[2])
        else { return nil }
        return segments[0]
    }
}

extension ReleaseVersion: Comparable, Hashable {
    package static func == (left: ReleaseVersion, right: ReleaseVersion) -> Bool {
        left.segments == right.segments && left.suffixes == right.suffixes
    }

    package static func < (left: ReleaseVersion, right: ReleaseVersion) -> Bool {
        for index in 0..<max(left.segments.count, right.segments.count) {
            let first = index < left.segments.count ? left.segments[index] : 0
            let second = index < right.segments.count ? right.segments[index] : 0
            if first != second { return first < second }
        }
        for index in 0..<max(left.suffixes.count, right.suffixes.count) {
            // The end of the suffixes is the base: after every prerelease, before every patch.
            let first = index < left.suffixes.count ? left.suffixes[index] : .end
            let second = index < right.suffixes.count ? right.suffixes[index] : .end
            if first != second { return first < second }
        }
        return false
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(segments)
        hasher.combine(suffixes)
    }
}

extension ReleaseVersion: CustomStringConvertible {
    package var description: String { text }
}

extension ReleaseVersion: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
