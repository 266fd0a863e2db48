import Foundation
import Kubernetes
import Orchestrated
import Processes
import UpgradeModel

/// The release that a set carries, as it comes back: its chart, and what the chart and its values come to here.
struct SetRelease: Sendable {
    let folder: ChartFolder
    /// What the chart works with.
    let values: JSONValue
    /// What it comes to in this cluster, with what the chart looks up there.
    let objects: [ManifestObject]

    /// Reads a release that was unpacked, and renders its chart.
    ///
    /// - Throws: a `Trouble` where it is not whole, or Helm makes nothing of it.
    init(_ folder: ChartFolder, by deployment: HelmDeployment) async throws {
        self.folder = folder
        let chart = try ChartArchive.read(path: folder.archive(try folder.required()))
        let layers = try folder.values.map { path in
            try HelmValues.read(Array(FileManager.default.contents(atPath: path) ?? Data()), name: path)
        }
        values = HelmValues.merged([chart.defaultValues, HelmValues.overlaid(layers)])
        _ = try await HelmTool.locate(ProcessInfo.processInfo.environment)
        let manifest = try await deployment.rendered(folder, looksUp: true)
        objects = try Manifest.parse(manifest).filter { !$0.isHook }
    }

    /// A single value as text; nil where there is none at this path.
    func text(at path: [String]) -> String? { ReleaseValues.text(at: path, in: values) }

    /// What the release itself puts into a Secret; nil where it has no such Secret: then what the cluster has stays.
    func secret(_ name: String, _ key: String) -> String? {
        guard let object = objects.first(where: { $0.kind == "Secret" && $0.name == name }) else { return nil }
        if let text = object.body["stringData"]?.texts[key] { return text }
        return ClusterSecret(object.body).value(key).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Everything in it that must not be quoted.
    var secrets: [String] {
        var found = ReleaseValues.secrets(in: values)
        for object in objects where object.kind == "Secret" {
            found += (object.body["stringData"]?.texts ?? [:]).values
            let held = ClusterSecret(object.body)
            found += held.keys.compactMap { held.value($0) }.map { String(decoding: $0, as: UTF8.self) }
        }
        return found
    }

    /// What is wrong with a release that was unpacked; one clause each.
    static func troubles(
        of folder: ChartFolder,
        as version: ReleaseVersion,
        for product: OrchestratedProduct
    ) throws -> [String] {
        guard let record = try folder.record() else { return ["release/record.json, or what it names, is missing"] }
        let chart = try ChartArchive.read(path: folder.archive(record))
        var troubles: [String] = []
        if chart.name != product.chart { troubles.append("its chart is \(chart.name) and not \(product.chart)") }
        let versions = [chart.appVersion, chart.version].compactMap { text in
            text.flatMap { try? ReleaseVersion($0) }
        }
        if !versions.contains(version) { troubles.append("its chart, \(chart.version), is not of \(version)") }
        if !chart.missingDependencies.isEmpty {
            troubles.append("its chart lacks \(chart.missingDependencies.joined(separator: ", "))")
        }
        return troubles
    }
}
