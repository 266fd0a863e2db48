import Archives
import Documents
import Glibc
package import Kubernetes
package import UpgradeModel

/// A chart as it is published: an archive.
package struct ChartArchive: Sendable, Hashable {
    /// The chart's name.
    package let name: String
    /// Its version.
    package let version: String
    /// The version of the application; nil where it says none.
    package let appVersion: String?
    /// Which versions of Kubernetes it is for, such as `>= 1.25.0-0`; nil where it does not say.
    package let kubernetes: String?
    /// What it starts from, with the values of its subcharts under their names.
    package let defaultValues: JSONValue
    /// Its templates by their paths, such as `templates/api.yaml`; those of subcharts are theirs.
    package let templates: [String: [UInt8]]
    /// Its other files by their paths.
    package let files: [String: [UInt8]]
    /// The charts in its folder `charts`.
    package let subcharts: [ChartArchive]
    /// The names of the charts that it says it needs.
    package let dependencies: [String]

    /// Whether it says that it needs other charts.
    package var hasDependencies: Bool { !dependencies.isEmpty }
    /// Those that are not in the archive. Helm refuses such a chart, whatever the values switch off.
    package var missingDependencies: [String] {
        let present = Set(subcharts.map(\.name))
        return dependencies.filter { !present.contains($0) }
    }

    /// What an archive may cost: as much as Helm takes.
    private static let limits = ArchiveLimits(packedBytes: 100 << 20, unpackedBytes: 100 << 20)

    /// Reads a chart's archive.
    ///
    /// - Parameter path: the file.
    /// - Returns: the chart with all that is in it.
    /// - Throws: blame `release`, code `chart-invalid`; blame `environment`, code `chart-unreadable`.
    package static func read(path: String) throws(Trouble) -> ChartArchive {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var beginning: [UInt8] = [0, 0, 0]
        guard pread(descriptor, &beginning, beginning.count, 0) >= 0 else {
            throw unreadable(path, String(cString: strerror(errno)))
        }
        do throws(Flaw) {
            // Helm takes nothing else.
            guard Gzip.isPacked(beginning) else { throw Flaw(reason: "it is not packed with gzip") }
            let files = try filesOfArchive { () throws(ArchiveError) in
                try ArchiveReader.contents(descriptor: descriptor, limits: limits)
            }
            return try chart(files, depth: 0)
        } catch {
            guard !error.isEnvironment else { throw unreadable(path, error.reason) }
            throw Trouble(
                .release,
                "chart-invalid",
                "The chart \(path) is not as it must be: \(error.reason).",
                remedy: "Get the package again; if that does not help, tell its publisher."
            )
        }
    }

    private static func unreadable(_ path: String, _ why: String) -> Trouble {
        Trouble(
            .environment,
            "chart-unreadable",
            "The chart \(path) cannot be read: \(why).",
            remedy: "Check that the file is there and that Pawl's user may read it."
        )
    }
}

/// What is wrong with a chart.
private struct Flaw: Error {
    /// A clause.
    var reason: String
    /// Whether the machine failed rather than the chart.
    var isEnvironment = false
}

extension ChartArchive {
    /// The files of an archive below its one folder.
    private static func filesOfArchive(
        _ read: () throws(ArchiveError) -> [ArchiveReader.File]
    ) throws(Flaw) -> [String: [UInt8]] {
        let found: [ArchiveReader.File]
        do throws(ArchiveError) {
            found = try read()
        } catch {
            throw Flaw(reason: error.description, isEnvironment: error.isEnvironment)
        }
        var files: [String: [UInt8]] = [:]
        var folders: Set<Substring> = []
        for file in found {
            guard let slash = file.path.firstIndex(of: "/") else {
                throw Flaw(reason: "the file \(DocumentError.excerpt(file.path)) is not in the chart's folder")
            }
            folders.insert(file.path[..<slash])
            // Helm takes the mark of UTF-8 away from every file.
            let hasMark = file.bytes.starts(with: [0xEF, 0xBB, 0xBF])
            let bytes = hasMark ? Array(file.bytes.dropFirst(3)) : file.bytes
            files[String(file.path[file.path.index(after: slash)...])] = bytes
        }
        guard folders.count == 1 else { throw Flaw(reason: "it holds \(folders.count) folders instead of one") }
        return files
    }

    /// Makes a chart of its files.
    private static func chart(_ files: [String: [UInt8]], depth: Int) throws(Flaw) -> ChartArchive {
        guard depth < 8 else { throw Flaw(reason: "charts in charts are nested deeper than 8 levels") }
        guard let described = files["Chart.yaml"] else { throw Flaw(reason: "it has no Chart.yaml") }
        let about = try yaml(described, "Chart.yaml")
        // Charts of the first format say in a file of its own what they need.
        var needs = about["dependencies"]
        if needs == nil, let listed = files["requirements.yaml"] {
            needs = try yaml(listed, "requirements.yaml")["dependencies"]
        }
        var templates: [String: [UInt8]] = [:]
        var others: [String: [UInt8]] = [:]
        var inner: [String: [String: [UInt8]]] = [:]
        for (path, bytes) in files {
            if path.hasPrefix("templates/") {
                templates[path] = bytes
            } else if path.hasPrefix("charts/"), !path.hasSuffix(".prov") {
                let rest = path.dropFirst("charts/".count)
                let name = String(rest.prefix { $0 != "/" })
                // The part after the slash; empty for a file right in the folder.
                inner[name, default: [:]][String(rest.dropFirst(name.count + 1))] = bytes
            } else {
                others[path] = bytes
            }
        }
        let subcharts = try innerCharts(inner, depth: depth)
        let dependencies = needs?.elements ?? []
        return ChartArchive(
            name: try text(about, "name"),
            version: try text(about, "version"),
            appVersion: about["appVersion"]?.plainText,
            kubernetes: about["kubeVersion"]?.plainText,
            defaultValues: try defaults(files["values.yaml"], subcharts, dependencies),
            templates: templates,
            files: others,
            subcharts: subcharts,
            dependencies: dependencies.compactMap { $0["name"]?.string }
        )
    }

    private static func innerCharts(
        _ found: [String: [String: [UInt8]]],
        depth: Int
    ) throws(Flaw) -> [ChartArchive] {
        var subcharts: [ChartArchive] = []
        for (name, files) in found.sorted(by: { $0.key < $1.key }) where !name.hasPrefix("_") && !name.hasPrefix(".") {
            do throws(Flaw) {
                if let archive = files[""] {
                    // A file that is no chart may lie there, such as a README.
                    guard name.hasSuffix(".tgz") else { continue }
                    let inside = try filesOfArchive { () throws(ArchiveError) in
                        try ArchiveReader.contents(of: archive, limits: limits)
                    }
                    subcharts.append(try chart(inside, depth: depth + 1))
                } else {
                    subcharts.append(try chart(files, depth: depth + 1))
                }
            } catch {
                throw Flaw(
                    reason: "its subchart \(DocumentError.excerpt(name)): \(error.reason)",
                    isEnvironment: error.isEnvironment
                )
            }
        }
        return subcharts
    }

    /// The chart's values laid over those of its subcharts, which stand under their names or other names that it gives
    /// them.
    private static func defaults(
        _ own: [UInt8]?,
        _ subcharts: [ChartArchive],
        _ dependencies: [JSONValue]
    ) throws(Flaw) -> JSONValue {
        var below: JSONValue = [:]
        for subchart in subcharts {
            let entries = dependencies.filter { $0["name"]?.string == subchart.name }
            let names = entries.map { $0["alias"]?.string ?? subchart.name }
            for name in names.isEmpty ? [subchart.name] : names { below[name] = subchart.defaultValues }
        }
        guard let own else { return below }
        do throws(DocumentError) {
            return HelmValues.merged([below, try HelmValues.object(own, name: "values.yaml")])
        } catch {
            throw Flaw(reason: "\(error)")
        }
    }

    private static func yaml(_ bytes: [UInt8], _ name: String) throws(Flaw) -> JSONValue {
        do throws(DocumentError) {
            return try HelmValues.object(bytes, name: name)
        } catch {
            throw Flaw(reason: "\(error)")
        }
    }

    private static func text(_ about: JSONValue, _ key: String) throws(Flaw) -> String {
        guard let text = about[key]?.plainText else { throw Flaw(reason: "its Chart.yaml has no \(key)") }
        return text
    }
}

extension JSONValue {
    /// A text, or a number as it is written; nil where it is empty or something else.
    fileprivate var plainText: String? {
        switch self {
        case .string(let text), .number(let text): text.isEmpty ? nil : text
        default: nil
        }
    }
}
