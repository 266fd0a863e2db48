import Documents
import UpgradeModel

/// Reads the index of a Helm repository as a catalog: a release's version is the chart's `appVersion`.
enum HelmIndex {
    static func catalog(from document: Document, chart: String?) throws(DocumentError) -> Catalog {
        try document.readMapping { (reader) throws(DocumentError) in
            reader.ignoreOtherKeys()
            guard let entries = reader.node("entries")?.mapping else {
                throw reader.error("entries", "must be a mapping of charts")
            }
            let charts = entries.filter { chart == nil || $0.key == chart }
            guard let only = charts.first, charts.count == 1 else {
                let names = entries.map { DocumentError.excerpt($0.key) }.prefix(10).joined(separator: ", ")
                throw reader.error("entries", "must hold exactly one chart that is meant; it holds \(names)")
            }
            guard let versions = only.value.sequence else {
                throw reader.error("entries", "must list versions of a chart")
            }
            let header = CatalogHeader(
                format: .helmIndex,
                product: only.key,
                generatedAt: reader.node("generated")?.string.flatMap { Moment($0) }
            )
            return Catalog.validating(versions.map(entry), header: header)
        }
    }

    private static func entry(_ node: DocumentNode) -> CatalogEntry {
        var entry = CatalogEntry(version: node["appVersion"]?.string, releasedAt: node["created"]?.string)
        guard node.mapping != nil else {
            entry.problem = "its entry is \(node.kindName) where a mapping was expected (line \(node.line))"
            return entry
        }
        entry.chartVersion = node["version"]?.string
        if entry.chartVersion == nil { entry.problem = "its chart has no version (line \(node.line))" }
        // A channel of candidates marks the chart, not always the application.
        let chart = entry.chartVersion.flatMap { try? ReleaseVersion($0) }
        entry.isPrerelease = chart?.isPrerelease ?? false
        entry.notes = node["description"]?.string
        entry.packagePath = node["urls"]?[0]?.string
        if entry.packagePath != nil { entry.packageSHA256 = node["digest"]?.string }
        return entry
    }
}
