/// The version of Helm.
package struct HelmVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The oldest one that knows what upgrades need: `--dry-run=server` and `--labels`.
    package static let oldest = HelmVersion(3, 13, 0)
    /// The newest generation whose arguments are known.
    package static let newestMajor = 4

    /// Its three numbers.
    package var major: Int
    package var minor: Int
    package var patch: Int

    /// Makes a version.
    package init(_ major: Int, _ minor: Int, _ patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads what `helm version --short` prints, such as `v3.17.3+ge4da497`; nil where it is no version.
    package init?(_ text: String) {
        let bare = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let core = bare.prefix { $0 != "+" && $0 != "-" }
        let rest = bare.dropFirst(core.count)
        let parts = core.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> Int? in
            part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(part) : nil
        }
        guard parts.count == 3, numbers.count == 3, rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        self.init(numbers[0], numbers[1], numbers[2])
    }

    /// The three numbers with dots.
    package var description: String { "\(major).\(minor).\(patch)" }

    /// Compares number by number.
    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}
