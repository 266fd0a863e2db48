import Documents
import Foundation
package import Kubernetes
package import UpgradeModel

/// Something that Helm runs at certain moments.
package struct HelmHook: Sendable, Hashable {
    /// Its name.
    package let name: String
    /// What kind of object it is.
    package let kind: String
    /// The chart's template that it comes of.
    package let path: String
    /// The object, as YAML.
    package let manifest: String
    /// When it runs, such as `pre-upgrade`.
    package let events: [String]
    /// Those with a smaller one run earlier.
    package let weight: Int
    /// When Helm removes it, such as `hook-succeeded`.
    package let deletePolicies: [String]
    /// How its last run ended: `Running`, `Succeeded`, `Failed` or `Unknown`; nil where it never ran.
    package let lastPhase: String?

    init(_ json: JSONValue) {
        name = json["name"]?.string ?? ""
        kind = json["kind"]?.string ?? ""
        path = json["path"]?.string ?? ""
        manifest = json["manifest"]?.string ?? ""
        events = json["events"]?.elements.compactMap(\.string) ?? []
        weight = json["weight"]?.int ?? 0
        deletePolicies = json["delete_policies"]?.elements.compactMap(\.string) ?? []
        lastPhase = json[path: ["last_run", "phase"]]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// What Helm has written down about one revision of a release.
package struct HelmRecord: Sendable, Hashable {
    /// The release.
    package let name: String
    /// Its namespace.
    package let namespace: String
    /// The revision, 1 and more.
    package let revision: Int
    /// How it is.
    package let status: HelmStatus
    /// The chart's name.
    package let chartName: String
    /// The chart's version.
    package let chartVersion: String
    /// The version of the application that the chart says; nil where it says none.
    package let appVersion: String?
    /// The operator's values.
    package let config: JSONValue
    /// The chart's own values; where it has subcharts, with theirs.
    package let chartValues: JSONValue
    /// The objects of the release, as YAML.
    package let manifest: String
    /// What Helm runs at certain moments.
    package let hooks: [HelmHook]
    /// What the history says of it.
    package let description: String
    /// When the release was installed.
    package let firstDeployed: Moment?
    /// When this revision was begun.
    package let lastDeployed: Moment?
    /// The name of its Secret.
    package let object: String
    /// The chart's templates by their paths; those of subcharts are not kept.
    package let templates: [String: [UInt8]]
    /// Whether the server put the parts of objects together (`ssa`) and not Helm.
    package let isServerSide: Bool

    /// The values that the chart worked with.
    package var values: JSONValue { HelmValues.merged([chartValues, config]) }

    /// Reads a record.
    ///
    /// - Parameters:
    ///   - json: the record.
    ///   - object: the name of its Secret.
    /// - Throws: what is missing.
    init(_ json: JSONValue, object: String) throws(ReleasePayload.Unreadable) {
        func text(_ path: String...) throws(ReleasePayload.Unreadable) -> String {
            guard let text = json[path: path]?.string, !text.isEmpty else {
                throw ReleasePayload.Unreadable(reason: "it has no \(path.joined(separator: "."))")
            }
            return text
        }
        name = try text("name")
        namespace = json["namespace"]?.string ?? ""
        guard let revision = json["version"]?.int, revision > 0 else {
            throw ReleasePayload.Unreadable(reason: "it has no version")
        }
        self.revision = revision
        status = HelmStatus(rawValue: try text("info", "status")) ?? .unknown
        chartName = try text("chart", "metadata", "name")
        chartVersion = try text("chart", "metadata", "version")
        appVersion = json[path: ["chart", "metadata", "appVersion"]]?.string.flatMap { $0.isEmpty ? nil : $0 }
        config = Self.object(json["config"])
        chartValues = Self.object(json[path: ["chart", "values"]])
        manifest = json["manifest"]?.string ?? ""
        hooks = (json["hooks"]?.elements ?? []).map { HelmHook($0) }
        description = json[path: ["info", "description"]]?.string ?? ""
        firstDeployed = Self.moment(json[path: ["info", "first_deployed"]])
        lastDeployed = Self.moment(json[path: ["info", "last_deployed"]])
        self.object = object
        var templates: [String: [UInt8]] = [:]
        for file in json[path: ["chart", "templates"]]?.elements ?? [] {
            guard let path = file["name"]?.string, let data = Data(base64Encoded: file["data"]?.string ?? "") else {
                throw ReleasePayload.Unreadable(reason: "a template of its chart cannot be read")
            }
            templates[path] = Array(data)
        }
        self.templates = templates
        isServerSide = json["apply_method"]?.string == "ssa"
    }

    /// What differs between this record's chart and a chart archive: clauses, none where the record was made with it.
    package func differences(from chart: ChartArchive) -> [String] {
        var clauses: [String] = []
        if chart.name != chartName { clauses.append("the chart is \(chart.name) and not \(chartName)") }
        if chart.version != chartVersion { clauses.append("its version is \(chart.version) and not \(chartVersion)") }
        let paths = Set(templates.keys).union(chart.templates.keys).sorted()
        let differing = paths.filter { templates[$0] != chart.templates[$0] }
        if !differing.isEmpty {
            let shown = differing.prefix(3).map { DocumentError.excerpt($0) }.joined(separator: ", ")
            let more = differing.count > 3 ? " and \(differing.count - 3) more" : ""
            clauses.append("its templates differ: \(shown)\(more)")
        }
        return clauses
    }

    private static func object(_ json: JSONValue?) -> JSONValue {
        guard let json, case .object = json else { return [:] }
        return json
    }

    /// A time as Go writes it; nil where it says that there was none.
    private static func moment(_ json: JSONValue?) -> Moment? {
        guard let text = json?.string, !text.hasPrefix("0001-01-01") else { return nil }
        return Moment(text)
    }
}

extension HelmRecord: CustomStringConvertible, CustomReflectable {
    // `description` is what the history says, which holds no values.

    /// Nothing: the values may be secrets.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
