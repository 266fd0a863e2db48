/// An amount as Kubernetes writes it: `500m`, `1.5`, `2Gi`, `1e3`.
struct Quantity: Sendable, Hashable, Comparable {
    /// In thousandths, so that `100m` is a whole number.
    var thousandths: Int64

    static let zero = Quantity(thousandths: 0)

    init(thousandths: Int64) { self.thousandths = thousandths }

    /// Reads an amount; nil where it is none, or too large. What is finer than a thousandth is rounded up, as the server
    /// does.
    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "+" || $0 == "-") }
        guard let number = Double(digits), number.isFinite else { return nil }
        let suffix = String(text.dropFirst(digits.count))
        let factor: Double
        if let known = Self.factors[suffix] {
            factor = known
        } else if suffix.first == "e" || suffix.first == "E", let exponent = Int(suffix.dropFirst()),
            (-12...15).contains(exponent)
        {
            factor = (0..<abs(exponent)).reduce(1) { value, _ in exponent < 0 ? value / 10 : value * 10 }
        } else {
            return nil
        }
        let value = (number * factor * 1000).rounded(.up)
        guard value.magnitude < 9e18 else { return nil }
        thousandths = Int64(value)
    }

    private static let factors: [String: Double] = [
        "": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
        "Ki": 1024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776, "Pi": 1_125_899_906_842_624,
    ]

    static func < (one: Quantity, other: Quantity) -> Bool { one.thousandths < other.thousandths }

    /// Amounts come from outside: a sum that does not fit is as large as can be.
    static func + (one: Quantity, other: Quantity) -> Quantity {
        let (sum, overflow) = one.thousandths.addingReportingOverflow(other.thousandths)
        return Quantity(thousandths: overflow ? .max : sum)
    }

    static func - (one: Quantity, other: Quantity) -> Quantity {
        let (difference, overflow) = one.thousandths.subtractingReportingOverflow(other.thousandths)
        return Quantity(thousandths: overflow ? .min : difference)
    }

    static func * (one: Quantity, times: Int) -> Quantity {
        let (product, overflow) = one.thousandths.multipliedReportingOverflow(by: Int64(times))
        return Quantity(thousandths: overflow ? .max : product)
    }

    /// In words for a message; memory and other large amounts in binary units.
    var text: String {
        if thousandths % 1000 != 0, thousandths.magnitude < 1_000_000 { return "\(thousandths)m" }
        let whole = (thousandths + 999) / 1000
        for (unit, size) in [("Gi", Int64(1 << 30)), ("Mi", 1 << 20), ("Ki", 1 << 10)] where whole >= size {
            let (parts, rest) = whole.quotientAndRemainder(dividingBy: size)
            return rest == 0 ? "\(parts)\(unit)" : "\(Double(whole * 10 / size) / 10)\(unit)"
        }
        return "\(whole)"
    }
}

/// Amounts by name, such as `cpu` and `memory`.
typealias Quantities = [String: Quantity]

extension Quantities {
    /// Reads amounts; what is none is left out.
    init(reading texts: [String: String]) { self = texts.compactMapValues { Quantity($0) } }

    static func + (one: Quantities, other: Quantities) -> Quantities { one.merging(other) { $0 + $1 } }

    static func - (one: Quantities, other: Quantities) -> Quantities {
        one.merging(other.mapValues { .zero - $0 }) { $0 + $1 }
    }

    func times(_ count: Int) -> Quantities { mapValues { $0 * count } }

    /// The larger of both, by name.
    func atLeast(_ other: Quantities) -> Quantities { merging(other) { Swift.max($0, $1) } }
}
