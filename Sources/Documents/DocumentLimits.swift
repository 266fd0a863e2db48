/// What a document may cost. Passing any of these is an error, never a truncation.
package struct DocumentLimits: Sendable, Hashable {
    /// The size of the text, in bytes.
    package var bytes: Int
    /// Keys and values together, with every alias counted as all that it stands for.
    package var nodes: Int
    /// How deep collections may nest, aliases followed.
    package var depth: Int

    /// Limits for a file that an operator or a publisher writes: 4 MiB, 500 000 nodes, 100 levels.
    package static let standard = DocumentLimits()

    /// Makes limits; what is left out is as in `standard`.
    package init(bytes: Int = 4 << 20, nodes: Int = 500_000, depth: Int = 100) {
        self.bytes = bytes
        self.nodes = nodes
        self.depth = depth
    }
}
