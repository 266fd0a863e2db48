internal import Documents
package import UpgradeModel

/// A release's package for a cluster, unpacked into a folder and found to be whole: the plain form, a chart and values.
///
/// A folder may hold Pawl's form for a single VM as well; each of the two looks at its own.
package struct ChartPackage: Sendable, Hashable {
    /// The folder; an absolute path.
    package let path: String
    /// What the release says of itself.
    package let file: ReleaseFile
    /// The path of the chart's archive.
    package let chart: String
    /// The chart's name, as its archive's name has it.
    package let chartName: String
    /// The chart's version, as release.yaml has it.
    package let chartVersion: ReleaseVersion
    /// The size of the chart's archive in bytes.
    package let chartBytes: Int64
    /// The path of `values.yaml`, what this release adds below the operator's values; nil where the package has none.
    package let values: String?
    /// The text of `values.yaml`; empty where the package has none.
    package let valuesText: [UInt8]
    /// The archives under `images/`, by name.
    package let imageArchives: [PackageFolder.ImageArchive]
    /// `NOTES.md`; nil where the package has none.
    package let notes: String?

    /// Opens a folder and checks what is in it. The chart's archive is not opened: its name must be right.
    ///
    /// - Parameters:
    ///   - path: an absolute path.
    ///   - entry: the release as the catalog has it; nil where there is no catalog to agree with, as in a backup set.
    /// - Returns: the package.
    /// - Throws: a `Trouble` with the blame on the release: a file is missing or wrong, or the package is another
    ///   release than the catalog speaks of.
    package static func open(_ path: String, entry: Release? = nil) throws(Trouble) -> ChartPackage {
        let file = try PackageParts.file(in: path, entry: entry)
        guard let version = file.release.chartVersion else {
            throw PackageParts.trouble("release.yaml does not say `chartVersion`")
        }
        let archive = try self.archive(in: path, version: version)
        let values = try self.values(in: path)
        return ChartPackage(
            path: path,
            file: file,
            chart: PathText.join(path, archive.name),
            chartName: archive.chart,
            chartVersion: version,
            chartBytes: archive.bytes,
            values: values.map { _ in PathText.join(path, "values.yaml") },
            valuesText: values ?? [],
            imageArchives: try PackageParts.imageArchives(in: path),
            notes: try PackageParts.notes(in: path)
        )
    }

    /// Checks that the chart is the product's.
    ///
    /// - Throws: a `Trouble` with the blame on the release.
    package func checkChart(of product: OrchestratedProduct) throws(Trouble) {
        guard chartName == product.chart else {
            throw PackageParts.trouble("its chart is `\(chartName)`, and the product's is `\(product.chart)`")
        }
    }

    /// The one archive of a chart, whose name says what it is.
    private static func archive(
        in folder: String,
        version: ReleaseVersion
    ) throws(Trouble) -> (name: String, chart: String, bytes: Int64) {
        guard let names = TextFile.names(in: folder)?.filter({ $0.hasSuffix(".tgz") }) else {
            throw PackageParts.trouble("its folder cannot be read")
        }
        let ending = "-\(version.text).tgz"
        guard let name = names.first else {
            throw PackageParts.trouble("the chart's archive is missing: a file that ends in `\(ending)`")
        }
        guard names.count == 1 else {
            throw PackageParts.trouble("it has several charts, \(names.joined(separator: ", ")), and must have one")
        }
        guard name.hasSuffix(ending), name.count > ending.count, !name.hasPrefix("-"), !name.hasPrefix(".") else {
            throw PackageParts.trouble(
                "the chart's archive is called \(DocumentError.excerpt(name)); release.yaml says that it is of version "
                    + "\(version.text), so that it must be called CHART\(ending)"
            )
        }
        guard case .file(let bytes) = TextFile.kind(PathText.join(folder, name)) else {
            throw PackageParts.trouble("\(name) is not a regular file")
        }
        return (name, String(name.dropLast(ending.count)), bytes)
    }

    /// The bytes of `values.yaml`; nil where there is none.
    private static func values(in folder: String) throws(Trouble) -> [UInt8]? {
        if case .missing = TextFile.kind(PathText.join(folder, "values.yaml")) {
            return nil
        }
        let text = try PackageParts.bytes(of: "values.yaml", in: folder)
        do {
            _ = try ValuesFile.mapping(of: Document.parse(yaml: text, name: "values.yaml"))
        } catch {
            throw error.releaseTrouble()
        }
        return text
    }
}
