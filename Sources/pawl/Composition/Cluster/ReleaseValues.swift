import Foundation
import Kubernetes
import Orchestrated
import ReleasePackage
import UpgradeModel

/// The values of a Helm release, layer by layer: what its chart says, what its package adds, what the operator says.
struct ReleaseValues: Sendable {
    /// What the operator has said: the release's record without what the package added, with the operator's own files over
    /// it.
    let operatorLayer: JSONValue
    /// What the chart works with.
    let effective: JSONValue
    /// Those of the operator's files that look like secrets.
    let secrets: [String]

    /// Reads the values.
    ///
    /// - Parameters:
    ///   - record: the newest deployed record.
    ///   - files: the operator's own files, absolute paths, in order.
    ///   - layers: what Pawl knows of the layers of releases that it has deployed.
    /// - Throws: a `Trouble` that names the file which cannot be read.
    init(_ record: HelmRecord, files: [String], _ layers: ValuesLayers) throws(Trouble) {
        var read: [JSONValue] = []
        var secrets: [String] = []
        for path in files {
            let file = try ValuesFile.read(file: path)
            read.append(try HelmValues.read(file.text, name: path))
            secrets += file.secretValues
        }
        let known = record.releaseVersion.flatMap { layers.operatorLayer(of: $0, deployedAs: record.config) }
        operatorLayer = HelmValues.overlaid([known ?? record.config] + read)
        effective = HelmValues.merged([record.chartValues, HelmValues.overlaid([record.config] + read)])
        self.secrets = secrets + Self.secrets(in: record.config)
    }

    /// A single value as text; nil where there is none at this path.
    func text(at path: [String]) -> String? { Self.text(at: path, in: effective) }

    /// The same among any values.
    static func text(at path: [String], in values: JSONValue) -> String? {
        switch values[path: path] {
        case .string(let text)?: text
        case .number(let text)?: text
        case .bool(let value)?: value ? "true" : "false"
        case .null?, .array?, .object?, nil: nil
        }
    }

    /// The texts below names that secrets have as a rule.
    static func secrets(in value: JSONValue, below isSecret: Bool = false) -> [String] {
        switch value {
        case .string(let text): isSecret ? [text] : []
        case .array(let elements): elements.flatMap { secrets(in: $0, below: isSecret) }
        case .object(let fields):
            fields.flatMap { secrets(in: $0.value, below: isSecret || Redaction.isSecretName($0.name)) }
        case .null, .bool, .number: []
        }
    }
}

/// What Pawl has deployed releases with. Helm's records do not tell the operator's values from those that a package added;
/// without a note, what one release adds would count as the operator's word for every later one.
struct ValuesLayers: Sendable {
    /// The folder of the notes.
    let folder: String

    private struct Note: Codable {
        /// YAML of what the package added.
        var package: String
        /// YAML of what the operator said.
        var `operator`: String
    }

    private func path(_ version: ReleaseVersion) -> String { "\(folder)/\(version).json" }

    /// Notes the layers of a release that is to be deployed. Only its owner can read them.
    func note(_ version: ReleaseVersion, package: String, operator: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try DurableNote.write(JSONEncoder().encode(Note(package: package, operator: `operator`)), to: path(version))
    }

    /// What the operator said of a release; nil where that is not known, or the release has other values by now.
    func operatorLayer(of version: ReleaseVersion, deployedAs config: JSONValue) -> JSONValue? {
        guard let data = FileManager.default.contents(atPath: path(version)),
            let note = try? JSONDecoder().decode(Note.self, from: data),
            let package = try? HelmValues.read(Array(note.package.utf8), name: "package"),
            let own = try? HelmValues.read(Array(note.operator.utf8), name: "operator"),
            HelmValues.overlaid([package, own]).sorted == config.sorted
        else { return nil }
        return own
    }
}

extension JSONValue {
    /// The same with every object's fields in the order of their names.
    fileprivate var sorted: JSONValue {
        switch self {
        case .object(let fields):
            .object(fields.map { Field($0.name, $0.value.sorted) }.sorted { $0.name < $1.name })
        case .array(let elements): .array(elements.map(\.sorted))
        case .null, .bool, .number, .string: self
        }
    }
}
