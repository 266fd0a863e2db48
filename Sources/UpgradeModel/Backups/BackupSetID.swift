/// The name of a backup set, which is also its folder's: `<UTC time>-<release>`, such as `20261123T103000Z-1.1.0`.
package struct BackupSetID: Sendable, Hashable {
    /// The name.
    package let text: String

    /// Accepts a name that is safe as a single folder's; nil for anything else.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard (1...128).contains(bytes.count), bytes.first != UInt8(ascii: "."), bytes.allSatisfy(Self.isAllowed) else {
            return nil
        }
        self.text = text
    }

    /// Names a new set.
    ///
    /// - Parameters:
    ///   - moment: when it is begun; sets of one installation sort by it.
    ///   - release: the installed release; characters that a folder's name should not have become `-`.
    package init(at moment: Moment, release: ReleaseVersion) {
        let name = release.text.utf8.prefix(64).map { Self.isAllowed($0) ? $0 : UInt8(ascii: "-") }
        text = "\(Self.time(of: moment))-\(String(decoding: name, as: UTF8.self))"
    }

    /// The time as the names of sets begin: `20261123T103000Z`.
    package static func time(of moment: Moment) -> String {
        // Without its fraction the time has a fixed width.
        let whole = Moment(microseconds: moment.microseconds - (moment.microseconds % 1_000_000)).description
        return whole.filter { $0 != "-" && $0 != ":" }
    }

    /// The time that the name begins with, to the second; nil where it begins otherwise.
    package var time: Moment? {
        let parts = Array(text.utf8.prefix(16)).map { String(decoding: [$0], as: UTF8.self) }
        guard parts.count == 16, parts[8] == "T", parts[15] == "Z" else { return nil }
        let day = "\(parts[0..<4].joined())-\(parts[4..<6].joined())-\(parts[6..<8].joined())"
        return Moment("\(day)T\(parts[9..<11].joined()):\(parts[11..<13].joined()):\(parts[13..<15].joined())Z")
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "+"):
            true
        default:
            false
        }
    }
}

extension BackupSetID: Codable, Comparable, CustomStringConvertible {
    package var description: String { text }

    package static func < (left: BackupSetID, right: BackupSetID) -> Bool { left.text < right.text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = BackupSetID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the name of a backup set")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
