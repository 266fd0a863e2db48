internal import Documents

/// An image as the Engine has it.
package struct EngineImage: Sendable, Hashable {
    /// Its id, `sha256:…`.
    package var id: String
    /// The names with tags under which the Engine has it.
    package var tags: [String]
    /// The names with digests under which it came from a registry.
    package var digests: [String]
    /// Its labels.
    package var labels: [String: String]
    /// The variables that its containers begin with, each `NAME=value`.
    package var environment: [String]
    /// Its size on disk, in bytes.
    package var size: Int64
}

extension EngineImage {
    /// Reads the Engine's answer to an inspection; nil where the id is missing.
    init?(_ answer: DocumentNode) {
        guard let id = answer["Id"]?.string else { return nil }
        self.id = id
        tags = answer["RepoTags"]?.sequence?.compactMap(\.string) ?? []
        digests = answer["RepoDigests"]?.sequence?.compactMap(\.string) ?? []
        labels = answer["Config"]?["Labels"]?.strings ?? [:]
        environment = answer["Config"]?["Env"]?.sequence?.compactMap(\.string) ?? []
        size = answer["Size"]?.int.map { Int64($0) } ?? 0
    }
}

/// What an image is called: a name with a tag, or with a digest.
package struct ImageReference: Sendable, Hashable {
    /// The name, its registry included.
    package var name: String
    /// The tag; `latest` where neither a tag nor a digest is said.
    package var tag: String?
    /// The digest, `sha256:…`.
    package var digest: String?

    /// Takes a reference apart. It is not checked further: the Engine refuses what it cannot use.
    package init(_ text: String) {
        var rest = text[...]
        if let at = rest.lastIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        }
        // A colon before the last slash belongs to the registry's port.
        let afterSlash = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
        if let colon = rest[afterSlash...].lastIndex(of: ":") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        name = String(rest)
        if tag == nil, digest == nil { tag = "latest" }
    }
}
