/// Sizes as people read them.
package enum SizeText {
    /// A number of bytes such as `512 bytes`, `1.2 GB` or `48 MB`, in decimal units; one digit after the point under 10.
    package static func bytes(_ count: Int64) -> String {
        guard count >= 1000 else {
            return count == 1 ? "1 byte" : "\(max(count, 0)) bytes"
        }
        var unit: Int64 = 1
        for name in ["kB", "MB", "GB", "TB", "PB", "EB"] {
            unit *= 1000
            let tenths = rounded(count, by: unit / 10)
            if tenths < 100 {
                return "\(tenths / 10).\(tenths % 10) \(name)"
            }
            let whole = rounded(count, by: unit)
            if whole < 1000 || name == "EB" {
                return "\(whole) \(name)"
            }
        }
        return "\(count) bytes"
    }

    private static func rounded(_ count: Int64, by unit: Int64) -> Int64 {
        count / unit + (count % unit >= unit / 2 ? 1 : 0)
    }
}

/// Words for lists.
enum ListText {
    /// `a`, `a and b`, `a, b and c`; of more than `most` only so many, with the number of the others.
    static func and(_ items: [String], most: Int = 8) -> String {
        if items.count > most {
            return items.prefix(most).joined(separator: ", ") + " and \(items.count - most) more"
        }
        guard let last = items.last, items.count > 1 else {
            return items.first ?? ""
        }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    /// Each in backquotes, then as `and`.
    static func code(_ items: [String], most: Int = 8) -> String {
        and(items.map { "`\($0)`" }, most: most)
    }
}
