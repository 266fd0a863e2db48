/// A minor version of Kubernetes, such as 1.30.
package struct KubernetesMinor: Sendable, Hashable {
    /// The first number.
    package let major: Int
    /// The second number.
    package let minor: Int

    /// A minor version by its numbers.
    package init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads `1.30`, `v1.30` or a full version such as `v1.30.4-eks-1`, of which the first two numbers count; nil for
    /// anything else.
    package init?(_ text: String) {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "v") { rest = rest.dropFirst() }
        let pieces = rest.split(separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false)
        guard pieces.count >= 2, text.utf8.count <= 64, let major = Digits.number(Array(pieces[0])[...]),
            let minor = Digits.number(Array(pieces[1])[...]), major < 1000, minor < 100_000
        else { return nil }
        self.init(major: major, minor: minor)
    }

    /// Whether a cluster may go from this minor to another in one hop: to the same or to the next, never back.
    package func allowsHop(to next: KubernetesMinor) -> Bool {
        next.major == major && (next.minor == minor || next.minor == minor + 1)
    }
}

extension KubernetesMinor: Comparable {
    package static func < (left: KubernetesMinor, right: KubernetesMinor) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

extension KubernetesMinor: CustomStringConvertible {
    package var description: String { "\(major).\(minor)" }
}

extension KubernetesMinor: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let minor = KubernetesMinor(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a Kubernetes version")
        }
        self = minor
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
