/// An instant in UTC, to the microsecond, between the years 1 and 9999.
package struct Moment: Sendable, Hashable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package let microseconds: Int64

    /// The instant some microseconds after 1970-01-01T00:00:00Z, held to the years 1 to 9999.
    package init(microseconds: Int64) {
        self.microseconds = min(max(microseconds, Self.earliest), Self.latest)
    }

    /// Reads an instant as RFC 3339 writes it, in any zone; digits past the microsecond are dropped. Nil for anything
    /// else.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 64, let day = Day(String(decoding: bytes[0..<10], as: UTF8.self)),
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let hour = Digits.number(bytes[11..<13]), hour < 24, let minute = Digits.number(bytes[14..<16]),
            minute < 60,
            let second = Digits.number(bytes[17..<19]), second <= 60
        else { return nil }
        var rest = bytes[19...]
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            let kept = Array((digits + Array(repeating: UInt8(ascii: "0"), count: 6)).prefix(6))
            guard !digits.isEmpty, let number = Digits.number(kept[...]) else { return nil }
            fraction = number
            rest = rest.dropFirst(digits.count + 1)
        }
        guard let offset = Self.offset(rest) else { return nil }
        // A leap second counts as the first of the next minute, as clocks that do not know it say.
        let seconds = day.number * 86_400 + hour * 3600 + minute * 60 + second - offset
        let microseconds = Int64(seconds) * 1_000_000 + Int64(fraction)
        guard (Self.earliest...Self.latest).contains(microseconds) else { return nil }
        self.microseconds = microseconds
    }

    /// The UTC day.
    package var day: Day {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: Self.perDay)
        // Every moment lies within the years of Day.
        return Day(unchecked: Int(quotient) - (remainder < 0 ? 1 : 0))
    }

    /// Seconds of time zone east of UTC; nil where the zone cannot be read.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
        if zone.elementsEqual([UInt8(ascii: "Z")]) || zone.elementsEqual([UInt8(ascii: "z")]) { return 0 }
        let bytes = Array(zone)
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            bytes[3] == UInt8(ascii: ":"), let hours = Digits.number(bytes[1..<3]), hours < 24,
            let minutes = Digits.number(bytes[4..<6]), minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (bytes[0] == UInt8(ascii: "-") ? -1 : 1)
    }

    private static let perDay: Int64 = 86_400_000_000
    private static let earliest: Int64 = -719_162 * perDay
    private static let latest: Int64 = 2_932_897 * perDay - 1
}

extension Day {
    fileprivate init(unchecked number: Int) {
        self.number = number
    }
}

extension Moment: Comparable {
    package static func < (left: Moment, right: Moment) -> Bool {
        left.microseconds < right.microseconds
    }

    /// How long after `earlier` this is; negative where it is before it.
    package func since(_ earlier: Moment) -> Duration {
        .microseconds(microseconds - earlier.microseconds)
    }

    /// The instant some time later, held to the years 1 to 9999. Less than a microsecond is dropped.
    package func adding(_ duration: Duration) -> Moment {
        let (seconds, attoseconds) = duration.components
        let limit: Int64 = 1_000_000_000_000
        let whole = min(max(seconds, -limit), limit) * 1_000_000
        return Moment(microseconds: microseconds + whole + attoseconds / 1_000_000_000_000)
    }
}

extension Moment: CustomStringConvertible {
    /// RFC 3339 in UTC, with milliseconds or microseconds only where they are needed.
    package var description: String {
        let day = day
        let rest = Int(microseconds - Int64(day.number) * Self.perDay)
        let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000)
        var text = "\(day)T\(Digits.text(seconds / 3600, width: 2)):\(Digits.text(seconds / 60 % 60, width: 2))"
        text += ":\(Digits.text(seconds % 60, width: 2))"
        if fraction % 1000 != 0 {
            text += ".\(Digits.text(fraction, width: 6))"
        } else if fraction != 0 {
            text += ".\(Digits.text(fraction / 1000, width: 3))"
        }
        return text + "Z"
    }
}

extension Moment: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let moment = Moment(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 date and time")
        }
        self = moment
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
