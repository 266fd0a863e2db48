/// An entry of a catalog as it was read: texts that nobody has judged yet.
package struct CatalogEntry: Sendable, Hashable {
    /// The version.
    package var version: String?
    /// The chart's version.
    package var chartVersion: String?
    /// The day or the instant of publication.
    package var releasedAt: String?
    /// Whether it is marked as a prerelease.
    package var isPrerelease: Bool?
    /// The deployments that it is published for.
    package var deployments: [String]?
    /// Whether no path may pass it by.
    package var isRequired: Bool?
    /// The oldest customer package that it accepts.
    package var packageMinVersion: String?
    /// The Kubernetes minor of an embedded cluster.
    package var kubernetes: String?
    /// The oldest console that may deploy it.
    package var minConsoleVersion: String?
    /// Release notes.
    package var notes: String?
    /// The path or the address of the package.
    package var packagePath: String?
    /// The SHA-256 of the package.
    package var packageSHA256: String?
    /// The size of the package, in bytes.
    package var packageBytes: Int?
    /// What the reader found wrong with it, such as a field of the wrong type; nil where nothing was.
    package var problem: String?

    /// Makes an entry in which nothing is said but the version and the date.
    package init(version: String? = nil, releasedAt: String? = nil) {
        self.version = version
        self.releasedAt = releasedAt
    }
}

/// What a catalog says about itself.
package struct CatalogHeader: Sendable, Hashable, Codable {
    /// The formats that a catalog comes in.
    package enum Format: String, Sendable, Hashable, Codable {
        /// A `catalog.json`.
        case catalog
        /// The `index.yaml` of a Helm repository, whose dates some publishers restamp.
        case helmIndex = "helm-index"
    }

    /// The format that it was read from.
    package var format: Format
    /// The product that it offers releases of.
    package var product: String?
    /// The channel, such as `stable`.
    package var channel: String?
    /// When it was made.
    package var generatedAt: Moment?
    /// Whether `minConsoleVersion` counts in Pawl's own versions.
    package var countsConsoleAsPawl: Bool

    /// Makes a header; what is left out was not said.
    package init(
        format: Format = .catalog,
        product: String? = nil,
        channel: String? = nil,
        generatedAt: Moment? = nil,
        countsConsoleAsPawl: Bool = false
    ) {
        self.format = format
        self.product = product
        self.channel = channel
        self.generatedAt = generatedAt
        self.countsConsoleAsPawl = countsConsoleAsPawl
    }
}
