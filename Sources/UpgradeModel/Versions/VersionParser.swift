/// Takes a version's text apart. Works on bytes: everything that a version may hold is ASCII.
struct VersionParser {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    func parse() throws(VersionError) -> (segments: [Int], suffixes: [VersionSuffix]) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= 128 else { throw .tooLong }
        if let segments = plainSegments { return (segments, []) }
        var rest = text[...]
        if let plus = rest.firstIndex(of: "+") {
            let build = rest[rest.index(after: plus)...]
            guard !build.isEmpty, build.utf8.allSatisfy(Self.isBuild) else { throw .build(Self.shown(build)) }
            rest = rest[..<plus]
        }
        if rest.first == "v" || rest.first == "V" { rest = rest.dropFirst() }
        var parts = rest.split(separator: "-", omittingEmptySubsequences: false)[...]
        let base = parts.removeFirst().split(separator: ".", omittingEmptySubsequences: false)
        guard base.count <= 16 else { throw .tooLong }
        var segments: [Int] = []
        for segment in base {
            guard let number = Self.number(segment) else { throw .segment(Self.shown(segment)) }
            segments.append(number)
        }
        var suffixes: [VersionSuffix] = []
        for part in parts { try Self.read(part, into: &suffixes) }
        return (segments, suffixes)
    }

    /// The segments of a version that is nothing but numbers, as nearly all are; nil where a closer look is needed.
    private var plainSegments: [Int]? {
        var segments: [Int] = []
        var number = 0
        var digits = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9") where digits < 18:
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
                digits += 1
            case UInt8(ascii: ".") where digits > 0 && segments.count < 15:
                segments.append(number)
                (number, digits) = (0, 0)
            default:
                return nil
            }
        }
        guard digits > 0 else { return nil }
        segments.append(number)
        return segments
    }

    private static func read(_ part: Substring, into suffixes: inout [VersionSuffix]) throws(VersionError) {
        let word = part.prefix { $0.isASCII && $0.isLetter }
        let rest = part.dropFirst(word.count)
        let tail = rest.first == "." && !word.isEmpty ? rest.dropFirst() : rest
        if let rank = rank(of: word.lowercased()), rest.isEmpty || !tail.isEmpty {
            suffixes.append(VersionSuffix(rank: rank, identifiers: try identifiers(tail, in: part)))
        } else if suffixes.last.map({ $0.rank < .base }) ?? false, !part.isEmpty {
            // `-alpha-nightly`: the words of a prerelease are its publisher's own.
            suffixes[suffixes.count - 1].identifiers += try identifiers(part, in: part)
        } else {
            throw .suffix("-" + shown(part))
        }
    }

    /// A word that says on which side of its base a version stands; the empty one introduces a bare number.
    private static func rank(of word: String) -> VersionSuffix.Rank? {
        switch word {
        case "alpha": .alpha
        case "beta": .beta
        case "rc": .candidate
        case "", "patch": .patch
        default: nil
        }
    }

    private static func identifiers(
        _ text: Substring,
        in part: Substring
    ) throws(VersionError) -> [VersionSuffix.Identifier] {
        guard !text.isEmpty else {
            guard !part.isEmpty else { throw .suffix("-") }
            return []
        }
        let isPatch = ["", "patch"].contains(part.prefix { $0.isASCII && $0.isLetter }.lowercased())
        var identifiers: [VersionSuffix.Identifier] = []
        for piece in text.split(separator: ".", omittingEmptySubsequences: false) {
            if let number = number(piece) {
                identifiers.append(.number(number))
            } else if !isPatch, !piece.isEmpty, piece.utf8.allSatisfy(isWord) {
                identifiers.append(.word(piece.lowercased()))
            } else {
                throw .suffix("-" + shown(part))
            }
        }
        return identifiers
    }

    private static func number(_ text: Substring) -> Int? {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard !text.isEmpty, text.utf8.count <= 18, text.utf8.allSatisfy(digits.contains) else { return nil }
        return Int(text)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    private static func isBuild(_ byte: UInt8) -> Bool {
        isWord(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }

    /// A piece fit to be shown: a hostile catalog may hold anything.
    private static func shown(_ piece: Substring) -> String {
        String(
            String.UnicodeScalarView(piece.unicodeScalars.prefix(40).map { $0.isASCII && $0.value >= 0x20 ? $0 : "?" })
        )
    }
}
