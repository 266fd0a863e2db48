import Documents
package import UpgradeModel

/// Reads catalogs: a `catalog.json`, or the `index.yaml` of a Helm repository.
package enum CatalogFile {
    /// What a catalog may cost: ten thousand releases with notes fit easily.
    static let limits = DocumentLimits(bytes: 64 << 20, nodes: 4_000_000, depth: 32)

    /// Reads and validates a catalog from a file.
    /// - Parameters:
    ///   - path: a `.json` file, or YAML.
    ///   - chart: which chart of a Helm repository is meant; not needed where it holds only one.
    /// - Returns: the validated catalog; single bad releases are in quarantine.
    /// - Throws: `Trouble`: `catalog-unreadable`, `catalog-invalid` or `catalog-ambiguous`.
    package static func read(path: String, chart: String? = nil) throws(Trouble) -> Catalog {
        do throws(DocumentError) {
            return try catalog(from: try Document.read(file: path, limits: limits), chart: chart)
        } catch {
            throw trouble(error)
        }
    }

    /// Reads and validates a catalog from bytes.
    /// - Parameters:
    ///   - bytes: the text in UTF-8.
    ///   - name: what errors call it; JSON where it ends in `.json`, YAML otherwise.
    ///   - chart: which chart of a Helm repository is meant; not needed where it holds only one.
    /// - Returns: the validated catalog; single bad releases are in quarantine.
    /// - Throws: `Trouble`: `catalog-invalid` or `catalog-ambiguous`.
    package static func read(_ bytes: [UInt8], name: String, chart: String? = nil) throws(Trouble) -> Catalog {
        do throws(DocumentError) {
            let document =
                name.hasSuffix(".json")
                ? try Document.parse(json: bytes, name: name, limits: limits)
                : try Document.parse(yaml: bytes, name: name, limits: limits)
            return try catalog(from: document, chart: chart)
        } catch {
            throw trouble(error)
        }
    }

    private static func catalog(from document: Document, chart: String?) throws(DocumentError) -> Catalog {
        if document.root["entries"] != nil, document.root["releases"] == nil {
            return try HelmIndex.catalog(from: document, chart: chart)
        }
        return try document.readMapping { (reader) throws(DocumentError) in
            reader.ignoreOtherKeys()
            if let format = try reader.optionalInt("catalog"), format != 1 {
                throw reader.error("catalog", "is \(format); this version of Pawl reads format 1 only")
            }
            let header = CatalogHeader(
                format: .catalog,
                product: try reader.optionalString("product"),
                channel: try reader.optionalString("channel"),
                generatedAt: try reader.optional("generatedAt", as: "a date and time as RFC 3339 writes it") {
                    $0.string.flatMap { Moment($0) }
                },
                countsConsoleAsPawl: try reader.optionalString("console") == "pawl"
            )
            guard let releases = reader.node("releases")?.sequence else {
                throw reader.error("releases", "must be a list", code: .missingKey)
            }
            return Catalog.validating(releases.map(CatalogEntry.init(node:)), header: header)
        }
    }

    private static func trouble(_ error: DocumentError) -> Trouble {
        if error.code == .unreadable {
            return Trouble(
                .environment,
                "catalog-unreadable",
                "The catalog cannot be read: \(error).",
                remedy: "Check the path and its permissions."
            )
        }
        return Trouble(
            .release,
            "catalog-invalid",
            "The catalog is not as it must be: \(error).",
            remedy: "Get the catalog again; if that does not help, tell its publisher."
        )
    }
}
